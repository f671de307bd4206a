// The small parts: names and lines, patterns, CSV, compressed files, manifests, statistics.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "src/data/csv.h"
#include "src/data/dataset.h"
#include "src/data/idx.h"
#include "src/data/pattern.h"
#include "src/data/stats.h"
#include "src/data/test_files.h"

namespace kinglet::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Recording, ALineGoesBothWays) {
  Recording recording;
  recording.name = "a\tb\\c\nd\r/1.wav";
  recording.content = HashBytes(AsBytes("x"));
  recording.label = "yes";
  recording.group = "";
  recording.split = Split::kTest;
  recording.given_split = Split::kTrain;
  recording.format = Format::kJpeg;
  recording.width = 640;
  recording.height = 480;
  recording.channels = 3;
  const std::string line = FormatRecording(recording);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(ParseRecording(line).value(), recording);
}

TEST(Recording, DamagedLinesAreErrors) {
  Recording recording;
  recording.name = "n";
  recording.label = "l";
  const std::string line = FormatRecording(recording);
  ASSERT_TRUE(ParseRecording(line).has_value());
  for (size_t i = 0; i < line.size(); ++i) {
    EXPECT_FALSE(ParseRecording(line.substr(0, i)).has_value()) << i;
  }
  EXPECT_FALSE(ParseRecording(line + "\t1").has_value());
  EXPECT_FALSE(ParseRecording("\\x" + line).has_value());
  EXPECT_FALSE(ParseRecording(line.substr(0, line.size() - 1) + "-1").has_value());
}

TEST(LabelLess, NumbersComeInTheirOrder) {
  std::vector<std::string> labels = {"10", "9", "yes", "no", "0"};
  std::sort(labels.begin(), labels.end(), LabelLess);
  EXPECT_THAT(labels, ElementsAre("0", "9", "10", "no", "yes"));
}

TEST(PathPattern, FieldsTakeTheShortestText) {
  const auto match = [](std::string_view pattern, std::string_view path) {
    const auto fields = PathPattern::Parse(pattern).value().Match(path);
    return fields ? fields->label + "|" + fields->group + "|" + fields->split : "none";
  };
  EXPECT_EQ(match("{label}_{group}_{*}.wav", "7_theo_12.wav"), "7|theo|");
  EXPECT_EQ(match("{label}_{group}_{*}.wav", "any/where/7_theo_1_2.wav"), "7|theo|");
  EXPECT_EQ(match("{label}/{group}_nohash_{*}.wav", "yes/0a_b_nohash_1.wav"), "yes|0a_b|");
  EXPECT_EQ(match("{split}/{label}/{*}.png", "set/train/3/x.png"), "3||train");
  EXPECT_EQ(match("{label}/{*}.wav", "a.wav"), "none");
  EXPECT_EQ(match("{label}/{*}.wav", "b/.wav"), "none");
  EXPECT_EQ(match("{label}.wav", "a.wave"), "none");
  EXPECT_EQ(match("x{label}", "x"), "none");
}

TEST(PathPattern, MistakesAreNamed) {
  EXPECT_THAT(PathPattern::Parse("{label").error().message, HasSubstr("'{' without '}'"));
  EXPECT_THAT(PathPattern::Parse("label}").error().message, HasSubstr("'}' without '{'"));
  EXPECT_THAT(PathPattern::Parse("{speaker}").error().message, HasSubstr("the fields are"));
  EXPECT_THAT(PathPattern::Parse("{label}_{label}").error().message, HasSubstr("twice"));
  EXPECT_THAT(PathPattern::Parse("{label}{group}").error().message, HasSubstr("between them"));
  EXPECT_FALSE(PathPattern::Parse("").has_value());
}

