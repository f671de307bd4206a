// int8 rectifier with slopes of its own for negative values, which stretch to the output's shape.
#pragma once

#include <stdint.h>

#include "device/kernels/broadcast.h"

namespace kinglet::kernels {

struct PreluParams {
  int32_t sizes[kBroadcastRank];
  int32_t steps1[kBroadcastRank];
  int32_t steps2[kBroadcastRank];
  int32_t input_zero_point, slope_zero_point, output_zero_point;
  int32_t positive_multiplier, positive_shift;  // see MultiplyByQuantizedMultiplier
  int32_t negative_multiplier, negative_shift;  // of input times slope
};

// output may be input if that has its shape.
void Prelu(const PreluParams& params, const int8_t* input, const int8_t* slopes, int8_t* output);

}  // namespace kinglet::kernels
