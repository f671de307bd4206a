#include "device/kernels/add_int16.h"

namespace kinglet::kernels {

void AddInt16(const SumParams& params, const int16_t* input1, const int16_t* input2,
              int16_t* output) {
  SumPairs<kSumLeftShiftInt16>(params, input1, input2, output,
                               [](int32_t a, int32_t b) { return WrappingAdd(a, b); });
}

}  // namespace kinglet::kernels
