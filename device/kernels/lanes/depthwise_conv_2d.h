// Depthwise 2-D convolution for processors that multiply 32-bit words and have no SIMD, channel by
// channel, two output rows at a time: a word holds one channel's inputs for both (see conv_2d.h).
//
// The output is made in bands of 2 * band_rows rows. A strip of words holds what the band's windows
// see of one channel, with the padding around it: the lower halves for the band's first band_rows
// rows, the upper halves for its last.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct LanesDepthwiseParams {
  int32_t input_h, input_w, input_c;
  int32_t output_h, output_w;
  int32_t depth_multiplier;  // output channel c reads input channel c / depth_multiplier
  int32_t filter_h, filter_w;
  int32_t stride_h, stride_w;
  int32_t dilation_h, dilation_w;
  int32_t pad_top, pad_left;  // what lies outside the input counts as the zero point
  int32_t input_zero_point, output_zero_point;
  int32_t activation_min, activation_max;
  int32_t piece_bits;  // see scale.h
  int32_t band_rows;
  int32_t blocks_max;  // of a filter
};

// Rows of the input that a window spans, and the size of a strip.
inline int32_t LanesDepthwiseWindowRows(const LanesDepthwiseParams& p) {
  return (p.filter_h - 1) * p.dilation_h + 1;
}
inline int32_t LanesDepthwiseStripRows(const LanesDepthwiseParams& p) {
  return (p.band_rows - 1) * p.stride_h + LanesDepthwiseWindowRows(p);
}
inline int32_t LanesDepthwiseStripColumns(const LanesDepthwiseParams& p) {
  return (p.output_w - 1) * p.stride_w + (p.filter_w - 1) * p.dilation_w + 1;
}
inline int32_t LanesDepthwiseStripWords(const LanesDepthwiseParams& p) {
  return LanesDepthwiseStripRows(p) * LanesDepthwiseStripColumns(p);
}
// A strip, and a filter unpacked.
inline int32_t LanesDepthwiseScratchBytes(const LanesDepthwiseParams& p) {
  return 4 * (LanesDepthwiseStripWords(p) + 2 * p.filter_h * p.filter_w + p.blocks_max + 1);
}

// weights: per output channel its blocks, each a number of taps (up to 16) and their weights; then
// 0. channels: the words of scale.h. scratch: LanesDepthwiseScratchBytes(params), at a multiple of
// 4.
//
// With depth_multiplier 1, output_w <= input_w, pad_top below LanesDepthwiseWindowRows and, if
// there are several bands, at most band_rows * stride_h, the output may be the input or begin
// before it: rows are in the strip before they are overwritten, and an input that lies a broken
// number of pixels behind the output is moved first.
void LanesDepthwise(const LanesDepthwiseParams& params, const int8_t* input, const int8_t* weights,
                    const int32_t* channels, int32_t* scratch, int8_t* output);

}  // namespace kinglet::kernels
