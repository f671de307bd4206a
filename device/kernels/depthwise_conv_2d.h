// Depthwise 2-D convolution of int8 activations, NHWC, with weights scaled per output channel.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct DepthwiseConv2dParams {
  int32_t batches;
  int32_t input_h, input_w, input_c;
  int32_t output_h, output_w;
  int32_t depth_multiplier;  // output channel c reads input channel c / depth_multiplier
  int32_t filter_h, filter_w;
  int32_t stride_h, stride_w;
  int32_t dilation_h, dilation_w;
  int32_t pad_top, pad_left;  // what lies outside the input counts as the zero point
  int32_t input_zero_point, output_zero_point;
  int32_t activation_min, activation_max;
};

// With C = input_c * depth_multiplier: weights [filter_h, filter_w, C]; bias [C] or null;
// multipliers, shifts [C]; output [batches, output_h, output_w, C]. Writes pixel by pixel and
// channel by channel; of an input pixel's channels it reads again only those whose outputs are
// still to be written.
void DepthwiseConv2d(const DepthwiseConv2dParams& params, const int8_t* input,
                     const int8_t* weights, const int32_t* bias, const int32_t* multipliers,
                     const int8_t* shifts, int8_t* output);

}  // namespace kinglet::kernels
