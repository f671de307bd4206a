#include "device/kernels/max_pool_2d_int16.h"

#include "device/kernels/pool.h"

namespace kinglet::kernels {

void MaxPool2dInt16(const MaxPool2dParams& params, const int16_t* input, int16_t* output) {
  MaxPool(params, input, output);
}

}  // namespace kinglet::kernels
