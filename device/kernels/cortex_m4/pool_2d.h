// Mean and maximum over windows of an int8 tensor, NHWC, for Armv7E-M: four channels at a time, in
// the halfwords or bytes of one register.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct QuadPool2dParams {
  int32_t batches;
  int32_t input_h, input_w;
  int32_t output_h, output_w;
  int32_t channels;
  int32_t filter_h, filter_w;
  int32_t stride_h, stride_w;
  int32_t pad_top, pad_left;  // what lies outside the input is left out
  int32_t activation_min, activation_max;
};

// The most elements of a window of which the sum fits a halfword.
inline constexpr int32_t kQuadAverageElementsMax = 255;

// Every window must hold at least one element of the input and, for the mean, at most
// kQuadAverageElementsMax. The mean rounds halves away from zero. Both write in order; of a pixel's
// channels they read again only those whose outputs are still to be written.
void QuadAveragePool2d(const QuadPool2dParams& params, const int8_t* input, int8_t* output);
void QuadMaxPool2d(const QuadPool2dParams& params, const int8_t* input, int8_t* output);

}  // namespace kinglet::kernels
