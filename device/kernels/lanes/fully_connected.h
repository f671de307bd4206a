// Fully connected layers for processors that multiply 32-bit words and have no SIMD, four outputs
// at a time.
//
// A word has the weights of four outputs for one input, each with 128 added. The word times the
// input, and its second and fourth byte times the input, hold between them two sums in the halves
// of each word (see conv_2d.h): the first less 256 times the second is the sums of the first and
// third byte. What the 128 add is the same for all outputs and computed once.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct LanesFullyConnectedParams {
  int32_t batches, input_size, output_size;
  int32_t output_zero_point;
  int32_t activation_min, activation_max;
  int32_t piece_bits;   // see scale.h
  int32_t scale_words;  // 0 if all outputs share a scale, else 2
  int32_t blocks;
};

// The number of inputs of each block, blocks: up to 16. weights: per group of four outputs (the
// last is followed by zeros) a word for each input. biases: one for each output, also of the last
// group; scales: of each, or for all, the multiplier and last word of scale.h. scratch:
// LanesFullyConnectedScratchBytes(params), at a multiple of 4. Writes outputs in groups of four, in
// order, each after it has read all inputs of its batch.
void LanesFullyConnected(const LanesFullyConnectedParams& params, const int8_t* input,
                         const int32_t* weights, const int32_t* biases, const int32_t* scales,
                         const int8_t* blocks, int32_t* scratch, int8_t* output);

inline int32_t LanesFullyConnectedScratchBytes(const LanesFullyConnectedParams& p) {
  return 4 * (2 * p.blocks + 1);
}

}  // namespace kinglet::kernels
