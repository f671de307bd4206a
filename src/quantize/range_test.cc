#include "src/quantize/range.h"

#include <gtest/gtest.h>

#include <cmath>

#include "src/base/random.h"
#include "src/ir/int8_grid.h"

namespace kinglet::quantize {
namespace {

std::vector<float> Normals(size_t count, uint64_t seed) {
  Random random(seed);
  std::vector<float> values;
  for (size_t i = 0; i < count; ++i) values.push_back(random.Normal());
  return values;
}

Range ExtentOf(const std::vector<float>& values) {
  Range range;
  for (const float value : values) range.Include(value);
  return range;
}

Histogram HistogramOf(const std::vector<float>& values) {
  Histogram histogram(ExtentOf(values));
  histogram.Add(values);
  return histogram;
}

double SquaredError(const std::vector<float>& values, Range range) {
  const ir::Quantization grid = ir::Int8Grid(range.low, range.high);
  double error = 0;
  for (const float value : values) {
    const int32_t steps = ir::ToInt8(value, grid) - grid.zero_points[0];
    error += std::pow(double{value} - double{grid.scales[0]} * steps, 2);
  }
  return error;
}

TEST(Int8Grid, CoversTheRangeAndHoldsZero) {
  Random random(1);
  for (int i = 0; i < 1000; ++i) {
    const float low = random.Uniform(-3, 2), high = low + random.Uniform(0, 5);
    const ir::Quantization grid = ir::Int8Grid(low, high);
    const float scale = grid.scales[0];
    const auto zero_point = static_cast<float>(grid.zero_points[0]);
    EXPECT_EQ(ir::ToInt8(0, grid), grid.zero_points[0]);
    // Zero moves to a whole number, which costs either end half a step.
    EXPECT_LE(scale * (-128 - zero_point), std::min(low, 0.0F) + scale * 0.501F);
    EXPECT_GE(scale * (127 - zero_point), std::max(high, 0.0F) - scale * 0.501F);
    EXPECT_NEAR(scale * 255, std::max(high, 0.0F) - std::min(low, 0.0F), 1e-5);
  }
}

TEST(Int8Grid, RoundsHalvesAwayFromZeroAndSaturates) {
  const ir::Quantization grid = {{0.5F}, {3}, 0};
  EXPECT_EQ(ir::ToInt8(0.25F, grid), 4);
  EXPECT_EQ(ir::ToInt8(-0.25F, grid), 2);
  EXPECT_EQ(ir::ToInt8(1e30F, grid), 127);
  EXPECT_EQ(ir::ToInt8(-1e30F, grid), -128);
}

TEST(Histogram, APercentileLeavesOutAsManyAtEitherEnd) {
  std::vector<float> values;
  for (int i = -500; i < 500; ++i) values.push_back(static_cast<float>(i));
  const Range range = HistogramOf(values).Percentile(98);
  EXPECT_NEAR(range.low, -490, 1);
  EXPECT_NEAR(range.high, 490, 1);
  EXPECT_EQ(HistogramOf(values).Percentile(100).low, -500);
  EXPECT_EQ(HistogramOf(values).Percentile(100).high, 499);
}

TEST(Histogram, APercentileKeepsZeroInside) {
  const std::vector<float> values = {5, 6, 7, 8};
  EXPECT_EQ(HistogramOf(values).Percentile(50).low, 0);
}

TEST(Histogram, TheLeastErrorClipsAnOutlier) {
  std::vector<float> values = Normals(400'000, 3);
  values.push_back(12);
  const Range range = HistogramOf(values).LeastSquaredError();
  EXPECT_LT(range.high, 9);
  EXPECT_LT(SquaredError(values, range), 0.8 * SquaredError(values, ExtentOf(values)));
}

// No range of a fine search is better by more than what bins blur.
TEST(Histogram, TheLeastErrorIsNearTheBest) {
  std::vector<float> values = Normals(5'000, 4);
  for (float& value : values) value = value * value * value;
  const Range extent = ExtentOf(values);
  const Range found = HistogramOf(values).LeastSquaredError();
  double least = SquaredError(values, extent);
  for (int i = 1; i <= 60; ++i) {
    for (int j = 1; j <= 60; ++j) {
      const float low = static_cast<float>(i) / 60, high = static_cast<float>(j) / 60;
      least = std::min(least, SquaredError(values, {extent.low * low, extent.high * high}));
    }
  }
  EXPECT_LT(SquaredError(values, found), 1.03 * least);
}

TEST(Histogram, OfNothingButZerosIsEmpty) {
  Histogram histogram(Range{});
  histogram.Add(std::vector<float>(10, 0.0F));
  EXPECT_EQ(histogram.Percentile(99).high, 0);
  EXPECT_EQ(histogram.LeastSquaredError().high, 0);
}

TEST(SymmetricScale, PutsTheLargestWeightAt127) {
  EXPECT_FLOAT_EQ(SymmetricScale(std::vector<float>{1, -2.54F}, RangeMethod::kMinMax), 0.02F);
  EXPECT_EQ(SymmetricScale(std::vector<float>{0, 0}, RangeMethod::kMse), 0);
  std::vector<float> weights = Normals(4'000, 5);
  const float whole = SymmetricScale(weights, RangeMethod::kMinMax);
  weights.push_back(127 * whole * 1.5F);
  const float least = SymmetricScale(weights, RangeMethod::kMse);
  EXPECT_LT(least, SymmetricScale(weights, RangeMethod::kMinMax));
}

TEST(RangeMethod, NamesAreReadBack) {
  for (const auto method : {RangeMethod::kMinMax, RangeMethod::kPercentile, RangeMethod::kMse}) {
    EXPECT_EQ(ParseRangeMethod(RangeMethodName(method)).value(), method);
  }
  EXPECT_EQ(ParseRangeMethod("max").error().message,
            "--ranges 'max': must be minmax, percentile or mse");
}

}  // namespace
}  // namespace kinglet::quantize
