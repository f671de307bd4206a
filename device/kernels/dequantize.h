// The floats that int8 or int16 elements stand for.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct DequantizeParams {
  int32_t count;
  int32_t scale_bits;  // of the float
  int32_t zero_point;
};

// scale * (input - zero_point)
void Dequantize(const DequantizeParams& params, const int8_t* input, float* output);
void DequantizeInt16(const DequantizeParams& params, const int16_t* input, float* output);

}  // namespace kinglet::kernels
