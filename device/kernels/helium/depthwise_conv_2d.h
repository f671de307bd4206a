// Depthwise 2-D convolution for Helium with filters of up to four by four taps. Lanes are taps: of
// four channels, four rows are laid out column by column, so that sixteen neighbouring words are a
// window of four by four; VLD4 takes the channels apart and one VMLADAVA is a whole filter. Where
// rows overlap and filters have up to three, the same window gives two outputs below each other.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct VectorDepthwiseConv2dParams {
  int32_t input_h, input_w, channels;
  int32_t output_h, output_w;
  int32_t filter_h, filter_w;  // 1 to 4
  int32_t stride_h, stride_w;
  int32_t dilation_h;         // that of columns is 1
  int32_t pad_top, pad_left;  // what lies outside the input counts as the zero point; pad_left to 3
  int32_t input_zero_point;
  int32_t output_zero_point;
  int32_t activation_min, activation_max;
};

// packed: per group of four channels, from the last (filled up with zeros) to the first, 29 words:
// the biases with the input's zero point in them; the multipliers; the shifts, all negative; a
// zero; of each channel its taps column by column, four (up to three taps and a zero when two rows
// are done at once) in each of four columns. scratch: VectorDepthwiseScratchBytes(params). Reads up
// to 3 bytes behind the input and writes up to 3 behind the output. Writes bands of one or two
// output rows, VectorDepthwiseRows(params), from the last to the first when the output lies behind
// the input and channels are a multiple of four, else from the first to the last. Until a band is
// written it reads all of the band's input rows.
void VectorDepthwiseOneRow(const VectorDepthwiseConv2dParams& params, const int8_t* input,
                           const int32_t* packed, int32_t* scratch, int8_t* output);
void VectorDepthwiseTwoRows(const VectorDepthwiseConv2dParams& params, const int8_t* input,
                            const int32_t* packed, int32_t* scratch, int8_t* output);
// The same for activations that begin at the output's zero point or above.
void VectorDepthwiseOneRowRectified(const VectorDepthwiseConv2dParams& params, const int8_t* input,
                                    const int32_t* packed, int32_t* scratch, int8_t* output);
void VectorDepthwiseTwoRowsRectified(const VectorDepthwiseConv2dParams& params, const int8_t* input,
                                     const int32_t* packed, int32_t* scratch, int8_t* output);

// With fewer than four channels, what is written behind the end of a row would spoil the next one.
inline int32_t VectorDepthwiseRows(const VectorDepthwiseConv2dParams& p) {
  return p.stride_h == 1 && p.dilation_h == 1 && p.filter_h <= 3 && p.channels >= 4 ? 2 : 1;
}
inline int32_t VectorDepthwiseStripColumns(const VectorDepthwiseConv2dParams& p) {
  return (p.output_w - 1) * p.stride_w + 4;
}
// Four rows of four channels.
inline int32_t VectorDepthwiseScratchBytes(const VectorDepthwiseConv2dParams& p) {
  return 16 * VectorDepthwiseStripColumns(p);
}

}  // namespace kinglet::kernels
