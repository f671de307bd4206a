// What generated code says about a model's inputs and outputs.
#pragma once

#include <stdint.h>

namespace kinglet::runtime {

enum class ElementType : uint8_t { kInt8, kUint8, kInt16, kInt32, kInt64, kFloat32, kBool };

// A tensor in the arena: real value = scale * (element - zero_point). Elements that stand for
// themselves have scale 1 and zero point 0.
struct TensorInfo {
  const char* name;
  ElementType type;
  const int32_t* shape;  // `rank` sizes, outermost first; null when rank is 0
  int32_t rank;
  float scale;
  int32_t zero_point;
  uint32_t offset_bytes;  // from the arena's start
  uint32_t bytes;
};

}  // namespace kinglet::runtime
