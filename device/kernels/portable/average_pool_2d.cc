#include "device/kernels/average_pool_2d.h"

#include "device/kernels/pool.h"

namespace kinglet::kernels {

void AveragePool2d(const AveragePool2dParams& params, const int8_t* input, int8_t* output) {
  AveragePool(params, input, output);
}

}  // namespace kinglet::kernels
