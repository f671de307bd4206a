#include "src/pipeline/records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kinglet::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kDigest[] = "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319";

std::string BenchText(std::string_view confusion, int label) {
  return fmt::format(
      R"({{"model": "cnn-4x1", "accuracy": 0.5, "samples": 4, "correct": 2, "labels": ["a", "b"],
          "confusion": {}, "layers": [{{"name": "stem", "instructions": 7}}], "flash_parts": {{"dsp": 3}},
          "worst_samples": [{{"content": "{}", "label": {}, "predicted": 0, "confidence": 1}}]}})",
      confusion, kDigest, label);
}

TEST(Records, TakeWhatIsThereAndLeaveTheRest) {
  const auto bench = ParseBenchRecord(AsBytes(BenchText("[[1, 1], [1, 1]]", 1)));
  ASSERT_TRUE(bench.has_value()) << bench.error().message;
  EXPECT_EQ(bench->model, "cnn-4x1");
  EXPECT_THAT(bench->confusion, ElementsAre(1, 1, 1, 1));
  EXPECT_EQ(bench->layers.at(0).instructions, 7U);
  EXPECT_EQ(bench->flash_parts.at("dsp"), 3U);
  EXPECT_EQ(bench->worst_samples.at(0).content.Hex(), kDigest);
  EXPECT_EQ(bench->ram_bytes, 0U);

  const auto plan =
      ParsePlanRecord(AsBytes(R"({"model": "m", "flash": {"predicted": 10, "limit": null,
                  "lines": {"weights": {"predicted": 4, "worst": 5}}}})"));
  ASSERT_TRUE(plan.has_value()) << plan.error().message;
  EXPECT_EQ(plan->flash.predicted, 10);
  EXPECT_EQ(plan->flash.limit_bytes, 0U);
  EXPECT_EQ(plan->flash.lines.at("weights"), 4U);
  EXPECT_FALSE(plan->latency_ms.has_value());

  const auto training = ParseTrainingRecord(
      AsBytes(R"({"weights": 12, "history": [{"phase": "int8", "epoch": 3, "loss": 0.5}]})"));
  ASSERT_TRUE(training.has_value()) << training.error().message;
  EXPECT_EQ(training->weights, 12U);
  EXPECT_EQ(training->history.at(0).phase, "int8");
}

TEST(Records, SayWhichResultIsDamagedAndWhere) {
  EXPECT_EQ(ParsePlanRecord(AsBytes(R"({"model": 5})")).error().message,
            "plan.json in the store is damaged (at model); run 'kinglet run' again");
  for (const std::string_view text :
       {"", "[]", "{\"weights\": -1}", "{\"weights\": 1.5}", "{\"weights\": 1e300}",
        "{\"accuracy_float\": 1.5}", "{\"history\": [1]}", "{\"history\": {}}",
        "{\"history\": [{\"epoch\": 4294967296}]}", "{\"model_content\": \"12\"}"}) {
    const auto record = ParseTrainingRecord(AsBytes(text));
    ASSERT_FALSE(record.has_value()) << text;
    EXPECT_EQ(record.error().code, Code::kInvalid);
    EXPECT_THAT(record.error().message, HasSubstr("training.json in the store is damaged"));
  }
}

TEST(Records, BenchFiguresHangTogether) {
  EXPECT_FALSE(ParseBenchRecord(AsBytes(BenchText("[[1, 1], [1]]", 1))).has_value());
  EXPECT_FALSE(ParseBenchRecord(AsBytes(BenchText("[[1, 1], [1, 1]]", 2))).has_value());
  EXPECT_FALSE(ParseBenchRecord(AsBytes(R"({"samples": 4, "correct": 5})")).has_value());
}

TEST(Records, FirmwareStaysInItsFolder) {
  const auto parse = [](std::string_view path) {
    return ParseFirmwareRecord(AsBytes(fmt::format(R"({{"files": {{"{}": "text"}}}})", path)));
  };
  EXPECT_EQ(parse("device/dsp/fft.h")->files.at("device/dsp/fft.h"), "text");
  for (const std::string_view path :
       {"/etc/passwd", "../kinglet.toml", "a/../../b", "", "a/", "a\\u0000b"}) {
    EXPECT_FALSE(parse(path).has_value()) << path;
  }
}

}  // namespace
}  // namespace kinglet::pipeline
