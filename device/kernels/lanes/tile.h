// The inner loops of the convolutions of this folder; conv_2d.h and depthwise_conv_2d.h explain
// them. tile.S has them by hand for Armv6-M; tile_model.cc is the same in C++ for every other
// processor.
#pragma once

#include <stdint.h>

#include "device/kernels/lanes/scale.h"

namespace kinglet::kernels {

// The words of KingletLanesStrip's taps count in bytes of the loop in tile.S.
inline constexpr int32_t kLanesTapsOfBlock = 16;
inline constexpr int32_t kLanesTapBytes = 8;
inline constexpr int32_t kLanesEndOfTaps = kLanesTapsOfBlock * kLanesTapBytes + 12;

}  // namespace kinglet::kernels

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

// Rows of one channel's outputs, two at a time.
struct KingletLanesStrip {
  const int32_t* strip;  // the first window's first tap
  // Per block kLanesTapBytes * (kLanesTapsOfBlock - its taps), then of each tap where it lies
  // behind a window's first, in bytes, and its weight; then kLanesEndOfTaps.
  const int32_t* taps;
  const int32_t* channel;  // see scale.h
  int8_t* output;
  int32_t rows, columns;  // each 1 or more
  int32_t strip_column_bytes, strip_row_bytes;
  int32_t output_step;   // bytes to the next column; rows lie together
  int32_t upper_offset;  // from a lower half's output to the upper's; 0 drops the upper
  int32_t lower_begin;   // -0x8000 times the number of blocks
  kinglet::kernels::LanesRange range;
};
void KingletLanesStripRun(const struct KingletLanesStrip* job);

}  // extern "C"
