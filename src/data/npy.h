// .npy files, NumPy's format of one array.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/base/bytes.h"
#include "src/base/result.h"

namespace kinglet::data {

struct NpyArray {
  std::vector<int64_t> shape;
  std::vector<float> values;  // last dimension fastest
};

// Versions 1 to 3 of the format; elements of float32 (little-endian), int8 or uint8, the latter two
// as their values. kInvalid when it is damaged, kUnsupported for other element types and for
// arrays in Fortran's order.
Result<NpyArray> ParseNpy(ByteView file);

// The same array as a file of version 1, elements as float32.
Bytes FormatNpy(const NpyArray& array);

}  // namespace kinglet::data
