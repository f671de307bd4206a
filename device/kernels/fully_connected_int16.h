// Fully connected layers of int16 activations with zero point 0 and int8 weights.
#pragma once

#include <stdint.h>

#include "device/kernels/fully_connected.h"

namespace kinglet::kernels {

// As FullyConnectedPerChannel, without zero points; the bias is of 64 bits or null.
void FullyConnectedInt16(const FullyConnectedPerChannelParams& params, const int16_t* input,
                         const int8_t* weights, const int64_t* bias, const int32_t* multipliers,
                         const int8_t* shifts, int16_t* output);

// With a bias of 32 bits the reference sums in 32 bits, modulo 2^32, too.
void FullyConnectedInt16Bias32(const FullyConnectedPerChannelParams& params, const int16_t* input,
                               const int8_t* weights, const int32_t* bias,
                               const int32_t* multipliers, const int8_t* shifts, int16_t* output);

}  // namespace kinglet::kernels
