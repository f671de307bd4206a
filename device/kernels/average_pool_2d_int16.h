// Mean over windows of an int16 tensor, NHWC; input and output share one scale.
#pragma once

#include <stdint.h>

#include "device/kernels/average_pool_2d.h"

namespace kinglet::kernels {

// With more elements in a window a sum of 32 bits could overflow before it is divided.
inline constexpr int32_t kAveragePool2dInt16WindowMax = 65535;

// As AveragePool2d; windows of up to kAveragePool2dInt16WindowMax elements.
void AveragePool2dInt16(const AveragePool2dParams& params, const int16_t* input, int16_t* output);

}  // namespace kinglet::kernels
