// The inner loops of the depthwise convolution for Helium: taps.S by hand, taps_model.cc the same
// in C++ for every other processor.
#pragma once

#include <stdint.h>

#include "device/kernels/helium/dot.h"

extern "C" {

// A band of output rows, by groups of four channels from the last to the first. The loops step
// input, outputs and packed from group to group and leave them at the end.
struct KingletBand {
  struct KingletClamp clamp;
  const int8_t* input;    // the last group of the first column that is read
  int32_t* strip;         // where that column goes
  int32_t input_columns;  // 1 or more
  int32_t input_step;     // bytes between columns
  int32_t offsets[4];     // of the four rows from `input`; of a row outside, that of any other
  int32_t* windows;       // the strip from the first window to behind the last
  int32_t* windows_end;
  int32_t window_step, output_step;  // bytes between columns of the output
  int8_t* output0;                   // last group of the first output of the band's rows
  int8_t* output1;                   // is written before output0, which may be the same row
  const int32_t* packed;             // see VectorDepthwiseConv2d
  int32_t quads;
  int32_t has_outside;            // some row lies outside the input
  int32_t inside[4], outside[4];  // per row: -1 and 0, or 0 and four zero points
};
void KingletBandOfTwoRows(struct KingletBand* job);
void KingletBandOfOneRow(struct KingletBand* job);  // without output1
// As KingletPixelPairsRectified.
void KingletBandOfTwoRowsRectified(struct KingletBand* job);
void KingletBandOfOneRowRectified(struct KingletBand* job);

}  // extern "C"
