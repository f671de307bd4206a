// The inner loops of pools and sums for Armv7E-M, four int8 values at a time. quad.S has them by
// hand; quad_model.cc is the same in C++ for every other processor.
#pragma once

#include <stdint.h>

extern "C" {

// Channels first[0..3] of a window of pixels; rows, columns: 1 or more.
struct KingletWindow {
  const int8_t* first;
  int32_t rows, columns;
  int32_t row_step, column_step;
};
// sums[c] of up to 255 pixels.
void KingletSumWindow(const struct KingletWindow* window, int32_t* sums);
// The greatest of each channel.
void KingletMaxWindow(const struct KingletWindow* window, int8_t* greatest);

// What LinearAdd (add.h) does with 4 * quads elements. The offset has the rounding in it.
struct KingletAdd {
  const int8_t* input1;
  const int8_t* input2;
  int8_t* output;
  int32_t quads;  // 1 or more
  int32_t multiplier1, multiplier2;
  int32_t offset;
  int32_t rounding;  // of KingletAddSigned, whose offset is without it
};
void KingletAddUp(const struct KingletAdd* job);  // halves upwards
// Sums below zero are rounded with 1 less.
void KingletAddSigned(const struct KingletAdd* job);

}  // extern "C"
