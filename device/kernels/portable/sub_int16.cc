#include "device/kernels/sub_int16.h"

namespace kinglet::kernels {

void SubInt16(const SumParams& params, const int16_t* input1, const int16_t* input2,
              int16_t* output) {
  SumPairs<kSumLeftShiftInt16>(params, input1, input2, output,
                               [](int32_t a, int32_t b) { return WrappingSubtract(a, b); });
}

}  // namespace kinglet::kernels
