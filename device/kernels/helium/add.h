// Sum of two int8 tensors of the same shape for Helium, four elements at a time. The input of the
// larger scale needs no rounding: its multiplier is a half.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct VectorAddParams {
  int32_t count;
  int32_t wide_zero_point;                                     // of the input of the larger scale
  int32_t narrow_zero_point, narrow_multiplier, narrow_shift;  // shift: negative, 0 for a half
  int32_t output_zero_point, output_multiplier, output_shift;  // shift: negative
  int32_t activation_min, activation_max;
};

// All arrays hold count elements; output may be either input, or lie before it.
void VectorAdd(const VectorAddParams& params, const int8_t* wide, const int8_t* narrow,
               int8_t* output);

}  // namespace kinglet::kernels
