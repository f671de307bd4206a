// The smaller or greater of two tensors' elements, which stretch to the output's shape. The numbers
// are compared as they stand: both tensors and the output have one scale.
#pragma once

#include <stdint.h>

#include "device/kernels/broadcast.h"

namespace kinglet::kernels {

struct ExtremumParams {
  int32_t sizes[kBroadcastRank];
  int32_t steps1[kBroadcastRank];
  int32_t steps2[kBroadcastRank];
};

// output may be an input of its shape.
void Minimum(const ExtremumParams& params, const int8_t* input1, const int8_t* input2,
             int8_t* output);
void Maximum(const ExtremumParams& params, const int8_t* input1, const int8_t* input2,
             int8_t* output);

}  // namespace kinglet::kernels
