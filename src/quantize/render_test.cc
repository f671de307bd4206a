#include "src/quantize/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace kinglet::quantize {
namespace {

using ::testing::HasSubstr;

Comparison MakeComparison() {
  Comparison comparison;
  comparison.sample_count = 10;
  LayerDifference worst{"conv_2d_0", "conv_2d", {{0.5F}, {-3}, 0}, {}};
  worst.difference.Add(10, 9);
  comparison.layers = {worst, {"relu_1", "relu", {{0.25F}, {-128}, 0}, {}}};
  OutputDifference output{"scores\n", {}, 10, 9};
  output.difference.Add(1, 0.9);
  comparison.outputs = {output};
  return comparison;
}

const Summary kSummary = {"a.tflite", "b.tflite", 4000, 1200, RangeMethod::kMse};

TEST(RenderQuantize, TextNamesWhatDiffersTheWorstFirst) {
  const std::string text = ToText(MakeComparison(), kSummary);
  EXPECT_THAT(text, HasSubstr("b.tflite: int8, 1,200 B from 4,000 B, ranges by mse of 10 samples"));
  EXPECT_THAT(text, HasSubstr("output 'scores?': SQNR 20.0 dB, largest error 0.1, largest element "
                              "the float model's in 9 of 10"));
  EXPECT_LT(text.find("conv_2d_0"), text.find("relu_1"));
  EXPECT_THAT(text, HasSubstr("exact"));
}

TEST(RenderQuantize, JsonHasNullWhereNothingDiffers) {
  const auto json = nlohmann::json::parse(ToJson(MakeComparison(), kSummary));
  EXPECT_EQ(json["samples"], 10);
  EXPECT_EQ(json["ranges"], "mse");
  EXPECT_EQ(json["outputs"][0]["rows_agreeing"], 9);
  EXPECT_NEAR(json["layers"][0]["sqnr_db"].get<double>(), 20, 1e-9);
  EXPECT_EQ(json["layers"][0]["zero_point"], -3);
  EXPECT_TRUE(json["layers"][1]["sqnr_db"].is_null());
}

TEST(Difference, AddsUpSquares) {
  Difference difference;
  EXPECT_FALSE(difference.sqnr_db().has_value());
  difference.Add(3, 3);
  EXPECT_FALSE(difference.sqnr_db().has_value());
  difference.Add(1, -1);
  EXPECT_NEAR(difference.sqnr_db().value(), 3.9794, 1e-4);  // 10 log10(10 / 4)
  EXPECT_EQ(difference.largest, 2);
}

}  // namespace
}  // namespace kinglet::quantize
