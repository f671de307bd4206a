#include "tests/support/exact.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kinglet::testing::exact {
namespace {

static_assert(std::numeric_limits<long double>::digits >= 63, "long double must be exact here");

constexpr int64_t kOne = INT32_MAX;  // 1 in Q0.31

long double Power(int exponent) { return std::ldexp(1.0L, exponent); }

// 2 / (1 + e) in Q2.29 by Newton and Raphson, e in [0, 1) in Q0.31.
int64_t TwiceReciprocal(int64_t e) {
  const int64_t half_sum = (e + kOne + 1) / 2;
  int64_t x = 1515870810 + HighMul(half_sum, -1010580540);
  for (int step = 0; step < 3; ++step) {
    const int64_t error = (int64_t{1} << 29) - HighMul(half_sum, x);
    x += SaturatingShift(HighMul(x, error), 2);
  }
  return x;
}

}  // namespace

int64_t Wrap32(int64_t x) {
  return static_cast<int64_t>(static_cast<int32_t>(static_cast<uint32_t>(x)));
}

int64_t Clamp(int64_t x, int64_t low, int64_t high) { return std::min(std::max(x, low), high); }

int64_t HighMul(int64_t a, int64_t b, int bits) {
  const long double product = static_cast<long double>(a) * static_cast<long double>(b);
  const long double rounded = std::floor(product / Power(bits - 1) + 0.5L);
  return static_cast<int64_t>(std::clamp(rounded, -Power(bits - 1), Power(bits - 1) - 1));
}

int64_t RoundShift(int64_t x, int exponent) {
  return static_cast<int64_t>(std::round(std::ldexp(static_cast<long double>(x), -exponent)));
}

int64_t SaturatingShift(int64_t x, int exponent) {
  const long double shifted = std::ldexp(static_cast<long double>(x), exponent);
  return static_cast<int64_t>(std::clamp(shifted, -Power(31), Power(31) - 1));
}

Multiplier MakeMultiplier(double real) {
  if (real == 0) return {};
  int shift = 0;
  while (std::abs(std::ldexp(static_cast<long double>(real), -shift)) >= 1) ++shift;
  while (std::abs(std::ldexp(static_cast<long double>(real), -shift)) < 0.5L) --shift;
  auto fixed =
      static_cast<int64_t>(std::round(std::ldexp(static_cast<long double>(real), 31 - shift)));
  if (fixed == int64_t{1} << 31) {
    fixed /= 2;
    ++shift;
  }
  if (shift < -31) return {};
  return {fixed, shift};
}

int64_t Rescale(int64_t x, const Multiplier& m) {
  const int64_t left = Wrap32(x * (int64_t{1} << std::max(m.shift, 0)));
  return RoundShift(HighMul(left, m.fixed), std::max(-m.shift, 0));
}

int64_t RescaleWide(int64_t x, const Multiplier& m) {
  const int64_t reduced = m.fixed < 0x7fff0000 ? (m.fixed + 0x8000) / 0x10000 : 0x7fff;
  const long double scaled = static_cast<long double>(x) * static_cast<long double>(reduced);
  return Wrap32(static_cast<int64_t>(std::floor(scaled / Power(15 - m.shift) + 0.5L)));
}

int64_t ExpOfNegative(int64_t x, int integer_bits) {
  if (x == 0) return kOne;
  // x = -(quarters / 4 + rest) with rest in (0, 1/4]: exp of -rest by its series around 1/8, then
  // one factor for each bit of the quarters.
  const int64_t quarter = int64_t{1} << (29 - integer_bits);
  int64_t rest = -x % quarter;
  if (rest == 0) rest = quarter;
  int64_t quarters = (-x - rest) / quarter;
  const int64_t y = -rest * (int64_t{1} << integer_bits) + (int64_t{1} << 28);
  const int64_t y2 = HighMul(y, y), y3 = HighMul(y2, y), y4 = HighMul(y2, y2);
  const int64_t tail = RoundShift(HighMul(RoundShift(y4, 2) + y3, 715827883) + y2, 1);
  int64_t result = 1895147668 + HighMul(1895147668, y + tail);
  for (double power = -0.25; quarters != 0; power *= 2, quarters /= 2) {
    const auto factor = static_cast<int64_t>(std::round(std::exp(power) * 0x1p31));
    if (quarters % 2 != 0) result = HighMul(result, factor);
  }
  return result;
}

int64_t ReciprocalOfOnePlus(int64_t fraction) {
  return SaturatingShift(TwiceReciprocal(fraction), 1);
}

int64_t Logistic(int64_t x, int integer_bits) {
  if (x == 0) return int64_t{1} << 30;
  const int64_t e = ExpOfNegative(-std::abs(x), integer_bits);
  const int64_t positive = ReciprocalOfOnePlus(e);
  return x > 0 ? positive : kOne - positive;
}

int64_t Tanh(int64_t x, int integer_bits) {
  if (x == 0) return 0;
  const int64_t e = ExpOfNegative(-std::abs(x), integer_bits + 1);  // of twice x
  const int64_t positive = SaturatingShift(TwiceReciprocal(e) - (int64_t{1} << 29), 2);
  return x > 0 ? positive : -positive;
}

}  // namespace kinglet::testing::exact
