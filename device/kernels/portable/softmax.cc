#include "device/kernels/softmax.h"

#include "device/kernels/fixed_point.h"
#include "device/kernels/requantize.h"

namespace kinglet::kernels {
namespace {

// -1 if x < 0, 0 if not.
int32_t Sign(int32_t x) { return x >> 31; }

// Without a branch; a - b must not overflow.
int32_t Least(int32_t a, int32_t b) { return b + ((a - b) & Sign(a - b)); }

// At most 12: of a sum of 1 or more in Q12.19.
int32_t LeadingZeros(int32_t sum) {
  int32_t zeros = 0;
  for (int32_t bits = 31; bits > 31 - kSoftmaxSumIntegerBits; --bits) {
    zeros += 1 + Sign(-(sum >> bits));
  }
  return zeros;
}

// Once in the program: the largest part of this kernel.
[[gnu::noinline]] int32_t ExpOfDifference(const SoftmaxParams& p, int32_t difference) {
  const int32_t e = ExpOfNegative<kSoftmaxDiffIntegerBits>(RoundingDoublingHighMul(
      WrappingShiftLeft(difference, p.input_left_shift), p.input_multiplier));
  return e & ~Sign(difference - p.diff_min);
}

void SoftmaxRow(const SoftmaxParams& p, const int8_t* input, int8_t* output) {
  int32_t greatest = INT8_MIN;
  for (int32_t c = 0; c < p.depth; ++c) greatest = -Least(-greatest, -input[c]);

  int32_t sum = 0;  // Q12.19
  for (int32_t c = 0; c < p.depth; ++c) {
    sum +=
        RoundingDivideByPowerOfTwo(ExpOfDifference(p, input[c] - greatest), kSoftmaxSumIntegerBits);
  }

  // sum is 2^unit_bits * (1 + fraction); the row's maximum alone adds 1, so unit_bits is 0 to 11.
  const int32_t headroom = LeadingZeros(sum);
  const int32_t unit_bits = kSoftmaxSumIntegerBits - headroom;
  const uint32_t fraction = (static_cast<uint32_t>(sum) << headroom) - (uint32_t{1} << 31);
  const int32_t scale = ReciprocalOfOnePlus(static_cast<int32_t>(fraction));
  const int32_t exponent = unit_bits + 31 - 8;
  // With 512 or more equals in a row a probability is below half a step: exponents above 31.
  const int32_t seen = ~Sign(31 - exponent);

  for (int32_t c = 0; c < p.depth; ++c) {
    const int32_t e = ExpOfDifference(p, input[c] - greatest) & seen;
    const int32_t probability =  // Q0.8
        RoundingDivideByPowerOfTwo(RoundingDoublingHighMul(scale, e), Least(exponent, 31));
    output[c] = static_cast<int8_t>(Least(probability + INT8_MIN, INT8_MAX));
  }
}

}  // namespace

void Softmax(const SoftmaxParams& params, const int8_t* input, int8_t* output) {
  for (int32_t row = 0; row < params.rows; ++row) {
    SoftmaxRow(params, input + row * params.depth, output + row * params.depth);
  }
}

}  // namespace kinglet::kernels
