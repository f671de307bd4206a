// What `cmake --install` puts down works from wherever it is moved to, with its own data.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "src/base/files.h"
#include "src/emulate/process.h"
#include "src/tflite/write.h"
#include "tests/support/graph_builder.h"
#include "tests/support/shared_data.h"

namespace kinglet {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class Install : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string first = folder_.path() + "/first";
    ASSERT_EQ(Run({KINGLET_CMAKE, "--install", testing::BinaryPath(""), "--prefix", first}), 0)
        << text_;
    fs::rename(first, prefix_);
  }

  // Exit status; what the program says is in text_.
  int Run(const std::vector<std::string>& command) {
    auto output = emulate::RunProcess(command, {.folder = folder_.path(), .seconds_max = 300});
    EXPECT_TRUE(output.has_value()) << output.error().message;
    if (!output.has_value()) return -1;
    text_ = output->text;
    return output->status;
  }

  TemporaryFolder folder_ = TemporaryFolder::Make("kinglet-install-").value();
  std::string prefix_ = folder_.path() + "/moved";
  std::string program_ = prefix_ + "/bin/kinglet";
  std::string text_;
};

TEST_F(Install, FindsItsOwnBoardsWhereItWasMovedTo) {
  // Only the installed folder knows this one.
  const std::string boards = prefix_ + "/share/kinglet/boards/";
  ASSERT_TRUE(fs::copy_file(boards + "nucleo-l432kc.toml", boards + "nucleo-moved.toml"));
  EXPECT_EQ(Run({program_, "boards"}), 0) << text_;
  EXPECT_THAT(text_, HasSubstr("nucleo-moved"));
  EXPECT_TRUE(FileExists(prefix_ + "/share/doc/kinglet/compile.md"));
  EXPECT_TRUE(FileExists(prefix_ + "/share/doc/kinglet/LICENSE"));
}

TEST_F(Install, CompilesAndMeasuresAModelWithItsOwnSources) {
  const ir::Graph graph = testing::SmallNetwork();
  const auto model = tflite::WriteModel(graph);
  ASSERT_TRUE(model.has_value()) << model.error().message;
  ASSERT_TRUE(WriteFileAtomic(folder_.path() + "/small.tflite", *model).has_value());
  // A mark in the installed sources shows in what is generated from them.
  const std::string header = prefix_ + "/share/kinglet/device/runtime/tensor_info.h";
  const std::string before = ReadTextFile(header).value();
  ASSERT_TRUE(WriteFileAtomic(header, before + "// installed\n").has_value());

  const int compiled =
      Run({program_, "compile", "small.tflite", "--board", "cortex-m4f", "-o", "out"});
  if (text_.find("is not installed") != std::string::npos) GTEST_SKIP() << text_;
  EXPECT_EQ(compiled, 0) << text_;
  EXPECT_THAT(ReadTextFile(folder_.path() + "/out/device/runtime/tensor_info.h").value(),
              HasSubstr("// installed"));
  // The counting plugin is the installed one, too: the build folder's is not beside the program.
  EXPECT_EQ(Run({program_, "bench", "small.tflite", "--board", "cortex-m4f", "--samples", "1"}), 0)
      << text_;
}

TEST_F(Install, HoldsNoTests) {
  for (const auto& entry : fs::recursive_directory_iterator(prefix_)) {
    EXPECT_EQ(entry.path().filename().string().find("_test"), std::string::npos) << entry.path();
  }
}

}  // namespace
}  // namespace kinglet
