// Product of two int16 tensors, which stretch to the output's shape.
#pragma once

#include <stdint.h>

#include "device/kernels/mul.h"

namespace kinglet::kernels {

// output may be an input of its shape.
void MulInt16(const MulParams& params, const int16_t* input1, const int16_t* input2,
              int16_t* output);

}  // namespace kinglet::kernels
