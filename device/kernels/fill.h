// Sets every element of a tensor to one value.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct FillParams {
  int32_t count;
  int32_t element_bytes;  // 1, 2 or 4
  int32_t value;          // its low bytes
};

void Fill(const FillParams& params, void* output);

}  // namespace kinglet::kernels
