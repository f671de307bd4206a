#include "src/board/board.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>

#include "src/base/files.h"

namespace kinglet::board {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

std::vector<Board> Known() {
  auto boards = LoadBoards();
  EXPECT_TRUE(boards.has_value()) << boards.error().message;
  return boards.has_value() ? *std::move(boards) : std::vector<Board>{};
}

TEST(Boards, EveryFileLoadsWithASourceForEachFigure) {
  for (const Board& board : Known()) {
    SCOPED_TRACE(board.name);
    EXPECT_FALSE(board.title.empty());
    EXPECT_GT(board.sources.flash.size(), 10U);
    EXPECT_GT(board.sources.ram.size(), 10U);
    EXPECT_GT(board.sources.clock.size(), 10U);
    EXPECT_EQ(board.active_power_mw > 0, !board.sources.power.empty());
    EXPECT_GT(board.core.source.size(), 10U);
  }
}

TEST(Boards, NamesAndTitlesAreUnique) {
  std::set<std::string> names, titles;
  for (const Board& board : Known()) {
    EXPECT_TRUE(names.insert(board.name).second) << board.name;
    EXPECT_TRUE(titles.insert(board.title).second) << board.title;
  }
}

TEST(Boards, FiguresAreThoseOfMicrocontrollers) {
  for (const Board& board : Known()) {
    SCOPED_TRACE(board.name);
    EXPECT_GE(board.flash_bytes, 16U << 10);
    EXPECT_LE(board.flash_bytes, 64U << 20);
    EXPECT_GE(board.ram_bytes, 4U << 10);
    EXPECT_LE(board.ram_bytes, 16U << 20);
    EXPECT_EQ(board.ram_bytes % 1024, 0U);
    EXPECT_EQ(board.flash_bytes % 1024, 0U);
    EXPECT_GE(board.clock_hz, 8e6);
    EXPECT_LE(board.clock_hz, 1e9);
    EXPECT_LE(board.active_power_mw, 1000);
    EXPECT_GE(board.core.cycles_per_instruction, 0.4);
    EXPECT_LE(board.core.cycles_per_instruction, 4);
    EXPECT_FALSE(board.core.compile_flags.empty());
    EXPECT_FALSE(board.core.machine.empty());
  }
}

TEST(Boards, EveryCoreHasRealBoardsAndOneGenericBoardOfItsName) {
  std::map<std::string, int> real;
  std::vector<std::string> generic;
  for (const Board& board : Known()) {
    if (board.generic) {
      EXPECT_EQ(board.name, board.core.name);
      generic.push_back(board.name);
    } else {
      ++real[board.core.name];
    }
  }
  EXPECT_THAT(generic, UnorderedElementsAre("cortex-m0plus", "cortex-m33", "cortex-m4f",
                                            "cortex-m55", "cortex-m7", "rv32imc"));
  for (const std::string& core : generic) EXPECT_GE(real[core], 1) << core;
}

TEST(Boards, AreSortedByNameWithGenericOnesLast) {
  const std::vector<Board> boards = Known();
  EXPECT_TRUE(std::is_sorted(boards.begin(), boards.end(), [](const Board& a, const Board& b) {
    return std::pair(a.generic, a.name) < std::pair(b.generic, b.name);
  }));
}

TEST(LoadBoard, ReadsTheFiguresOfTheDataSheet) {
  const auto board = LoadBoard("nucleo-l432kc");
  ASSERT_TRUE(board.has_value()) << board.error().message;
  EXPECT_EQ(board->flash_bytes, 256U << 10);
  EXPECT_EQ(board->ram_bytes, 64U << 10);
  EXPECT_EQ(board->clock_hz, 80e6);
  EXPECT_EQ(board->core.name, "cortex-m4f");
  EXPECT_TRUE(board->core.fpu);
  EXPECT_TRUE(board->core.dsp);
  EXPECT_FALSE(board->generic);
}

TEST(LoadBoard, UnknownNameNamesTheNearest) {
  const auto board = LoadBoard("nucleo-l432");
  ASSERT_FALSE(board.has_value());
  EXPECT_EQ(board.error().code, Code::kNotFound);
  EXPECT_EQ(board.error().message,
            "board 'nucleo-l432' is not known; did you mean 'nucleo-l432kc'?");
}

TEST(LoadBoard, NameIsNeverAPath) {
  EXPECT_EQ(LoadBoard("../cores/rv32imc").error().code, Code::kNotFound);
  EXPECT_EQ(LoadBoard("").error().code, Code::kNotFound);
}

TEST(DataFolder, EnvironmentVariableComesFirstAndMustHoldBothFolders) {
  ASSERT_EQ(setenv("KINGLET_DATA", "/", 1), 0);
  const auto wrong = DataFolder();
  const auto here = TemporaryFolder::Make("kinglet-data");
  ASSERT_TRUE(MakeFolders(here->path() + "/boards").has_value());
  ASSERT_TRUE(MakeFolders(here->path() + "/cores").has_value());
  ASSERT_EQ(setenv("KINGLET_DATA", here->path().c_str(), 1), 0);
  const auto right = DataFolder();
  ASSERT_EQ(unsetenv("KINGLET_DATA"), 0);
  ASSERT_FALSE(wrong.has_value());
  EXPECT_THAT(wrong.error().message, HasSubstr("KINGLET_DATA=/"));
  EXPECT_EQ(right.value(), here->path());
}

// A folder with one good core and one board file to spoil.
class BoardFile : public ::testing::Test {
 protected:
  void SetUp() override {
    auto folder = TemporaryFolder::Make("kinglet-boards");
    ASSERT_TRUE(folder.has_value());
    folder_ = std::make_unique<TemporaryFolder>(*std::move(folder));
    Write("cores/toy.toml", kCore);
  }
  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFileAtomic(folder_->path() + "/" + name, text).has_value());
  }
  // The message of loading a board with this text; "" when it loads.
  std::string Load(const std::string& text) {
    Write("boards/spoilt.toml", text);
    const auto board = LoadBoardFrom(folder_->path(), "spoilt");
    return board.has_value() ? "" : board.error().message;
  }

  static constexpr const char* kCore =
      "toolchain = 'arm-none-eabi'\ncompile_flags = ['-mcpu=cortex-m4']\nfpu = true\ndsp = true\n"
      "cycles_per_instruction = 1.5\nmachine = 'mps2-an386'\nqemu = 'qemu-system-arm'\n"
      "source = 'measured'\n"
      "[timing]\nissue_width = 1\nother = 1\nload = 2\nload_next = 1\nload_use = 0\n"
      "address_use = 1\nstore = 1\ntransfer = 1\nmultiply = 1\nmultiply_use = 0\n"
      "multiply_long = 1\ndivide = 7\nbranch = 3\ncall = 3\nbranch_register = 3\n"
      "return_load = 2\nloop_end = 1\nfloat_multiply_add = 3\nfloat_divide = 14\nvector = 1\n"
      "error = 0.1\nsource = 's'\nerror_source = 's'\n";
  static constexpr const char* kGood =
      "title = 'Toy'\ncore = 'toy'\n[flash]\nbytes = 1024\nsource = 's'\n[ram]\nbytes = 1024\n"
      "source = 's'\n[clock]\nhz = 1e6\nsource = 's'\n";
  std::unique_ptr<TemporaryFolder> folder_;
};

