// Transposed 2-D convolution, NHWC, with weights scaled per output channel: each input pixel adds
// its multiple of the filter to the output pixels under it.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct TransposeConv2dParams {
  int32_t batches;
  int32_t input_h, input_w, input_c;
  int32_t output_h, output_w, output_c;
  int32_t filter_h, filter_w;
  int32_t stride_h, stride_w;  // from the filter of one input pixel to the next's, in the output
  int32_t pad_top, pad_left;   // how far the first filter begins outside of the output
  int32_t input_zero_point, output_zero_point;
  int32_t activation_min, activation_max;
};

// weights: [output_c, filter_h, filter_w, input_c]; bias: [output_c] or null; multipliers, shifts:
// [output_c], see MultiplyByQuantizedMultiplier. Writes output pixels in order; until a pixel is
// written whole it reads all input pixels whose filters cover it.
void TransposeConv2d(const TransposeConv2dParams& params, const int8_t* input,
                     const int8_t* weights, const int32_t* bias, const int32_t* multipliers,
                     const int8_t* shifts, int8_t* output);

}  // namespace kinglet::kernels
