// The inner loops of the Winograd convolution for Armv7E-M; winograd_conv_2d.h explains the
// arithmetic. winograd.S has them by hand; winograd_model.cc is the same in C++ for every other
// processor.
#pragma once

#include <stdint.h>

extern "C" {

// The transform of one tile of 4 x 4 pixels, four channels at a time: V = B^T d B.
struct KingletWinogradInput {
  const int8_t* patch;  // channel 0 of the tile's first pixel, at any address
  int32_t row_bytes, pixel_bytes;
  int32_t quads;       // of channels
  int32_t* transform;  // the tile's word of position 0, pair 0
};
void KingletWinogradTransform(const struct KingletWinogradInput* job);

// Two tiles by groups of four output channels.
struct KingletWinogradTiles {
  const int32_t* transform;      // per position, pair of input channels: the words of both tiles
  const int32_t* packed;         // see WinogradConv2d
  int8_t* output;                // channel 0 of the first tile's first pixel
  int32_t pairs, groups;         // of input channels; of output channels
  int32_t pixel_step, row_step;  // bytes
  int32_t rounding;              // 2 * output zero point + 1
  int32_t* sums;                 // room for 16 x 8
};
void KingletWinogradProducts(const struct KingletWinogradTiles* job);

}  // extern "C"
