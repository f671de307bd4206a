#include "src/emulate/qemu.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/base/files.h"

namespace kinglet::emulate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> kCores = {"cortex-m0plus", "cortex-m4f", "cortex-m7",
                                         "cortex-m33",    "cortex-m55", "rv32imc"};

board::Board Core(const std::string& name) {
  auto board = board::LoadBoard(name);
  EXPECT_TRUE(board) << board.error().message;
  return *board;
}

Result<RunOutput> BuildAndRun(const board::Board& board, const SourceFiles& files, ByteView input,
                              const RunOptions& options) {
  KINGLET_TRY(Firmware firmware, Firmware::Start(board));
  KINGLET_CHECK(firmware.Add(files));
  KINGLET_TRY(std::vector<std::string> sources, firmware.AddPort(Firmware::Port::kSemihosting));
  for (const auto& [path, text] : files) {
    if (!path.ends_with(".h")) sources.push_back(path);
  }
  KINGLET_TRY(const Image image, firmware.Link({.name = "test",
                                                .sources = sources,
                                                .stack_bytes = 4096,
                                                .fit = LinkOptions::Fit::kEmulator}));
  return Run(board, image, input, options);
}

std::string MainCalling(const std::string& body) {
  return "#include \"device/port/port.h\"\nusing namespace kinglet;\n"
         "extern \"C\" void Calibrate();\nint main() {\n" +
         body + "\n  port::Exit(0);\n}\n";
}

class EveryCore : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Qemu, EveryCore, testing::ValuesIn(kCores), [](const auto& core) {
  std::string name = core.param;
  std::erase(name, '-');
  return name;
});

