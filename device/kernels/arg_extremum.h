// Where along an axis the least or the greatest int8 element stands, the first of equals.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct ArgExtremumParams {
  int32_t outer;      // dimensions before the axis, multiplied
  int32_t axis_size;  // at least 1
  int32_t inner;      // dimensions behind the axis, multiplied
  int32_t greatest;   // 1: the greatest, 0: the least
};

// input: [outer, axis_size, inner]; output: [outer, inner], which must not overlap it.
void ArgExtremum(const ArgExtremumParams& params, const int8_t* input, int32_t* output);
void ArgExtremumInt64(const ArgExtremumParams& params, const int8_t* input, int64_t* output);

}  // namespace kinglet::kernels
