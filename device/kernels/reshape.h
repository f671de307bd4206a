// Reshape moves no element, of any type: a copy, or nothing when output and input are the same
// memory.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct ReshapeParams {
  int32_t bytes;
};

// input and output may overlap.
void Reshape(const ReshapeParams& params, const void* input, void* output);

}  // namespace kinglet::kernels
