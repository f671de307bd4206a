// Fully connected layers of int8 activations: one weight scale for the layer, or one per output.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct FullyConnectedParams {
  int32_t batches;
  int32_t input_size, output_size;
  int32_t input_zero_point, output_zero_point;
  int32_t multiplier, shift;  // see MultiplyByQuantizedMultiplier
  int32_t activation_min, activation_max;
};

// input [batches, input_size]; weights [output_size, input_size]; bias [output_size] or null;
// output [batches, output_size].
void FullyConnected(const FullyConnectedParams& params, const int8_t* input, const int8_t* weights,
                    const int32_t* bias, int8_t* output);

struct FullyConnectedPerChannelParams {
  int32_t batches;
  int32_t input_size, output_size;
  int32_t input_zero_point, output_zero_point;
  int32_t activation_min, activation_max;
};

// The same with multipliers and shifts [output_size].
void FullyConnectedPerChannel(const FullyConnectedPerChannelParams& params, const int8_t* input,
                              const int8_t* weights, const int32_t* bias,
                              const int32_t* multipliers, const int8_t* shifts, int8_t* output);

}  // namespace kinglet::kernels
