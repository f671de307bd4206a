// Sum of two int8 tensors of different scales, which stretch to the output's shape.
#pragma once

#include <stdint.h>

#include "device/kernels/sum.h"

namespace kinglet::kernels {

// output may be an input of its shape.
void AddBroadcast(const SumParams& params, const int8_t* input1, const int8_t* input2,
                  int8_t* output);

}  // namespace kinglet::kernels
