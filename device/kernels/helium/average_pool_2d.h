// Mean over windows of an int8 tensor for Helium, eight channels at a time.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

// A sum of this many elements has 16 bits.
inline constexpr int32_t kVectorPoolElementsMax = 256;

struct VectorAveragePool2dParams {
  int32_t input_h, input_w;
  int32_t output_h, output_w;
  int32_t channels;
  int32_t filter_h, filter_w;  // of at most kVectorPoolElementsMax elements
  int32_t stride_h, stride_w;
  int32_t pad_top, pad_left;  // what lies outside the input is left out of the mean
  int32_t activation_min, activation_max;
};

// Every window must hold at least one element of the input. Rounds halves away from zero. Reads up
// to 7 bytes behind the input. Writes in order; of a pixel's channels it reads again only those
// whose outputs are still to be written.
void VectorAveragePool2d(const VectorAveragePool2dParams& params, const int8_t* input,
                         int8_t* output);

}  // namespace kinglet::kernels
