// Damaged .tflite files through the program itself: one line, the exit status of bad input, nothing
// written. fuzz/tflite_fuzz.cc goes further, without the program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "src/base/files.h"
#include "src/base/random.h"
#include "src/emulate/process.h"
#include "src/tflite/write.h"
#include "tests/support/graph_builder.h"
#include "tests/support/shared_data.h"

namespace kinglet {
namespace {

using ::testing::StartsWith;

class HostileModel : public ::testing::Test {
 protected:
  // Runs the model in `bytes` once; true if it ran.
  bool Runs(ByteView bytes) {
    EXPECT_TRUE(WriteFileAtomic(folder_.path() + "/m.tflite", bytes).has_value());
    const auto run = emulate::RunProcess(
        {testing::BinaryPath("kinglet"), "invoke", "m.tflite", "--input", "in", "--output", "out"},
        {.folder = folder_.path()});
    EXPECT_TRUE(run.has_value() && run->signal == 0 && !run->timed_out);
    if (run->status == 0) {
      EXPECT_EQ(run->text, "");
      EXPECT_TRUE(RemoveFile(folder_.path() + "/out").has_value());
      return true;
    }
    EXPECT_EQ(run->status, 2) << run->text;
    EXPECT_THAT(run->text, StartsWith("kinglet: error: m.tflite: "));
    EXPECT_EQ(std::ranges::count(run->text, '\n'), 1) << run->text;
    EXPECT_FALSE(FileExists(folder_.path() + "/out"));
    return false;
  }

  void SetUp() override {
    const ir::Graph graph = testing::SmallNetwork();
    model_ = tflite::WriteModel(graph).value();
    const auto bytes = static_cast<size_t>(graph.tensor(graph.inputs[0]).ByteCount());
    ASSERT_TRUE(WriteFileAtomic(folder_.path() + "/in", Bytes(bytes, 1)).has_value());
    ASSERT_TRUE(Runs(model_));
  }

  TemporaryFolder folder_ = TemporaryFolder::Make("kinglet-hostile-").value();
  Bytes model_;
};

TEST_F(HostileModel, EveryCutIsRefused) {
  for (size_t size = 0; size < model_.size(); size += 64) {
    EXPECT_FALSE(Runs(ByteView(model_).first(size))) << "cut at " << size;
    if (HasFailure()) return;
  }
}

TEST_F(HostileModel, ChangedBytesAreRefusedOrRun) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Random random(seed);
    Bytes changed = model_;
    for (uint32_t change = 0; change < 1 + seed % 4; ++change) {
      changed[random.Below(static_cast<uint32_t>(changed.size()))] =
          static_cast<uint8_t>(random.Next());
    }
    (void)Runs(changed);
    if (HasFailure()) FAIL() << "seed " << seed;
  }
}

}  // namespace
}  // namespace kinglet
