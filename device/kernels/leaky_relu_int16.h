// int16 values at a new scale, with a factor of their own for negative ones, clamped: RELU,
// RELU6 and LEAKY_RELU.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct LeakyReluInt16Params {
  int32_t count;
  int32_t positive_multiplier, positive_shift;  // see MultiplyByQuantizedMultiplier
  int32_t negative_multiplier, negative_shift;
  int32_t activation_min, activation_max;
};

// output may be input.
void LeakyReluInt16(const LeakyReluInt16Params& params, const int16_t* input, int16_t* output);

}  // namespace kinglet::kernels
