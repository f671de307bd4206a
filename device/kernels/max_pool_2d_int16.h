// Greatest element over windows of an int16 tensor, NHWC; input and output share one scale.
#pragma once

#include <stdint.h>

#include "device/kernels/max_pool_2d.h"

namespace kinglet::kernels {

// As MaxPool2d.
void MaxPool2dInt16(const MaxPool2dParams& params, const int16_t* input, int16_t* output);

}  // namespace kinglet::kernels
