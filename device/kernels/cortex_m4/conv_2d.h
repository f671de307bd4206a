// 2-D convolution for Armv7E-M, four output pixels and two channels at a time: the windows of four
// pixels are gathered into a tile, widened to 16 bits, and SMLAD does two products an instruction.
//
// Widening is the cost of int8 on this core, so weights and inputs are kept in a form that needs
// the least of it. Four neighbouring inputs x0..x3 become two words of halfwords
//   a = (x1, x3)   b = (256 * x0 + 127 - x1, 256 * x2 + 127 - x3)
// and four weights the word h = (256 * w1 + w0, 256 * w3 + w2), which is the four bytes with
// borrows. Then h * a + SXTB16(h) * b = 256 * (w0 * x0 + ... + w3 * x3) + 127 * (w0 + w2): one
// SXTB16 for four weights. The constant is part of the packed bias. Sums are 256 times too large,
// so they must stay below 2^23; the compiler proves it of each channel or takes another kernel.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct TiledConv2dParams {
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

// A run is a part of a window that lies together in the input: a row of taps, or one tap when they
// are dilated. packed: per pair of output channels (an odd last one is followed by zeros) and four
// elements of a run, each run padded with zeros to a multiple of four, the words h of both
// channels; then of each channel twice its bias, its multiplier, and its right shift - 1.
// scratch: TiledConv2dScratchBytes(params). input, scratch: at any address, at a multiple of 4.
// Reads up to 3 bytes behind the input. Output pixels are written in groups of four, in order; a
// group's windows are read before it is written.
void TiledConv2d(const TiledConv2dParams& params, const int8_t* input, const int32_t* packed,
                 int32_t* scratch, int8_t* output);

// Elements of a run, and runs of a window.
inline int32_t TiledConv2dRunLength(const TiledConv2dParams& p) {
  return p.dilation_w == 1 ? p.filter_w * p.input_c : p.input_c;
}
inline int32_t TiledConv2dRuns(const TiledConv2dParams& p) {
  return p.dilation_w == 1 ? p.filter_h : p.filter_h * p.filter_w;
}
inline int32_t TiledConv2dQuads(const TiledConv2dParams& p) {
  return TiledConv2dRuns(p) * ((TiledConv2dRunLength(p) + 3) / 4);
}

// A tile of 32 bytes per four elements of a window; one run when it cannot be widened in parts;
// eight outputs of a last odd channel and the one that is not there.
inline int32_t TiledConv2dScratchBytes(const TiledConv2dParams& p) {
  const int32_t run = p.input_c % 4 == 0 ? 0 : (TiledConv2dRunLength(p) + 3) / 4 * 4;
  return 32 * TiledConv2dQuads(p) + run + (p.output_c % 2 != 0 ? 8 : 0);
}

}  // namespace kinglet::kernels
