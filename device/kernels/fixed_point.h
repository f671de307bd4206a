// exp, 1 / (1 + x), the logistic function and tanh in gemmlowp's 32-bit fixed point (fixedpoint.h),
// bit for bit as TensorFlow Lite's reference kernels use them.
#pragma once

#include <stdint.h>

#include "device/kernels/requantize.h"

namespace kinglet::kernels {

inline constexpr int32_t kOneQ31 = INT32_MAX;  // 1.0 as nearly as Q0.31 can say it

// What follows has no branches on its operands: how long it takes tells nothing of them.

// b where `mask` is -1, a where it is 0.
inline int32_t Select(int32_t mask, int32_t a, int32_t b) { return a ^ ((a ^ b) & mask); }

// x * 2^bits, saturating.
inline int32_t SaturatingShiftLeft(int32_t x, int32_t bits) {
  const int32_t shifted = WrappingShiftLeft(x, bits);
  const int32_t lost = (shifted >> bits) ^ x;
  const int32_t overflows = (lost | WrappingSubtract(0, lost)) >> 31;
  return Select(overflows, shifted, (x >> 31) ^ INT32_MAX);
}

// exp(x) for x in [-1/4, 0), Q0.31 in and out: the Taylor series around -1/8 to the fourth power.
inline int32_t ExpNearZero(int32_t x_q31) {
  constexpr int32_t kExpOfMinusEighth = 1895147668;
  constexpr int32_t kThird = 715827883;
  const int32_t x = x_q31 + (1 << 28);
  const int32_t x2 = RoundingDoublingHighMul(x, x);
  const int32_t x3 = RoundingDoublingHighMul(x2, x);
  const int32_t x4 = RoundingDoublingHighMul(x2, x2);
  const int32_t quarter_x4 = RoundingDivideByPowerOfTwo(x4, 2);
  // x^4/24 + x^3/6 + x^2/2
  const int32_t tail =
      RoundingDivideByPowerOfTwo(RoundingDoublingHighMul(quarter_x4 + x3, kThird) + x2, 1);
  return kExpOfMinusEighth + RoundingDoublingHighMul(kExpOfMinusEighth, x + tail);
}

// exp(x) for x <= 0 with kIntegerBits (4 or 5) bits before the point, Q0.31 out: a power below 1/4
// by the series, then a factor for each remaining bit of x.
template <int32_t kIntegerBits>
inline int32_t ExpOfNegative(int32_t x) {
  static_assert(kIntegerBits >= 4 && kIntegerBits <= 5);
  constexpr int32_t kQuarter = 1 << (31 - kIntegerBits - 2);
  // exp(-1/4), exp(-1/2), exp(-1), ..., exp(-16)
  constexpr int32_t kFactors[] = {1672461947, 1302514674, 790015084, 290630308,
                                  39332535,   720401,     242};
  const int32_t near_zero = (x & (kQuarter - 1)) - kQuarter;
  const uint32_t remainder = static_cast<uint32_t>(WrappingSubtract(near_zero, x));
  int32_t result = ExpNearZero(WrappingShiftLeft(near_zero, kIntegerBits));
  for (int32_t i = 0; i < kIntegerBits + 2; ++i) {
    const int32_t bit = static_cast<int32_t>((remainder / kQuarter) >> i) & 1;
    result = Select(-bit, result, RoundingDoublingHighMul(result, kFactors[i]));
  }
  return Select(x >> 31, kOneQ31, result);
}

// 2 / (1 + x) for x in [0, 1), Q0.31 in, Q2.29 out: three Newton-Raphson steps from
// 48/17 - 32/17 * (1 + x) / 2.
inline int32_t TwiceReciprocalOfOnePlus(int32_t x_q31) {
  constexpr int32_t k48Over17Q29 = 1515870810;
  constexpr int32_t kMinus32Over17Q29 = -1010580540;
  constexpr int32_t kOneQ29 = 1 << 29;
  const int32_t half_denominator =
      static_cast<int32_t>((static_cast<int64_t>(x_q31) + kOneQ31 + 1) / 2);
  int32_t x = k48Over17Q29 + RoundingDoublingHighMul(half_denominator, kMinus32Over17Q29);
  for (int32_t step = 0; step < 3; ++step) {
    const int32_t error = kOneQ29 - RoundingDoublingHighMul(half_denominator, x);
    x += SaturatingShiftLeft(RoundingDoublingHighMul(x, error), 2);
  }
  return x;
}

// 1 / (1 + x) for x in [0, 1), Q0.31 in and out.
inline int32_t ReciprocalOfOnePlus(int32_t x_q31) {
  return SaturatingShiftLeft(TwiceReciprocalOfOnePlus(x_q31), 1);  // x / 2 in Q0.31
}

// 1 / (1 + exp(-x)), Q4.27 in, Q0.31 out. x: above INT32_MIN.
inline int32_t LogisticQ27(int32_t x_q27) {
  if (x_q27 == 0) return 1 << 30;
  const int32_t of_magnitude = ReciprocalOfOnePlus(ExpOfNegative<4>(x_q27 > 0 ? -x_q27 : x_q27));
  return x_q27 > 0 ? of_magnitude : kOneQ31 - of_magnitude;
}

// tanh(x), Q4.27 in, Q0.31 out. x: above INT32_MIN.
inline int32_t TanhQ27(int32_t x_q27) {
  if (x_q27 == 0) return 0;
  // (1 - e) / (1 + e) = 2 / (1 + e) - 1 with e = exp(-2 |x|), whose bits are those of |x| in Q5.26.
  const int32_t e = ExpOfNegative<5>(x_q27 > 0 ? -x_q27 : x_q27);
  const int32_t of_magnitude = SaturatingShiftLeft(TwiceReciprocalOfOnePlus(e) - (1 << 29), 2);
  return x_q27 > 0 ? of_magnitude : -of_magnitude;
}

}  // namespace kinglet::kernels
