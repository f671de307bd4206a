// Cosine transform of a short row.
#pragma once

#include <stdint.h>

namespace kinglet::dsp {

struct DctTable {
  uint8_t input_count;
  uint8_t output_count;   // 0: not used
  const int16_t* matrix;  // output_count rows of input_count, Q13
};

// output[k] = half the sum of matrix[k][i] * (input[i] - center), rounded and saturated: inputs in
// steps of 1/8 give outputs in steps of 1/4. |input - center| <= 256 and a row's magnitudes sum to
// less than 2^22, so 32 bits hold the sum.
void Dct(const DctTable& table, const int8_t* input, int32_t center, int8_t* output);

}  // namespace kinglet::dsp
