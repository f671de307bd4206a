#include "src/data/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "src/data/test_files.h"

namespace kinglet::data {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class CheckTest : public ::testing::Test {
 protected:
  // A good set: 3 classes, 30 recordings each by 10 people, the last three of them held out.
  void SetUp() override {
    ASSERT_TRUE(store_.BeginBatch().has_value());
    for (int i = 0; i < 90; ++i) {
      Recording recording;
      recording.name = "clip" + std::to_string(i);
      recording.label = std::string("label") + static_cast<char>('a' + i % 3);
      recording.group = "p" + std::to_string(i / 9);
      recording.split = i < 63 ? Split::kTrain : i < 72 ? Split::kValidation : Split::kTest;
      Set(recording, Noise(400, static_cast<uint64_t>(i)));
      recordings_.push_back(recording);
    }
    ASSERT_TRUE(store_.CommitBatch().has_value());
  }

  void Set(Recording& recording, const std::vector<int16_t>& samples, int rate_hz = 16000) {
    recording.content = store_.PutBlob(MakeWav(samples, {.sample_rate_hz = rate_hz})).value();
    recording.sample_rate_hz = rate_hz;
    recording.sample_count = static_cast<uint32_t>(samples.size());
    recording.channels = 1;
  }

  std::vector<Finding> Run() {
    return Check(store_, recordings_, rejected_,
                 {.clip_seconds = clip_seconds_, .progress = Progress::Show::kNever})
        .value();
  }
  std::vector<std::string> Codes() {
    std::vector<std::string> codes;
    for (const Finding& finding : Run()) codes.push_back(finding.code);
    return codes;
  }

  TemporaryFolder folder_ = TemporaryFolder::Make("kinglet-check-").value();
  store::Store store_ = store::Store::Open(folder_.path()).value();
  std::vector<Recording> recordings_;
  std::vector<Rejected> rejected_;
  double clip_seconds_ = 0;
};

TEST_F(CheckTest, AGoodSetHasNoFindings) {
  EXPECT_THAT(Run(), ::testing::IsEmpty());
  EXPECT_EQ(FormatFindings({}), "Nothing found.\n");
}

TEST_F(CheckTest, CopiesOnOneSideAreAWarning) {
  recordings_[3].content = recordings_[0].content;
  const auto findings = Run();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].code, "duplicates");
  EXPECT_EQ(findings[0].severity, Severity::kWarning);
  EXPECT_THAT(findings[0].examples, ElementsAre("clip0 = clip3"));
}

TEST_F(CheckTest, CopiesAcrossSidesAndLabelsAreErrors) {
  recordings_[88].content = recordings_[0].content;
  EXPECT_THAT(Codes(), ElementsAre("label_conflict", "duplicate_on_two_sides", "duplicates"));
}

TEST_F(CheckTest, AGroupOnTwoSidesIsAnError) {
  recordings_[0].split = Split::kTest;
  const auto findings = Run();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].code, "group_on_two_sides");
  EXPECT_THAT(findings[0].examples, ElementsAre("p0"));
}

TEST_F(CheckTest, NoGroupsAtAllIsAWarning) {
  for (Recording& recording : recordings_) recording.group = "";
  EXPECT_THAT(Codes(), ElementsAre("no_groups"));
}

TEST_F(CheckTest, DamagedAndLeftOutFilesAreListed) {
  recordings_[5].content = store_.PutBlob(AsBytes("no sound at all")).value();
  recordings_[6].content = HashBytes(AsBytes("not in the store"));
  rejected_ = {{"bad.wav", "truncated: its header says 10 bytes of samples, it has 5"}};
  const auto findings = Run();
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].code, "damaged");
  EXPECT_EQ(findings[0].count, 2U);
  EXPECT_EQ(findings[1].code, "not_imported");
  EXPECT_THAT(findings[1].examples[0], HasSubstr("bad.wav: truncated"));
}

TEST_F(CheckTest, ClippingSilenceRatesAndLengthsAreSeen) {
  std::vector<int16_t> loud = Noise(400, 200);
  std::fill_n(loud.begin() + 100, 20, int16_t{32767});
  Set(recordings_[0], loud);
  Set(recordings_[1], std::vector<int16_t>(400, 12));
  Set(recordings_[2], Noise(400, 300), 8000);
  EXPECT_THAT(Codes(), ElementsAre("mixed_rates", "clipping", "silent"));
  clip_seconds_ = 1;
  EXPECT_THAT(Codes(), Contains("length"));
  clip_seconds_ = 0.03;
  EXPECT_THAT(Codes(), Not(Contains("length")));
}

TEST_F(CheckTest, ASingleLoudSampleIsNotClipping) {
  std::vector<int16_t> loud = Noise(400, 200);
  loud[7] = 32767;
  Set(recordings_[0], loud);
  EXPECT_THAT(Run(), ::testing::IsEmpty());
}

TEST_F(CheckTest, ClassesThatAreSmallOrMissingAreSeen) {
  recordings_[0].label = "rare";
  const auto codes = Codes();
  EXPECT_THAT(codes, ElementsAre("class_not_in_split", "few_recordings", "imbalance"));
  recordings_[0].label = "labela";
  for (Recording& recording : recordings_) {
    if (recording.label == "labela" && recording.split == Split::kTrain) recording.label = "labelb";
  }
  EXPECT_THAT(Codes(), Contains("class_not_in_training"));
  for (Recording& recording : recordings_) recording.label = "one";
  EXPECT_THAT(Codes(), Contains("one_class"));
}

TEST_F(CheckTest, ManyExamplesAreCountedAndFewShown) {
  for (size_t i = 0; i < 20; ++i) Set(recordings_[i], std::vector<int16_t>(400 + i, 0));
  const auto findings = Run();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].count, 20U);
  EXPECT_EQ(findings[0].examples.size(), 5U);
  EXPECT_THAT(FormatFindings(findings), HasSubstr("and 15 more"));
  const auto json = nlohmann::json::parse(FormatFindingsJson(findings));
  EXPECT_EQ(json["warnings"], 1);
  EXPECT_EQ(json["findings"][0]["code"], "silent");
}

TEST_F(CheckTest, PicturesOfOneShadeAreSeen) {
  recordings_.clear();
  for (int i = 0; i < 60; ++i) {
    Recording recording;
    recording.name = std::to_string(i);
    recording.format = Format::kRaw;
    recording.label = i % 2 == 0 ? "a" : "b";
    recording.group = "g" + std::to_string(i / 20);
    recording.split = kSplits[i / 20];
    recording.width = 4;
    recording.height = 1;
    recording.channels = 1;
    const auto shade = static_cast<uint8_t>(i);
    recording.content =
        store_.PutBlob(Bytes{shade, shade, shade, static_cast<uint8_t>(i == 9 ? shade : 99)})
            .value();
    recordings_.push_back(recording);
  }
  const auto findings = Run();
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].code, "silent");
  EXPECT_THAT(findings[0].examples, ElementsAre("9"));
}

}  // namespace
}  // namespace kinglet::data
