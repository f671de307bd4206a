// Difference of two int16 tensors of different scales, which stretch to the output's shape.
#pragma once

#include <stdint.h>

#include "device/kernels/sum.h"

namespace kinglet::kernels {

// output may be an input of its shape.
void SubInt16(const SumParams& params, const int16_t* input1, const int16_t* input2,
              int16_t* output);

}  // namespace kinglet::kernels
