// 2-D convolution of int16 activations with zero point 0, NHWC, and int8 weights scaled per output
// channel.
#pragma once

#include <stdint.h>

#include "device/kernels/conv_2d.h"

namespace kinglet::kernels {

// As Conv2d, without zero points; the bias is of 64 bits or null.
void Conv2dInt16(const Conv2dParams& params, const int16_t* input, const int8_t* weights,
                 const int64_t* bias, const int32_t* multipliers, const int8_t* shifts,
                 int16_t* output);

// With a bias of 32 bits the reference sums in 32 bits, modulo 2^32, too.
void Conv2dInt16Bias32(const Conv2dParams& params, const int16_t* input, const int8_t* weights,
                       const int32_t* bias, const int32_t* multipliers, const int8_t* shifts,
                       int16_t* output);

}  // namespace kinglet::kernels
