// The inner loops of element-wise sums and of pooling for Helium: sum.S by hand, sum_model.cc the
// same in C++ for every other processor.
#pragma once

#include <stdint.h>

#include "device/kernels/helium/dot.h"

extern "C" {

struct KingletSum {
  struct KingletClamp clamp;
  const int8_t* wide;
  const int8_t* narrow;
  int8_t* output;
  int32_t offset;                           // added to the sum of both scaled inputs
  int32_t narrow_offset;                    // -zero point * 2^20
  int32_t narrow_multiplier, narrow_shift;  // shift: negative
  int32_t multiplier, shift;                // shift: negative
  int32_t count;                            // 1 or more
};
// Scales wide by 2^19, narrow by 2^20 and its multiplier.
void KingletSumScaled(const struct KingletSum* job);
// Scales both by 2^19.
void KingletSumAlike(const struct KingletSum* job);

// A window of eight channels.
struct KingletWindowSum {
  const int8_t* input;
  int32_t rows, columns;          // 1 or more
  int32_t row_step, column_step;  // bytes
};
void KingletSumVector(const struct KingletWindowSum* job, int16_t* sums);

// A window of all channels.
struct KingletWindowMax {
  const int8_t* input;
  int8_t* output;
  int32_t rows, columns;          // 1 or more
  int32_t row_step, column_step;  // bytes
  int32_t channels;
  int32_t min, max;  // of the output
};
void KingletMaxVector(const struct KingletWindowMax* job);

}  // extern "C"
