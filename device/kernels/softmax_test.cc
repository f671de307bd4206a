// Softmax against exact exponentials, and bit for bit against a second writing of gemmlowp's fixed
// point from its definitions.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "device/kernels/softmax.h"
#include "src/base/random.h"

namespace kinglet::kernels {
namespace {

using Int8s = std::vector<int8_t>;

// How the parameters are derived from a scale (which holds beta): TensorFlow Lite's
// PreprocessSoftmaxScaling.
SoftmaxParams ParamsFor(double scale, int32_t rows, int32_t depth) {
  const double real = std::min(scale * 0x1p26, 0x1p31 - 1);
  int exponent = 0;
  const double fraction = std::frexp(real, &exponent);
  auto multiplier = static_cast<int64_t>(std::round(fraction * 0x1p31));
  if (multiplier == int64_t{1} << 31) {
    multiplier /= 2;
    ++exponent;
  }
  const auto radius = static_cast<int32_t>(std::floor(31 * 0x1p26 / std::ldexp(1.0, exponent)));
  return {rows, depth, static_cast<int32_t>(multiplier), exponent, -radius};
}

// gemmlowp's operations from their definitions, in exact long double.
int64_t HighMul(int64_t a, int64_t b) {
  const long double product = static_cast<long double>(a) * static_cast<long double>(b);
  const long double nudge = product >= 0 ? 0x1p30L : 1 - 0x1p30L;
  return static_cast<int64_t>(std::trunc((product + nudge) / 0x1p31L));
}
int64_t Divide(int64_t x, int32_t exponent) {
  return static_cast<int64_t>(std::round(std::ldexp(static_cast<long double>(x), -exponent)));
}
int64_t Saturate(long double x) {
  return static_cast<int64_t>(std::clamp(x, -0x1p31L, 0x1p31L - 1));
}

int64_t SlowExp(int64_t x_q26) {
  if (x_q26 == 0) return INT32_MAX;
  // x = -(quarters + rest) with rest in (0, 1/4]: exp of -rest by its series, then one factor per
  // bit of the quarters.
  const int64_t quarter = int64_t{1} << 24;
  int64_t rest = -x_q26 % quarter;
  if (rest == 0) rest = quarter;
  int64_t quarters = (-x_q26 - rest) / quarter;
  const int64_t x = -rest * 32 + (int64_t{1} << 28);
  const int64_t x2 = HighMul(x, x), x3 = HighMul(x2, x), x4 = HighMul(x2, x2);
  const int64_t tail = Divide(HighMul(Divide(x4, 2) + x3, 715827883) + x2, 1);
  int64_t result = 1895147668 + HighMul(1895147668, x + tail);
  for (const double factor : {-0.25, -0.5, -1.0, -2.0, -4.0, -8.0, -16.0}) {
    const auto multiplier = static_cast<int64_t>(std::round(std::exp(factor) * 0x1p31));
    if (quarters % 2 != 0) result = HighMul(result, multiplier);
    quarters /= 2;
  }
  return result;
}

int64_t SlowReciprocal(int64_t fraction) {  // 1 / (1 + fraction), Q0.31
  const int64_t half_sum = (fraction + INT32_MAX + 1) / 2;
  int64_t x = 1515870810 + HighMul(half_sum, -1010580540);
  for (int step = 0; step < 3; ++step) {
    const int64_t error = (int64_t{1} << 29) - HighMul(half_sum, x);
    x += Saturate(4.0L * static_cast<long double>(HighMul(x, error)));
  }
  return Saturate(2.0L * static_cast<long double>(x));
}

Int8s SlowSoftmax(const SoftmaxParams& p, const Int8s& row) {
  const int32_t greatest = *std::max_element(row.begin(), row.end());
  const auto exponential = [&](int8_t value) -> int64_t {
    const int64_t difference = value - greatest;
    return SlowExp(HighMul(difference * (int64_t{1} << p.input_left_shift), p.input_multiplier));
  };
  int64_t sum = 0;
  for (const int8_t value : row) {
    if (value - greatest >= p.diff_min) sum += Divide(exponential(value), 12);
  }
  int32_t unit_bits = 0;
  while ((sum >> (unit_bits + 20)) != 0) ++unit_bits;
  const int64_t scale = SlowReciprocal(sum * (int64_t{1} << (12 - unit_bits)) - (int64_t{1} << 31));
  Int8s output;
  for (const int8_t value : row) {
    const int64_t probability = value - greatest < p.diff_min
                                    ? 0
                                    : Divide(HighMul(scale, exponential(value)), unit_bits + 23);
    output.push_back(static_cast<int8_t>(std::min<int64_t>(probability - 128, 127)));
  }
  return output;
}

Int8s AnyRow(Random& random, int32_t depth) {
  Int8s row(static_cast<size_t>(depth));
  const uint32_t spread = random.Below(256) + 1;
  for (int8_t& value : row) {
    value = static_cast<int8_t>(127 - static_cast<int32_t>(random.Below(spread)));
  }
  return row;
}

TEST(Softmax, EqualsTheReferencesFixedPointBitForBit) {
  Random random(7);
  for (int i = 0; i < 4000; ++i) {
    const auto depth = static_cast<int32_t>(1 + random.Below(i % 100 == 0 ? 4095 : 40));
    const double scale = std::exp(random.Uniform(-9.0F, 4.0F));
    const SoftmaxParams p = ParamsFor(scale, 1, depth);
    const Int8s row = AnyRow(random, depth);
    Int8s output(row.size());
    Softmax(p, row.data(), output.data());
    ASSERT_EQ(output, SlowSoftmax(p, row)) << "case " << i << ", scale " << scale;
  }
}

TEST(Softmax, IsWithinOneStepOfTheExactProbability) {
  Random random(8);
  for (int i = 0; i < 2000; ++i) {
    const auto depth = static_cast<int32_t>(1 + random.Below(20));
    const double scale = std::exp(random.Uniform(-6.0F, 0.0F));
    const Int8s row = AnyRow(random, depth);
    Int8s output(row.size());
    Softmax(ParamsFor(scale, 1, depth), row.data(), output.data());
    double sum = 0;
    for (const int8_t value : row) sum += std::exp(scale * value);
    for (size_t c = 0; c < row.size(); ++c) {
      const double exact = std::min(256 * std::exp(scale * row[c]) / sum, 255.0);
      ASSERT_NEAR(output[c] + 128, exact, 0.52) << "case " << i;
    }
  }
}

TEST(Softmax, HandlesRowsApartAndInPlace) {
  Random random(9);
  const SoftmaxParams p = ParamsFor(0.1, 3, 7);
  Int8s rows;
  Int8s expected;
  for (int row = 0; row < 3; ++row) {
    const Int8s values = AnyRow(random, 7);
    rows.insert(rows.end(), values.begin(), values.end());
    const Int8s output = SlowSoftmax(p, values);
    expected.insert(expected.end(), output.begin(), output.end());
  }
  Softmax(p, rows.data(), rows.data());
  EXPECT_EQ(rows, expected);
}

TEST(Softmax, SumsTheGreatestDepthOfEqualValuesWithoutOverflow) {
  const Int8s row(static_cast<size_t>(kSoftmaxDepthMax), 5);
  Int8s output(row.size(), 1);
  Softmax(ParamsFor(0.1, 1, kSoftmaxDepthMax), row.data(), output.data());
  EXPECT_EQ(output, Int8s(row.size(), -128));
}

}  // namespace
}  // namespace kinglet::kernels
