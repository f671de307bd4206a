// Cosine transform of a short vector.
#pragma once

#include <stdint.h>

namespace kinglet::dsp {

struct DctTable {
  uint8_t input_count;
  uint8_t output_count;   // 0: not used
  const int16_t* matrix;  // output_count rows of input_count, Q13
};

// output[k] = sum of matrix[k][i] * (input[i] - center), rounded. The caller's table keeps the sum
// within 32 bits: |input - center| * sum of |row| < 2^31.
void Dct(const DctTable& table, const int32_t* input, int32_t center, int32_t* output);

}  // namespace kinglet::dsp
