// How a range of real numbers becomes int8.
#pragma once

#include "src/ir/graph.h"

namespace kinglet::ir {

// The finest int8 grid that covers [low, high], stretched to hold 0, and that holds 0 exactly: one
// scale and a zero point in -128..127.
Quantization Int8Grid(float low, float high);

// `real` on the grid of one scale and zero point, rounded to the nearest, halves away from zero;
// saturates.
int8_t ToInt8(float real, const Quantization& grid);

}  // namespace kinglet::ir
