// 3 x 3 convolution of stride 1 for Armv7E-M by Winograd's algorithm F(2 x 2, 3 x 3) (Lavin and
// Gray, "Fast Algorithms for Convolutional Neural Networks", 2016), in exact integers: 16 products
// make four outputs, where 36 would.
//
// With the weights' transform doubled in both directions, U = (2G) g (2G)^T, everything is an
// integer, and A^T (U . V) A is four times the sum of the convolution. It costs flash: U takes 32
// bytes where g takes 9.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct WinogradConv2dParams {
  int32_t input_h, input_w, input_c;     // input_c: a multiple of 4
  int32_t output_h, output_w, output_c;  // multiples of 2, 4 and 4
  int32_t pad_top, pad_left;             // what lies outside the input counts as the zero point
  int32_t input_zero_point;
  int32_t output_zero_point;
  int32_t activation_min, activation_max;
};

// packed: per four output channels, for each of the 16 positions (row by row) and pair of input
// channels (0 and 2, 1 and 3, 4 and 6, ...) four words, one an output channel, of two int16 of U;
// then of each output channel twice its bias, its multiplier, and its right shift - 1.
// scratch: WinogradConv2dScratchBytes(params), at a multiple of 4. Writes 2 x 4 pixels at a time,
// row by row; a group's windows are read before it is written.
void WinogradConv2d(const WinogradConv2dParams& params, const int8_t* input, const int32_t* packed,
                    int32_t* scratch, int8_t* output);

// The transforms of two tiles, sums of 16 positions for 8 outputs, and a tile at the border.
inline int32_t WinogradConv2dScratchBytes(const WinogradConv2dParams& p) {
  return 64 * p.input_c + 16 * 8 * 4 + 16 * p.input_c;
}

}  // namespace kinglet::kernels
