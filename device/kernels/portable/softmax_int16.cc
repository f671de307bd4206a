#include "device/kernels/softmax_int16.h"

#include "device/kernels/requantize.h"

namespace kinglet::kernels {
namespace {

// Counts without a branch.
int32_t LeadingZeros(uint32_t x) {
  int32_t zeros = 0;
  for (int32_t bit = 0; bit < 32; ++bit) zeros += (x >> bit) == 0 ? 1 : 0;
  return zeros;
}

int32_t ToInt16(int32_t x) { return Clamp(x, INT16_MIN, INT16_MAX); }

// The table's function of an int16 value, on the line between its neighbouring entries.
int16_t Interpolated(int32_t value, const int16_t* table) {
  const int16_t* entry = table + 256 + (value >> 7);
  const int32_t slope = entry[1] - entry[0];
  return static_cast<int16_t>(entry[0] + ((slope * (value & 127) + 64) >> 7));
}

void SoftmaxRow(const SoftmaxInt16Params& p, const int16_t* input, const int16_t* exp_table,
                const int16_t* reciprocal_table, int16_t* output) {
  int32_t greatest = INT16_MIN;
  for (int32_t c = 0; c < p.depth; ++c) greatest = Max(greatest, input[c]);

  uint32_t sum = 0;  // Q16.15; the exponentials stay in the output until they are scaled
  for (int32_t c = 0; c < p.depth; ++c) {
    const int32_t steps =
        MultiplyByQuantizedMultiplier(input[c] - greatest, p.input_multiplier, p.input_shift);
    output[c] = Interpolated(ToInt16(steps + INT16_MAX), exp_table);
    sum += static_cast<uint32_t>(output[c]);
  }

  // sum is 2^(16 - headroom) * (1 + x); the row's maximum alone adds almost 1, so it is not 0.
  const int32_t headroom = LeadingZeros(sum);
  const int32_t one_plus_x =  // Q1.16
      static_cast<int32_t>(((sum << (headroom - 1)) + (1 << 13)) >> 14);
  const int32_t reciprocal =
      Interpolated(ToInt16(one_plus_x - (1 << 16) - (1 << 15)), reciprocal_table);

  const int32_t shift = 31 - headroom;
  const int64_t half = int64_t{1} << (shift - 1);
  for (int32_t c = 0; c < p.depth; ++c) {
    const int32_t probability = static_cast<int32_t>((output[c] * reciprocal + half) >> shift);
    output[c] = static_cast<int16_t>(Clamp(probability, 0, INT16_MAX));
  }
}

}  // namespace

void SoftmaxInt16(const SoftmaxInt16Params& params, const int16_t* input, const int16_t* exp_table,
                  const int16_t* reciprocal_table, int16_t* output) {
  for (int32_t row = 0; row < params.rows; ++row) {
    SoftmaxRow(params, input + row * params.depth, exp_table, reciprocal_table,
               output + row * params.depth);
  }
}

}  // namespace kinglet::kernels
