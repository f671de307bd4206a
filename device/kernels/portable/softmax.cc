#include "device/kernels/softmax.h"

#include "device/kernels/fixed_point.h"
#include "device/kernels/requantize.h"

namespace kinglet::kernels {
namespace {

int32_t LeadingZeros(uint32_t x) {
  int32_t zeros = 0;
  for (uint32_t bit = uint32_t{1} << 31; (x & bit) == 0 && bit != 0; bit >>= 1) ++zeros;
  return zeros;
}

int32_t ExpOfDifference(const SoftmaxParams& p, int32_t difference) {
  return ExpOfNegative<kSoftmaxDiffIntegerBits>(SaturatingRoundingDoublingHighMul(
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
