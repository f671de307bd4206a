#include "device/kernels/sub.h"

namespace kinglet::kernels {

void Sub(const SumParams& params, const int8_t* input1, const int8_t* input2, int8_t* output) {
  SumPairs<kSumLeftShiftInt8>(params, input1, input2, output,
                              [](int32_t a, int32_t b) { return WrappingSubtract(a, b); });
}

}  // namespace kinglet::kernels
