// Any function of one int8 value, as a table of its 256 results: activations and changes of scale.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

struct LookupParams {
  int32_t count;
};

// table: 256 elements, the result for value v at v + 128. output may be input.
void Lookup(const LookupParams& params, const int8_t* input, const int8_t* table, int8_t* output);

}  // namespace kinglet::kernels
