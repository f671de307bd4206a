// 2-D convolution of int8 activations, NHWC, with weights scaled per output channel.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct Conv2dParams {
  int32_t batches;
  int32_t input_h, input_w, input_c;
  int32_t output_h, output_w, output_c;
  int32_t filter_h, filter_w;
  int32_t groups;  // divides input_c and output_c; a filter sees input_c / groups channels
  int32_t stride_h, stride_w;
  int32_t dilation_h, dilation_w;
  int32_t pad_top, pad_left;  // what lies outside the input counts as the zero point
  int32_t input_zero_point, output_zero_point;
  int32_t activation_min, activation_max;
};

// weights: [output_c, filter_h, filter_w, input_c / groups]; bias: [output_c] or null; multipliers,
// shifts: [output_c], see MultiplyByQuantizedMultiplier. Writes output pixels in order; until a
// pixel is written whole it reads everything under the pixel's window.
void Conv2d(const Conv2dParams& params, const int8_t* input, const int8_t* weights,
            const int32_t* bias, const int32_t* multipliers, const int8_t* shifts, int8_t* output);

}  // namespace kinglet::kernels
