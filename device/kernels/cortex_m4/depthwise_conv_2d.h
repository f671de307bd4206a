// Depthwise 2-D convolution for Armv7E-M, channel by channel: rows of one channel are widened to 16
// bits into a strip, with the padding around them, and SMLAD does two taps a row in one
// instruction.
//
// Three taps w0 w1 w2 become the words (w0, w1) and (w1, w2). With the words a = (x0, x1) and
// b = (x2, x3) of a row two neighbouring outputs are a * (w0, w1) + x2 * w2 and x1 * w0 + b * (w1,
// w2): four instructions. A row of more taps is cut into triples that begin at every second tap;
// the first tap of all but the first triple is 0.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct StripDepthwiseParams {
  int32_t input_h, input_w, input_c;
  int32_t output_h, output_w;
  int32_t depth_multiplier;  // output channel c reads input channel c / depth_multiplier
  int32_t filter_h, filter_w;
  int32_t stride_h, stride_w;  // stride_w: 1 or 2, as the kernel's name says
  int32_t dilation_h;
  int32_t pad_top, pad_left;  // what lies outside the input counts as the zero point
  int32_t input_zero_point, output_zero_point;
  int32_t activation_min, activation_max;
};

// The number is how many outputs of a row are computed together. 5 and 3 are for rows of just so
// many. All but AnyFilter are for filters of three rows and up to three columns.
//
// packed: for each output channel twice its bias (with the input's zero point in it), its
// multiplier, and for each triple of taps the bytes w0, w1, w2 and, in the first, the right shift -
// 1. scratch: StripDepthwiseScratchBytes(params) at a multiple of 4.
//
// With depth_multiplier 1, output_w <= input_w and pad_top below the window's height the output may
// be the input or begin before it: a channel's rows are widened before they are overwritten, and an
// input that lies a broken number of pixels behind the output is moved first.
void StripDepthwise6(const StripDepthwiseParams& params, const int8_t* input, const int32_t* packed,
                     int32_t* scratch, int8_t* output);
void StripDepthwise5(const StripDepthwiseParams& params, const int8_t* input, const int32_t* packed,
                     int32_t* scratch, int8_t* output);
void StripDepthwise4(const StripDepthwiseParams& params, const int8_t* input, const int32_t* packed,
                     int32_t* scratch, int8_t* output);
void StripDepthwise3(const StripDepthwiseParams& params, const int8_t* input, const int32_t* packed,
                     int32_t* scratch, int8_t* output);
void StripDepthwiseAnyFilter(const StripDepthwiseParams& params, const int8_t* input,
                             const int32_t* packed, int32_t* scratch, int8_t* output);
void StripDepthwise6Stride2(const StripDepthwiseParams& params, const int8_t* input,
                            const int32_t* packed, int32_t* scratch, int8_t* output);
void StripDepthwise4Stride2(const StripDepthwiseParams& params, const int8_t* input,
                            const int32_t* packed, int32_t* scratch, int8_t* output);
void StripDepthwise3Stride2(const StripDepthwiseParams& params, const int8_t* input,
                            const int32_t* packed, int32_t* scratch, int8_t* output);
void StripDepthwiseAnyFilterStride2(const StripDepthwiseParams& params, const int8_t* input,
                                    const int32_t* packed, int32_t* scratch, int8_t* output);

// Triples of a row of taps.
inline int32_t StripDepthwiseTriples(const StripDepthwiseParams& p) {
  return p.filter_w < 4 ? 1 : p.filter_w / 2;
}
inline int32_t StripDepthwiseWindowHeight(const StripDepthwiseParams& p) {
  return (p.filter_h - 1) * p.dilation_h + 1;
}

// A strip has all rows of the padded input when they need no more than this, or else as many as fit
// (or one window).
inline constexpr int32_t kStripDepthwiseBytes = 1024;
// Bytes of a row: a multiple of 16, so that rows are moved in whole turns of a loop.
inline int32_t StripDepthwisePitch(const StripDepthwiseParams& p) {
  const int32_t columns = (p.output_w - 1) * p.stride_w + 2 * StripDepthwiseTriples(p) + 1;
  return (2 * columns + 15) / 16 * 16;
}
inline int32_t StripDepthwiseRows(const StripDepthwiseParams& p) {
  const int32_t window = StripDepthwiseWindowHeight(p);
  const int32_t all = (p.output_h - 1) * p.stride_h + window;
  const int32_t fit = kStripDepthwiseBytes / StripDepthwisePitch(p);
  return all <= fit ? all : fit < window ? window : fit;
}
// The last outputs of a row may read up to 28 bytes behind it.
inline constexpr int32_t kStripDepthwiseTailBytes = 32;
inline int32_t StripDepthwiseScratchBytes(const StripDepthwiseParams& p) {
  return StripDepthwiseRows(p) * StripDepthwisePitch(p) + kStripDepthwiseTailBytes +
         8 * p.filter_h * StripDepthwiseTriples(p);
}

}  // namespace kinglet::kernels
