// Reshape moves no element: a copy, or nothing when output and input are the same memory.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct ReshapeParams {
  int32_t count;
};

// input, output: count elements, which may overlap.
void Reshape(const ReshapeParams& params, const int8_t* input, int8_t* output);

}  // namespace kinglet::kernels
