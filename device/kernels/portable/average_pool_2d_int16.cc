#include "device/kernels/average_pool_2d_int16.h"

#include "device/kernels/pool.h"

namespace kinglet::kernels {

void AveragePool2dInt16(const AveragePool2dParams& params, const int16_t* input, int16_t* output) {
  AveragePool(params, input, output);
}

}  // namespace kinglet::kernels
