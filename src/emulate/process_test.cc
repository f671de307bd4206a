#include "src/emulate/process.h"

#include <gtest/gtest.h>

#include <chrono>

namespace kinglet::emulate {
namespace {

TEST(Process, KeepsStatusAndBothOutputs) {
  const auto output = RunProcess({"sh", "-c", "echo out; echo err >&2; exit 3"}, {});
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(output->status, 3);
  EXPECT_EQ(output->signal, 0);
  EXPECT_FALSE(output->timed_out);
  EXPECT_EQ(output->text, "out\nerr\n");
}

TEST(Process, RunsInTheFolderAsked) {
  const auto output = RunProcess({"pwd"}, {.folder = "/"});
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(output->text, "/\n");
}

TEST(Process, TemporaryFilesGoToTheFolderAsked) {
  const auto output = RunProcess({"sh", "-c", "echo $TMPDIR"}, {.folder = "/usr"});
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(output->text, "/usr\n");
}

TEST(Process, StopsWhatTakesTooLong) {
  const auto start = std::chrono::steady_clock::now();
  const auto output = RunProcess({"sleep", "30"}, {.seconds_max = 0.2});
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_TRUE(output->timed_out);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(Process, StopsWhatClosedItsOutputAndGoesOn) {
  const auto output =
      RunProcess({"sh", "-c", "exec sleep 30 >/dev/null 2>&1"}, {.seconds_max = 0.2});
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_TRUE(output->timed_out);
}

TEST(Process, KeepsTheStartOfLongOutput) {
  const auto output = RunProcess({"sh", "-c", "yes 123456789 | head -c 1000000"}, {});
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(output->status, 0);
  EXPECT_EQ(output->text.size(), 65536U);
}

TEST(Process, SaysWhatIsNotInstalled) {
  const auto output = RunProcess({"kinglet-no-such-program"}, {});
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().code, Code::kNotFound);
  EXPECT_EQ(output.error().message, "kinglet-no-such-program: is not installed");
}

}  // namespace
}  // namespace kinglet::emulate
