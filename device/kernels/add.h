// Sum of two int8 tensors of the same shape and different scales.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

// Both inputs, moved by their zero points, are shifted left by kAddLeftShift and brought to a
// common scale before they are added.
inline constexpr int32_t kAddLeftShift = 20;

struct AddParams {
  int32_t count;
  int32_t input1_zero_point, input1_multiplier, input1_shift;
  int32_t input2_zero_point, input2_multiplier, input2_shift;
  int32_t output_zero_point, output_multiplier, output_shift;
  int32_t activation_min, activation_max;
};

// All arrays hold count elements; output may be either input.
void Add(const AddParams& params, const int8_t* input1, const int8_t* input2, int8_t* output);

}  // namespace kinglet::kernels
