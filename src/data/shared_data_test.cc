// Real recordings: Debian's Fashion-MNIST and, where they are present, speech and hand signs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "src/base/files.h"
#include "src/data/check.h"
#include "src/data/dataset.h"
#include "src/data/decode.h"
#include "src/data/import.h"
#include "src/data/stats.h"
#include "tests/support/shared_data.h"

namespace kinglet::data {
namespace {

using ::testing::ElementsAre;

constexpr char kFashion[] = "/usr/share/datasets/fashion-mnist";

class RealData : public ::testing::Test {
 protected:
  ImportSummary Run(ImportOptions options) {
    options.progress = Progress::Show::kNever;
    return Import(store_, options).value();
  }
  Dataset Make(const SplitOptions& options = {}) { return MakeDataset(store_, options).value(); }
  std::vector<Finding> CheckAll(const Dataset& dataset, double clip_seconds = 0) {
    return Check(store_, dataset.recordings, {},
                 {.clip_seconds = clip_seconds, .progress = Progress::Show::kNever})
        .value();
  }
  static uint64_t CountOf(const std::vector<Finding>& findings, const std::string& code) {
    for (const Finding& finding : findings) {
      if (finding.code == code) return finding.count;
    }
    return 0;
  }
  static bool HasErrors(const std::vector<Finding>& findings) {
    return !findings.empty() && findings[0].severity == Severity::kError;
  }

  TemporaryFolder folder_ = TemporaryFolder::Make("kinglet-real-").value();
  store::Store store_ = store::Store::Open(folder_.path()).value();
};

TEST_F(RealData, FashionMnist) {
  if (!FileExists(kFashion)) GTEST_SKIP() << "not installed: dataset-fashion-mnist";
  EXPECT_EQ(Run({.paths = {kFashion}}).added, 70000U);
  EXPECT_EQ(Run({.paths = {kFashion}}).already, 70000U);
  const Dataset dataset = Make({.validation_percent = 10});
  const Stats stats = ComputeStats(dataset.recordings);
  EXPECT_THAT(stats.count, ElementsAre(54000, 6000, 10000));
  ASSERT_EQ(stats.classes.size(), 10U);
  for (const Stats::Class& one : stats.classes)
    EXPECT_THAT(one.count, ElementsAre(5400, 600, 1000));
  EXPECT_EQ(CountOf(CheckAll(dataset), "duplicates"), 0U);
  // The first picture of the test files is an ankle boot, class 9.
  const Recording& first = dataset.recordings[0];
  EXPECT_EQ(first.name, "fashion-mnist/t10k-images-idx3-ubyte#00000");
  EXPECT_EQ(first.label, "9");
  EXPECT_EQ(DecodeImage(first, store_.GetBlob(first.content).value(), 28, 28, 1)->size(), 784U);
}

TEST_F(RealData, SpeechCommands) {
  KINGLET_SHARED_OR_SKIP(path, "data/speech_commands");
  const ImportSummary summary = Run({.paths = {path}, .manifest = path + "/manifest.csv"});
  EXPECT_EQ(summary.added, 1070U);
  EXPECT_TRUE(summary.rejected.empty());
  const Dataset dataset = Make();
  EXPECT_THAT(dataset.labels, ElementsAre("go", "no", "silence", "unknown", "yes"));
  const Stats stats = ComputeStats(dataset.recordings);
  EXPECT_EQ(stats.groups[0] + stats.groups[1] + stats.groups[2], 144U);
  EXPECT_EQ(stats.without_group, 74U);
  EXPECT_NEAR(static_cast<double>(stats.count[2]), 214, 10);
  EXPECT_NEAR(static_cast<double>(stats.count[1]), 107, 10);
  const auto findings = CheckAll(dataset, 1.0);
  EXPECT_EQ(CountOf(findings, "duplicates"), 18U);
  EXPECT_EQ(CountOf(findings, "duplicate_on_two_sides"), 0U);
  EXPECT_FALSE(HasErrors(findings));
}

TEST_F(RealData, SpokenDigits) {
  KINGLET_SHARED_OR_SKIP(path, "data/spoken_digits");
  EXPECT_EQ(Run({.paths = {path}, .pattern = "{label}_{group}_{*}.wav"}).added, 2000U);
  const Dataset dataset = Make({.test_groups = {"george"}});
  const Stats stats = ComputeStats(dataset.recordings);
  EXPECT_EQ(stats.classes.size(), 10U);
  EXPECT_THAT(stats.groups, ElementsAre(2, 1, 1));
  for (const Recording& recording : dataset.recordings) {
    EXPECT_EQ(recording.split == Split::kTest, recording.group == "george");
  }
  EXPECT_EQ(stats.rates_hz.count(8000), 1U);
  const Recording& clip = dataset.recordings[0];
  const auto samples = DecodeAudio(store_.GetBlob(clip.content).value(), 16000).value();
  EXPECT_EQ(samples.size(), 2U * clip.sample_count);
  EXPECT_FALSE(HasErrors(CheckAll(dataset, 1.0)));
}

TEST_F(RealData, SignDigits) {
  KINGLET_SHARED_OR_SKIP(path, "data/sign_digits");
  const uint64_t by_pattern = Run({.paths = {path}, .pattern = "{label}/{group}_{*}.png"}).added;
  EXPECT_GT(by_pattern, 1000U);
  const Dataset dataset = Make();
  EXPECT_EQ(dataset.labels.size(), 10U);
  const Stats stats = ComputeStats(dataset.recordings);
  EXPECT_GT(stats.groups[0] + stats.groups[1] + stats.groups[2], 100U);
  EXPECT_EQ(stats.sizes.size(), 1U);
  EXPECT_FALSE(HasErrors(CheckAll(dataset)));
  // The manifest says the same as the names: nothing changes.
  const ImportSummary again = Run({.paths = {path}, .manifest = path + "/manifest.csv"});
  EXPECT_EQ(again.already, by_pattern);
}

}  // namespace
}  // namespace kinglet::data
