// What generated code says about a model's inputs and outputs.
#pragma once

#include <stdint.h>

namespace kinglet::runtime {

// An int8 tensor in the arena: real value = scale * (element - zero_point).
struct TensorInfo {
  const char* name;
  const int32_t* shape;  // `rank` sizes, outermost first; null when rank is 0
  int32_t rank;
  float scale;
  int32_t zero_point;
  uint32_t offset_bytes;  // from the arena's start
  uint32_t bytes;
};

}  // namespace kinglet::runtime
