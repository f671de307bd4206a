// 2-D convolution for Helium, two output pixels and four channels at a time: VMLADAVA adds sixteen
// products, so eight sums of sixteen elements each take eight of them, two loads of inputs and one
// of weights.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct VectorConv2dParams {
  int32_t input_h, input_w, input_c;
  int32_t output_h, output_w, output_c;
  int32_t filter_h, filter_w;
  int32_t stride_h, stride_w;
  int32_t dilation_h, dilation_w;
  int32_t pad_top, pad_left;  // what lies outside the input counts as the zero point
  int32_t input_zero_point;
  int32_t output_zero_point;
  int32_t activation_min, activation_max;
};

// packed: per group of four output channels, from the last (filled up with zeros) to the first: the
// biases with the input's zero point in them; for each sixteen elements of the window (padded with
// zeros) those of the four channels; the multipliers; the shifts, all negative. scratch:
// VectorConv2dScratchBytes(params). Output pixels are written in pairs, in order, with up to 3
// bytes behind each. A window of one tap is read where it lies, up to 15 bytes beyond its end,
// until its pair is written; others are gathered before that.
void VectorConv2d(const VectorConv2dParams& params, const int8_t* input, const int32_t* packed,
                  int8_t* scratch, int8_t* output);
// The same for activations that begin at the output's zero point or above.
void VectorConv2dRectified(const VectorConv2dParams& params, const int8_t* input,
                           const int32_t* packed, int8_t* scratch, int8_t* output);

inline int32_t VectorConv2dBlocks(const VectorConv2dParams& p) {
  return (p.filter_h * p.filter_w * p.input_c + 15) / 16;
}
// True if the windows need not be gathered: one tap, never outside the input.
inline bool VectorConv2dReadsInPlace(const VectorConv2dParams& p) {
  return p.filter_h == 1 && p.filter_w == 1 && p.pad_top == 0 && p.pad_left == 0 &&
         (p.output_h - 1) * p.stride_h < p.input_h && (p.output_w - 1) * p.stride_w < p.input_w;
}
// The windows of two pixels.
inline int32_t VectorConv2dScratchBytes(const VectorConv2dParams& p) {
  return VectorConv2dReadsInPlace(p) ? 0 : 32 * VectorConv2dBlocks(p);
}

}  // namespace kinglet::kernels
