// Depthwise 2-D convolution of int16 activations with zero point 0, NHWC, and int8 weights scaled
// per output channel.
#pragma once

#include <stdint.h>

#include "device/kernels/depthwise_conv_2d.h"

namespace kinglet::kernels {

// As DepthwiseConv2d, without zero points; the bias is of 64 bits or null.
void DepthwiseConv2dInt16(const DepthwiseConv2dParams& params, const int16_t* input,
                          const int8_t* weights, const int64_t* bias, const int32_t* multipliers,
                          const int8_t* shifts, int16_t* output);

}  // namespace kinglet::kernels
