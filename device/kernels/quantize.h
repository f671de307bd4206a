// Floats as int8 or int16, and integers at another scale. Changes of scale between int8 types are
// lookups.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct QuantizeParams {
  int32_t count;
  int32_t scale_bits;  // of the float
  int32_t zero_point;
};

// round(input / scale) + zero_point, halves away from zero, saturating; NaN gives the least value.
void Quantize(const QuantizeParams& params, const float* input, int8_t* output);
void QuantizeInt16(const QuantizeParams& params, const float* input, int16_t* output);

struct RescaleParams {
  int32_t count;
  int32_t input_zero_point, output_zero_point;
  int32_t multiplier, shift;  // see MultiplyByQuantizedMultiplier
};

void RescaleInt8ToInt16(const RescaleParams& params, const int8_t* input, int16_t* output);
void RescaleInt8ToInt32(const RescaleParams& params, const int8_t* input, int32_t* output);
void RescaleInt16ToInt8(const RescaleParams& params, const int16_t* input, int8_t* output);
// output may be input.
void RescaleInt16(const RescaleParams& params, const int16_t* input, int16_t* output);
void RescaleInt16ToInt32(const RescaleParams& params, const int16_t* input, int32_t* output);

}  // namespace kinglet::kernels
