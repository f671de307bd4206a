#include "device/kernels/lookup.h"

namespace kinglet::kernels {

void Lookup(const LookupParams& params, const int8_t* input, const int8_t* table, int8_t* output) {
  const int8_t* of_zero = table + 128;
  for (int32_t i = 0; i < params.count; ++i) output[i] = of_zero[input[i]];
}

}  // namespace kinglet::kernels