TEST(Csv, ReadsQuotesAndBothLineEnds) {
  const CsvTable table =
      ParseCsv("\xef\xbb\xbfpath,label\r\n\"a, \"\"b\"\".wav\",yes\n\nc.wav,\"two\nlines\"", "m")
          .value();
  EXPECT_THAT(table.columns, ElementsAre("path", "label"));
  EXPECT_THAT(table.rows,
              ElementsAre(ElementsAre("a, \"b\".wav", "yes"), ElementsAre("c.wav", "two\nlines")));
  EXPECT_EQ(table.Column("label"), 1U);
  EXPECT_FALSE(table.Column("x").has_value());
}

TEST(Csv, MistakesNameTheirLine) {
  const auto error = [](std::string_view text) { return ParseCsv(text, "m.csv").error().message; };
  EXPECT_EQ(error("a,b\n1,2\n3\n"), "m.csv:3: 1 fields, the first row has 2");
  EXPECT_EQ(error("a,b\n1,\"2\n"), "m.csv:3: a quote is not closed");
  EXPECT_EQ(error("a\n\"1\"2\n"), "m.csv:2: text after a closing quote");
  EXPECT_EQ(error("a\n1\"2\n"), "m.csv:2: a quote inside an unquoted field");
  EXPECT_THAT(error(""), HasSubstr("is empty"));
}

TEST(Gunzip, PlainBytesAreThemselves) {
  EXPECT_EQ(Gunzip({1, 2, 3}).value(), Bytes({1, 2, 3}));
  // A header alone is a file cut short.
  EXPECT_FALSE(Gunzip({0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3}).has_value());
}

TEST(Idx, ReadsThreeAndFourSizes) {
  const IdxImages grey = ParseIdxImages(MakeIdx({2, 1, 3}, {1, 2, 3, 4, 5, 6})).value();
  EXPECT_THAT(grey.Image(1), ElementsAre(4, 5, 6));
  const IdxImages colour = ParseIdxImages(MakeIdx({1, 1, 2, 3}, {1, 2, 3, 4, 5, 6})).value();
  EXPECT_EQ(colour.channels, 3);
  EXPECT_EQ(colour.width, 2);
  EXPECT_FALSE(ParseIdxImages(MakeIdx({1, 1, 2, 2}, {1, 2, 3, 4})).has_value());
  EXPECT_FALSE(ParseIdxImages(MakeIdx({1, 1, 1}, {1, 2})).has_value());
  EXPECT_FALSE(ParseIdxLabels(MakeIdx({1, 1}, {1})).has_value());
  EXPECT_FALSE(ParseIdxLabels({0, 0, 8}).has_value());
  EXPECT_FALSE(ParseIdxLabels({0, 0, 9, 1, 0, 0, 0, 0}).has_value());
}

class DatasetTest : public ::testing::Test {
 protected:
  // Ten people say yes and no.
  void Fill(bool backwards) {
    std::vector<Recording> recordings;
    for (int i = 0; i < 40; ++i) {
      Recording recording;
      recording.name = "r" + std::to_string(i);
      recording.label = i % 2 == 0 ? "yes" : "no";
      recording.group = "p" + std::to_string(i / 4);
      recording.sample_rate_hz = 16000;
      recording.sample_count = 16000;
      recording.channels = 1;
      recordings.push_back(recording);
    }
    if (backwards) std::reverse(recordings.begin(), recordings.end());
    for (Recording& recording : recordings) {
      ASSERT_TRUE(store_.BeginBatch().has_value());
      recording.content = store_.PutBlob(AsBytes(recording.name)).value();
      ASSERT_TRUE(AppendToCatalog(store_, {recording}, {}).has_value());
      ASSERT_TRUE(store_.CommitBatch().has_value());
    }
  }
  TemporaryFolder folder_ = TemporaryFolder::Make("kinglet-dataset-").value();
  store::Store store_ = store::Store::Open(folder_.path()).value();
};

TEST_F(DatasetTest, IsTheSameWhateverTheOrderOfImports) {
  Fill(false);
  const Dataset one = MakeDataset(store_, {}).value();
  store::Store other = store::Store::Open(folder_.path() + "/other").value();
  std::swap(store_, other);
  Fill(true);
  const Dataset two = MakeDataset(store_, {}).value();
  EXPECT_EQ(one.artifact.content, two.artifact.content);
  EXPECT_EQ(one.recordings, two.recordings);
}

