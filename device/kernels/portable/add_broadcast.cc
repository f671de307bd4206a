#include "device/kernels/add_broadcast.h"

namespace kinglet::kernels {

void AddBroadcast(const SumParams& params, const int8_t* input1, const int8_t* input2,
                  int8_t* output) {
  SumPairs<kSumLeftShiftInt8>(params, input1, input2, output,
                              [](int32_t a, int32_t b) { return WrappingAdd(a, b); });
}

}  // namespace kinglet::kernels
