#include "device/kernels/softmax.h"

#include "device/kernels/requantize.h"

namespace kinglet::kernels {
namespace {

constexpr int32_t kOneQ31 = INT32_MAX;  // 1.0 as nearly as Q0.31 can say it

// x * 2^bits, saturating.
int32_t SaturatingShiftLeft(int32_t x, int32_t bits) {
  const int32_t limit = INT32_MAX >> bits;
  if (x > limit) return INT32_MAX;
  if (x < -limit) return INT32_MIN;
  return WrappingShiftLeft(x, bits);
}

// exp(x) for x in [-1/4, 0), Q0.31 in and out: the Taylor series around -1/8 to the fourth power.
int32_t ExpNearZero(int32_t x_q31) {
  constexpr int32_t kExpOfMinusEighth = 1895147668;
  constexpr int32_t kThird = 715827883;
  const int32_t x = x_q31 + (1 << 28);
  const int32_t x2 = SaturatingRoundingDoublingHighMul(x, x);
  const int32_t x3 = SaturatingRoundingDoublingHighMul(x2, x);
  const int32_t x4 = SaturatingRoundingDoublingHighMul(x2, x2);
  const int32_t quarter_x4 = RoundingDivideByPowerOfTwo(x4, 2);
  // x^4/24 + x^3/6 + x^2/2
  const int32_t tail = RoundingDivideByPowerOfTwo(
      SaturatingRoundingDoublingHighMul(quarter_x4 + x3, kThird) + x2, 1);
  return kExpOfMinusEighth + SaturatingRoundingDoublingHighMul(kExpOfMinusEighth, x + tail);
}

// exp(x) for x <= 0, Q5.26 in, Q0.31 out: a power below 1/4 by the series, then a factor for each
// remaining bit of x.
int32_t ExpOfNegative(int32_t x_q26) {
  constexpr int32_t kFractionBits = 31 - kSoftmaxDiffIntegerBits;
  constexpr int32_t kQuarter = 1 << (kFractionBits - 2);
  // exp(-1/4), exp(-1/2), exp(-1), ..., exp(-16)
  constexpr int32_t kFactors[] = {1672461947, 1302514674, 790015084, 290630308,
                                  39332535,   720401,     242};
  if (x_q26 == 0) return kOneQ31;
  const int32_t near_zero = (x_q26 & (kQuarter - 1)) - kQuarter;
  const uint32_t remainder = static_cast<uint32_t>(WrappingSubtract(near_zero, x_q26));
  int32_t result = ExpNearZero(SaturatingShiftLeft(near_zero, kSoftmaxDiffIntegerBits));
  uint32_t bit = kQuarter;
  for (const int32_t factor : kFactors) {
    if ((remainder & bit) != 0) result = SaturatingRoundingDoublingHighMul(result, factor);
    bit <<= 1;
  }
  return result;
}

// 1 / (1 + x) for x in [0, 1), Q0.31 in and out: three Newton-Raphson steps from 48/17 - 32/17 * (1
// + x) / 2.
int32_t ReciprocalOfOnePlus(int32_t x_q31) {
  constexpr int32_t k48Over17Q29 = 1515870810;
  constexpr int32_t kMinus32Over17Q29 = -1010580540;
  constexpr int32_t kOneQ29 = 1 << 29;
  const int32_t half_denominator =
      static_cast<int32_t>((static_cast<int64_t>(x_q31) + kOneQ31 + 1) / 2);
  int32_t x = k48Over17Q29 + SaturatingRoundingDoublingHighMul(half_denominator, kMinus32Over17Q29);
  for (int32_t step = 0; step < 3; ++step) {
    const int32_t error = kOneQ29 - SaturatingRoundingDoublingHighMul(half_denominator, x);
    x += SaturatingShiftLeft(SaturatingRoundingDoublingHighMul(x, error), 2);
  }
  return SaturatingShiftLeft(x, 1);  // x / 2 in Q0.31
}

int32_t LeadingZeros(uint32_t x) {
  int32_t zeros = 0;
  for (uint32_t bit = uint32_t{1} << 31; (x & bit) == 0 && bit != 0; bit >>= 1) ++zeros;
  return zeros;
}

int32_t ExpOfDifference(const SoftmaxParams& p, int32_t difference) {
  return ExpOfNegative(SaturatingRoundingDoublingHighMul(
      WrappingShiftLeft(difference, p.input_left_shift), p.input_multiplier));
}

void SoftmaxRow(const SoftmaxParams& p, const int8_t* input, int8_t* output) {
  int32_t greatest = INT8_MIN;
  for (int32_t c = 0; c < p.depth; ++c) greatest = Max(greatest, input[c]);

  int32_t sum = 0;  // Q12.19
  for (int32_t c = 0; c < p.depth; ++c) {
    const int32_t difference = input[c] - greatest;
    if (difference < p.diff_min) continue;
    sum += RoundingDivideByPowerOfTwo(ExpOfDifference(p, difference), kSoftmaxSumIntegerBits);
  }

  // sum is 2^unit_bits * (1 + fraction); the row's maximum alone adds 1, so unit_bits is 0 to 11.
  const int32_t headroom = LeadingZeros(static_cast<uint32_t>(sum));
  const int32_t unit_bits = kSoftmaxSumIntegerBits - headroom;
  const uint32_t fraction = (static_cast<uint32_t>(sum) << headroom) - (uint32_t{1} << 31);
  const int32_t scale = ReciprocalOfOnePlus(static_cast<int32_t>(fraction));
  const int32_t exponent = unit_bits + 31 - 8;

  for (int32_t c = 0; c < p.depth; ++c) {
    const int32_t difference = input[c] - greatest;
    int32_t probability = 0;  // Q0.8; with 512 or more equals in a row it is below half a step
    if (difference >= p.diff_min && exponent <= 31) {
      probability = RoundingDivideByPowerOfTwo(
          SaturatingRoundingDoublingHighMul(scale, ExpOfDifference(p, difference)), exponent);
    }
    output[c] = static_cast<int8_t>(Min(probability + INT8_MIN, INT8_MAX));
  }
}

}  // namespace

void Softmax(const SoftmaxParams& params, const int8_t* input, int8_t* output) {
  for (int32_t row = 0; row < params.rows; ++row) {
    SoftmaxRow(params, input + row * params.depth, output + row * params.depth);
  }
}

}  // namespace kinglet::kernels
