// The inner loops of the convolution in lanes.h's form; conv_2d.h explains it. tile.S has them by
// hand for Armv6-M; tile_model.cc is the same in C++ for every other processor.
#pragma once

#include <stdint.h>

#include "device/kernels/lanes/scale.h"

extern "C" {

// Four pixels by all channels.
struct KingletLanesTile {
  const int32_t* tile;      // per tap: pixels 0 and 1, pixels 2 and 3
  const int8_t* weights;    // see LanesConv2d
  const int32_t* channels;  // likewise
  int8_t* output;           // channel 0 of pixel 0
  int32_t output_c;
  // Where pixels 1 to 3 lie behind pixel 0, which is written last: 0 drops a pixel.
  int32_t offset1, offset2, offset3;
  kinglet::kernels::LanesRange range;
};
void KingletLanesTileRun(const struct KingletLanesTile* job);

// Puts `length` (1 or more) taps of four pixels into a tile.
void KingletLanesGather(const int8_t* const* pixels, int32_t length, int32_t* tile);

}  // extern "C"
