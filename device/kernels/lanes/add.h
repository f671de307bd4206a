// Sum of two int8 tensors of the same shape and different scales, without 64-bit products and
// branches: for processors that multiply 32-bit words.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

// As AddParams, with right shifts, 0 to 30. Both input multipliers are at most 1/2: 2^30, or less
// with a right shift.
struct LanesAddParams {
  int32_t count;
  int32_t input1_zero_point, input1_multiplier, input1_right_shift;
  int32_t input2_zero_point, input2_multiplier, input2_right_shift;
  int32_t output_zero_point, output_multiplier, output_right_shift;
  int32_t activation_min, activation_max;
};

// All arrays hold count elements; output may be either input.
void LanesAdd(const LanesAddParams& params, const int8_t* input1, const int8_t* input2,
              int8_t* output);

}  // namespace kinglet::kernels
