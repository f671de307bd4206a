// The inner loops of the convolutions and fully connected layers for Armv7E-M; conv_2d.h explains
// the form of inputs and weights. tile.S has them by hand; tile_model.cc is the same in C++ for
// every other processor, so that the host runs what the device runs.
#pragma once

#include <stdint.h>

extern "C" {

// Four pixels by all pairs of channels.
struct KingletConvTile {
  const int32_t* tile;    // per quad: a of pixels 0 to 3, b of pixels 0 to 3
  const int32_t* packed;  // see TiledConv2d
  int8_t* output;         // channel 0 of pixel 0
  int32_t quads, pairs;
  int32_t output_step;  // bytes between pixels of the output
  int32_t rounding;     // 2 * output zero point + 1
};

// With the reference's two roundings, saturated to int8.
void KingletConvTileSigned(const struct KingletConvTile* job);
// The same for activations that begin at the zero point: how halves of negative values are rounded
// cannot be seen.
void KingletConvTileRectified(const struct KingletConvTile* job);

// Widens quads * 4 elements of one pixel into column `tile` (the word of the pixel in its first
// quad).
void KingletEncodeRun(const int8_t* input, int32_t quads, int32_t* tile);
// The same for four pixels that lie `step_bytes` apart: whole quads of a tile.
void KingletEncodePixels(const int8_t* input, int32_t step_bytes, int32_t quads, int32_t* tile);

// One pixel by groups of four channels.
struct KingletDense {
  const int8_t* input;    // at any address; quads * 4 bytes are read
  const int32_t* packed;  // see TiledFullyConnected
  int8_t* output;         // groups * 4 bytes
  int32_t quads, groups;
  int32_t multiplier, shift;  // right shift - 1
  int32_t rounding;           // 2 * output zero point + 1
  int32_t rectified;          // as KingletConvTileRectified, else as KingletConvTileSigned
};
void KingletDenseGroups(const struct KingletDense* job);
// The same with a scale for each channel, from `packed`: see TiledFullyConnectedPerChannel.
void KingletDenseChannels(const struct KingletDense* job);

}  // extern "C"
