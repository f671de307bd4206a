// A fully connected layer of one scale for Helium, eight outputs at a time; conv_2d.h explains the
// loop.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct VectorFullyConnectedParams {
  int32_t batches, input_size, output_size;
  int32_t output_zero_point;
  int32_t multiplier, shift;  // shift: negative
  int32_t activation_min, activation_max;
};

// packed: per group of eight outputs (the last followed by zeros) the biases with the input's zero
// point in them, and for each sixteen inputs (padded with zeros) the weights of the eight outputs.
// Reads up to 15 bytes behind the input and writes up to 7 behind the output. Writes outputs in
// groups of eight, in order, each after it has read all inputs of its batch.
void VectorFullyConnected(const VectorFullyConnectedParams& params, const int8_t* input,
                          const int32_t* packed, int8_t* output);

}  // namespace kinglet::kernels