TEST_F(BoardFile, GoodOneLoads) { EXPECT_EQ(Load(kGood), ""); }

TEST_F(BoardFile, FigureWithoutSourceIsRefused) {
  std::string text = kGood;
  text.erase(text.find("source = 's'\n"), 13);
  EXPECT_THAT(Load(text), HasSubstr("[flash] source: is missing"));
}

TEST_F(BoardFile, MissingFigureIsRefused) {
  std::string text = kGood;
  text.erase(text.find("hz = 1e6\n"), 9);
  EXPECT_THAT(Load(text), HasSubstr("[clock] hz: is missing"));
}

TEST_F(BoardFile, PowerWithoutSourceIsRefused) {
  EXPECT_THAT(Load(std::string(kGood) + "[power]\nactive_mw = 3\n"),
              HasSubstr("[power] source: is missing"));
}

TEST_F(BoardFile, UnknownKeyNamesTheNearest) {
  EXPECT_THAT(Load("titel = 'x'\n" + std::string(kGood)), HasSubstr("did you mean 'title'?"));
}

TEST_F(BoardFile, FigureOutOfRangeIsRefused) {
  std::string text = kGood;
  text.replace(text.find("1024"), 4, "-1");
  EXPECT_THAT(Load(text), HasSubstr("bytes = -1: must be 1 to"));
}

TEST_F(BoardFile, UnknownCoreNamesTheNearestAndTheFile) {
  std::string text = kGood;
  text.replace(text.find("'toy'"), 5, "'toi'");
  const std::string message = Load(text);
  EXPECT_THAT(message, HasSubstr("boards/spoilt.toml"));
  EXPECT_THAT(message, HasSubstr("core 'toi' is not known; did you mean 'toy'?"));
}

TEST_F(BoardFile, CoreWithoutCyclesIsRefused) {
  std::string core = kCore;
  core.erase(core.find("cycles_per_instruction = 1.5\n"), 29);
  Write("cores/toy.toml", core);
  EXPECT_THAT(Load(kGood), HasSubstr("cycles_per_instruction: is missing"));
}

TEST_F(BoardFile, CoreWhoseTimingForgetsAnInstructionIsRefused) {
  std::string core = kCore;
  core.erase(core.find("store = 1\n"), 10);
  Write("cores/toy.toml", core);
  EXPECT_THAT(Load(kGood), HasSubstr("[timing] store: is missing"));
}

TEST_F(BoardFile, FlashWaitNeedsItsSource) {
  std::string text = kGood;
  text.insert(text.find("[ram]"), "wait_cycles_per_byte = 1.25\n");
  EXPECT_THAT(Load(text), HasSubstr("[flash] wait_source: is missing"));
  text.insert(text.find("[ram]"), "wait_source = 's'\n");
  EXPECT_EQ(Load(text), "");
  EXPECT_EQ(LoadBoardFrom(folder_->path(), "spoilt")->flash_wait_cycles_per_byte, 1.25);
}

}  // namespace
}  // namespace kinglet::board