TEST_P(EveryCore, EchoesItsInputWithInitialisedAndClearedMemory) {
  Bytes input(100'001);
  for (size_t i = 0; i < input.size(); ++i) input[i] = static_cast<uint8_t>(i * 31 + i / 256);
  const auto run = BuildAndRun(Core(GetParam()), {{"main.cc", MainCalling(R"(
  static uint8_t buffer[1000];
  static volatile uint32_t initialised[3] = {7, 8, 9};
  static volatile float cleared[5];
  for (volatile float& value : cleared) {
    if (value != 0.0F) port::Exit(2);
    value = value + 1.5F;  // the FPU is on
  }
  if (initialised[0] + initialised[1] * initialised[2] != 79) port::Exit(3);
  for (;;) {
    const size_t count = port::ReadInput(buffer, sizeof buffer);
    if (!port::WriteOutput(buffer, count)) port::Exit(4);
    if (count < sizeof buffer) break;
  })")}},
                               input, {});
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_TRUE(run->output == input);
  EXPECT_TRUE(run->hits.empty());
}

// Loops of a known number of instructions between marks in the middle of basic blocks.
constexpr const char* kArmLoops = R"(
    .syntax unified
    .thumb
    .text
    .globl Calibrate
    .type Calibrate, %function
    .thumb_func
Calibrate:
    nop
    nop
mark_begin:
    ldr r1, =2000
1:  subs r1, #1
    bne 1b
    movs r0, #0
    movs r0, #1
    movs r0, #2
mark_middle:
    movs r0, #3
    ldr r1, =100000
2:  subs r1, #1
    bne 2b
mark_end:
    nop
    bx lr
)";
constexpr const char* kRiscvLoops = R"(
    .text
    .globl Calibrate
Calibrate:
    nop
    nop
mark_begin:
    li a1, 2000
1:  addi a1, a1, -1
    bnez a1, 1b
    li a0, 0
    li a0, 1
    li a0, 2
mark_middle:
    lui a1, 24
    addi a1, a1, 1696
2:  addi a1, a1, -1
    bnez a1, 2b
mark_end:
    nop
    ret
)";

TEST_P(EveryCore, CountsInstructionsExactly) {
  const bool riscv = GetParam() == "rv32imc";
  const auto run =
      BuildAndRun(Core(GetParam()),
                  {{"main.cc", MainCalling("for (int i = 0; i < 3; ++i) Calibrate();")},
                   {"loops.S", riscv ? kRiscvLoops : kArmLoops}},
                  {}, {.marks = {"mark_begin", "mark_middle", "mark_end"}});
  ASSERT_TRUE(run) << run.error().message;
  ASSERT_EQ(run->hits.size(), 9U);
  EXPECT_THAT(InstructionsBetween(run->hits, 0, 1), ElementsAre(4004U, 4004U, 4004U));
  EXPECT_THAT(InstructionsBetween(run->hits, 1, 2), ElementsAre(200002U, 200002U, 200002U));
  EXPECT_THAT(InstructionsBetween(run->hits, 0, 2), ElementsAre(204006U, 204006U, 204006U));
}

TEST(Qemu, AnInstructionSkippedByItsConditionCountsAsOne) {
  const auto run =
      BuildAndRun(Core("cortex-m4f"), {{"main.cc", MainCalling("Calibrate();")}, {"skip.S", R"(
    .syntax unified
    .thumb
    .globl Calibrate
    .thumb_func
Calibrate:
mark_begin:
    cmp r0, r0
    itt ne
    addne r1, #1
    addne r1, #1
mark_end:
    bx lr
)"}},
                  {}, {.marks = {"mark_begin", "mark_end"}});
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_THAT(InstructionsBetween(run->hits, 0, 1), ElementsAre(4U));
}

// 100 turns of four instructions; marks at the beginnings of blocks.
constexpr const char* kTimedLoop = R"(
    .syntax unified
    .thumb
    .text
    .globl Calibrate
    .thumb_func
Calibrate:
    movs r3, #100
    ldr r2, =table
    b mark_begin
mark_begin:
    ldr r0, [r2]
    adds r1, r0, r1
    subs r3, #1
    bne mark_begin
mark_end:
    bx lr
    .pool
    .section .rodata
    .balign 4
table: .word 5
)";

TEST(Qemu, AddsUpTheCyclesOfEveryTurnAndWhatIsLoadedFromFlash) {
  const auto cycles_on = [](const std::string& core) {
    const auto run =
        BuildAndRun(Core(core), {{"main.cc", MainCalling("Calibrate();")}, {"loop.S", kTimedLoop}},
                    {}, {.marks = {"mark_begin", "mark_end"}, .cycles = true});
    EXPECT_TRUE(run) << run.error().message;
    if (!run) return 0.0;
    EXPECT_EQ(run->hits.size(), 101U);
    const MarkHit &first = run->hits.front(), &last = run->hits.back();
    EXPECT_EQ(last.executed - first.executed, 400U);
    EXPECT_EQ(last.flash_bytes - first.flash_bytes, 400U);
    return last.cycles - first.cycles;
  };
  // Within the block that holds a mark, see RunOptions::cycles.
  const double slack = 10;
  EXPECT_NEAR(cycles_on("cortex-m4f"), 99 * (2 + 1 + 1 + 3) + 5, slack);
  EXPECT_NEAR(cycles_on("cortex-m0plus"), 99 * (2 + 1 + 1 + 2) + 5, slack);
  // Its subtraction shares a cycle with the addition, and the branch is predicted.
  EXPECT_NEAR(cycles_on("cortex-m7"), 99 * (1 + 2 + 1) + 4, slack);
}

TEST_P(EveryCore, TellsHowDeepTheStackWas) {
  const auto run = BuildAndRun(Core(GetParam()), {{"main.cc", R"(
#include "device/port/port.h"
using namespace kinglet;
[[gnu::noinline]] void UseStack() {
  volatile uint8_t deep[2000];
  for (volatile uint8_t& byte : deep) byte = 1;
}
int main() {
  size_t used[2];
  used[0] = port::StackBytesUsed();
  UseStack();
  used[1] = port::StackBytesUsed();
  port::WriteOutput(used, sizeof used);
  port::Exit(0);
}
)"}},
                               {}, {});
  ASSERT_TRUE(run) << run.error().message;
  ASSERT_EQ(run->output.size(), 8U);
  const auto before = LoadLe<uint32_t>(run->output, 0);
  const auto after = LoadLe<uint32_t>(run->output, 4);
  EXPECT_LT(before, 200U);
  EXPECT_GE(after, 2000U);
  EXPECT_LT(after, 2200U);
}

TEST(Qemu, AHangIsStoppedAndSaid) {
  const auto run = BuildAndRun(Core("cortex-m4f"),
                               {{"main.cc", MainCalling("for (volatile int i = 0;;) i = i + 1;")}},
                               {}, {.seconds_max = 1});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, Code::kIo);
  EXPECT_EQ(run.error().message,
            "cortex-m4f on the emulated mps2-an386: the program did not end within 1 s and was "
            "stopped");
}

TEST_P(EveryCore, AFaultIsSaid) {
  const auto run = BuildAndRun(
      Core(GetParam()),
      {{"main.cc", MainCalling("*reinterpret_cast<volatile uint32_t*>(0xF0000000U) = 1;")}}, {},
      {.seconds_max = 10});
  ASSERT_FALSE(run);
  EXPECT_THAT(run.error().message, HasSubstr("the program faulted"));
}

TEST(Qemu, AFailingProgramTellsItsStatus) {
  const auto run =
      BuildAndRun(Core("cortex-m4f"), {{"main.cc", MainCalling("port::Exit(5);")}}, {}, {});
  ASSERT_FALSE(run);
  EXPECT_THAT(run.error().message, HasSubstr("the program ended with status 5"));
}

TEST(Qemu, OutputThatTheDiskRefusesIsSaid) {
  const auto run = BuildAndRun(Core("cortex-m4f"), {{"main.cc", MainCalling(R"(
  static uint8_t block[1000];
  for (;;) {
    if (!port::WriteOutput(block, sizeof block)) port::Exit(port::kStatusOutputRefused);
  })")}},
                               {}, {.seconds_max = 20, .file_bytes_max = 100'000});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, Code::kIo);
  EXPECT_THAT(run.error().message, HasSubstr("output was refused: the disk is full"));
}

// The stack is the lowest thing in RAM, so it cannot grow into variables unseen.
TEST(Qemu, AStackOverflowDoesNotGoUnnoticed) {
  const auto run = BuildAndRun(Core("cortex-m4f"), {{"main.cc", R"(
#include "device/port/port.h"
[[gnu::noinline]] unsigned Deep(unsigned depth) {
  volatile uint32_t frame[16] = {depth};
  return depth == 0 ? frame[0] : Deep(depth - 1) + frame[0];
}
volatile unsigned depth = 10000;
int main() { kinglet::port::Exit(Deep(depth) == 1 ? 1 : 0); }
)"}},
                               {}, {.seconds_max = 10});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code, Code::kIo);
}

}  // namespace
}  // namespace kinglet::emulate
