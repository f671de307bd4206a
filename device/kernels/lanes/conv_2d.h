// 2-D convolution for processors that multiply 32-bit words and have no SIMD (Armv6-M, RV32IMC),
// four output pixels at a time.
//
// A word holds the inputs of two pixels, x0 + 65536 * x1, so one multiplication by a weight makes
// two products. Sums in both halves stay apart as long as each fits 16 bits; how many taps that
// are, the compiler knows from the weights: it cuts each filter into blocks of as many as are
// proven to fit, and after each block the halves are added to 32-bit sums.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct LanesConv2dParams {
  int32_t input_h, input_w, input_c;
  int32_t output_h, output_w, output_c;
  int32_t filter_h, filter_w;
  int32_t stride_h, stride_w;
  int32_t dilation_h, dilation_w;
  int32_t pad_top, pad_left;  // what lies outside the input counts as the zero point
  int32_t input_zero_point;
  int32_t output_zero_point;
  int32_t activation_min, activation_max;
  int32_t piece_bits;  // see scale.h
};

// weights: per output channel the number of its blocks; per block 8 - its pairs of taps, then the
// weights of those; then 9. An odd last tap has a weight 0 behind it. channels: per output channel
// the words of scale.h. scratch: LanesConv2dScratchBytes(params), at a multiple of 4. Output pixels
// are written in groups of four, in order; a group's windows are read before it is written.
void LanesConv2d(const LanesConv2dParams& params, const int8_t* input, const int8_t* weights,
                 const int32_t* channels, int32_t* scratch, int8_t* output);

inline int32_t LanesConv2dTaps(const LanesConv2dParams& p) {
  return p.filter_h * p.filter_w * p.input_c;
}

// True if any window reaches outside the input.
inline bool LanesConv2dPads(const LanesConv2dParams& p) {
  const int32_t last_y =
      (p.output_h - 1) * p.stride_h - p.pad_top + (p.filter_h - 1) * p.dilation_h;
  const int32_t last_x =
      (p.output_w - 1) * p.stride_w - p.pad_left + (p.filter_w - 1) * p.dilation_w;
  return p.pad_top > 0 || p.pad_left > 0 || last_y >= p.input_h || last_x >= p.input_w;
}

// Two words for each tap, and an input pixel of zero points.
inline int32_t LanesConv2dScratchBytes(const LanesConv2dParams& p) {
  return (LanesConv2dTaps(p) + 1) / 2 * 16 + (LanesConv2dPads(p) ? p.input_c : 0);
}

}  // namespace kinglet::kernels
