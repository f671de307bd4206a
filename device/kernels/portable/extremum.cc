#include "device/kernels/extremum.h"

#include "device/kernels/requantize.h"

namespace kinglet::kernels {

void Minimum(const ExtremumParams& params, const int8_t* input1, const int8_t* input2,
             int8_t* output) {
  ForEachPair(params.sizes, params.steps1, params.steps2, input1, input2, output,
              [](int32_t a, int32_t b) { return static_cast<int8_t>(Min(a, b)); });
}

void Maximum(const ExtremumParams& params, const int8_t* input1, const int8_t* input2,
             int8_t* output) {
  ForEachPair(params.sizes, params.steps1, params.steps2, input1, input2, output,
              [](int32_t a, int32_t b) { return static_cast<int8_t>(Max(a, b)); });
}

}  // namespace kinglet::kernels