TEST_F(DatasetTest, ComesBackFromTheStoreAndHoldsItsRecordings) {
  Fill(false);
  const Dataset made = MakeDataset(store_, {.seed = 7}).value();
  const store::Artifact artifact = store_.Find("dataset").value();
  const Dataset loaded = LoadDataset(store_, artifact).value();
  EXPECT_EQ(loaded.recordings, made.recordings);
  EXPECT_THAT(loaded.labels, ElementsAre("no", "yes"));
  EXPECT_EQ(loaded.LabelIndex("yes"), 1U);
  EXPECT_EQ(store_.UsersOfBlob(made.recordings[5].content).value()[0].id, made.artifact.id);
  // Taken out of the catalogue, the recordings of a data set still stay.
  EXPECT_EQ(RemoveFromCatalog(store_, "*").value(), 40U);
  ASSERT_TRUE(store_.CollectGarbage().has_value());
  EXPECT_TRUE(store_.GetBlob(made.recordings[5].content).has_value());
  EXPECT_FALSE(MakeDataset(store_, {}).has_value());
}

TEST_F(DatasetTest, SoundAndPicturesDoNotMix) {
  Fill(false);
  Recording picture;
  picture.name = "p.png";
  picture.format = Format::kPng;
  picture.label = "yes";
  ASSERT_TRUE(store_.BeginBatch().has_value());
  picture.content = store_.PutBlob(AsBytes("p")).value();
  ASSERT_TRUE(AppendToCatalog(store_, {picture}, {}).has_value());
  ASSERT_TRUE(store_.CommitBatch().has_value());
  EXPECT_THAT(MakeDataset(store_, {}).error().message, HasSubstr("and pictures (p.png)"));
}

TEST(Manifest, DamageIsNamedByLine) {
  Recording recording;
  recording.name = "n";
  const std::string text = FormatManifest({recording, recording});
  EXPECT_EQ(ParseManifest(text).value().size(), 2U);
  EXPECT_THAT(ParseManifest(text.substr(0, text.size() - 5)).error().message, HasSubstr("line 3"));
  EXPECT_FALSE(ParseManifest("something else").has_value());
}

TEST(Stats, CountsClassesGroupsAndLengths) {
  std::vector<Recording> recordings;
  for (int i = 0; i < 10; ++i) {
    Recording recording;
    recording.label = i < 7 ? "yes" : "no";
    recording.group = i == 0 ? "" : "p" + std::to_string(i % 3);
    recording.split = i < 8 ? Split::kTrain : Split::kTest;
    recording.sample_rate_hz = i == 9 ? 8000 : 16000;
    recording.sample_count = 16000;
    recordings.push_back(recording);
  }
  const Stats stats = ComputeStats(recordings);
  ASSERT_EQ(stats.classes.size(), 2U);
  EXPECT_EQ(stats.classes[0].label, "no");
  EXPECT_THAT(stats.classes[0].count, ElementsAre(1, 0, 2));
  EXPECT_THAT(stats.groups, ElementsAre(3, 0, 2));
  EXPECT_EQ(stats.without_group, 1U);
  EXPECT_THAT(stats.seconds, ElementsAre(8.0, 0.0, 3.0));
  EXPECT_THAT(stats.length_quantiles_s, ElementsAre(1.0, 1.0, 1.0, 1.0, 2.0));
  EXPECT_THAT(FormatStats(stats), HasSubstr("sampling rate 8000 Hz: 1 recordings"));
  const auto json = nlohmann::json::parse(FormatStatsJson(stats));
  EXPECT_EQ(json["recordings"], 10);
  EXPECT_EQ(json["classes"][1]["train"], 7);
  EXPECT_EQ(json["length_s"]["max"], 2.0);
}

}  // namespace
}  // namespace kinglet::data
