#include "device/kernels/extremum_int16.h"

#include "device/kernels/requantize.h"

namespace kinglet::kernels {

void MinimumInt16(const ExtremumParams& params, const int16_t* input1, const int16_t* input2,
                  int16_t* output) {
  ForEachPair(params.sizes, params.steps1, params.steps2, input1, input2, output,
              [](int32_t a, int32_t b) { return static_cast<int16_t>(Min(a, b)); });
}

void MaximumInt16(const ExtremumParams& params, const int16_t* input1, const int16_t* input2,
                  int16_t* output) {
  ForEachPair(params.sizes, params.steps1, params.steps2, input1, input2, output,
              [](int32_t a, int32_t b) { return static_cast<int16_t>(Max(a, b)); });
}

}  // namespace kinglet::kernels
