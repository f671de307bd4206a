// Fully connected layers for Armv7E-M, four outputs at a time. Inputs are widened as
// they are read; conv_2d.h explains the form of inputs and weights.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct TiledFullyConnectedParams {
  int32_t batches, input_size, output_size;
  int32_t output_zero_point;
  int32_t multiplier, shift;  // right shift - 1
  int32_t activation_min, activation_max;
};

// packed: per group of four outputs (the last followed by zeros) for each four inputs (padded with
// zeros) the words h of the four outputs; then twice their biases. Reads up to 3 bytes behind the
// input and writes up to 3 behind the output. Writes outputs in groups of four, in order, each
// after it has read all inputs of its batch.
void TiledFullyConnected(const TiledFullyConnectedParams& params, const int8_t* input,
                         const int32_t* packed, int8_t* output);

struct TiledFullyConnectedPerChannelParams {
  int32_t batches, input_size, output_size;
  int32_t output_zero_point;
  int32_t activation_min, activation_max;
};

// The same with a scale for each output: behind the words of four outputs stand of each twice its
// bias, its multiplier, and its right shift - 1.
void TiledFullyConnectedPerChannel(const TiledFullyConnectedPerChannelParams& params,
                                   const int8_t* input, const int32_t* packed, int8_t* output);

}  // namespace kinglet::kernels
