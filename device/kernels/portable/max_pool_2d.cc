#include "device/kernels/max_pool_2d.h"

#include "device/kernels/pool.h"

namespace kinglet::kernels {

void MaxPool2d(const MaxPool2dParams& params, const int8_t* input, int8_t* output) {
  MaxPool(params, input, output);
}

}  // namespace kinglet::kernels
