// Product of two int8 tensors, which stretch to the output's shape.
#pragma once

#include <stdint.h>

#include "device/kernels/broadcast.h"

namespace kinglet::kernels {

struct MulParams {
  int32_t sizes[kBroadcastRank];
  int32_t steps1[kBroadcastRank];
  int32_t steps2[kBroadcastRank];
  int32_t input1_zero_point, input2_zero_point, output_zero_point;
  int32_t multiplier, shift;  // see MultiplyByQuantizedMultiplier
  int32_t activation_min, activation_max;
};

// output may be an input of its shape.
void Mul(const MulParams& params, const int8_t* input1, const int8_t* input2, int8_t* output);

}  // namespace kinglet::kernels
