// Pooling and its gradients on samples [begin, end) of a batch; channels are padded. Windows that
// reach over the edge leave the outside out, as .tflite's kernels do.
#pragma once

#include <cstdint>

#include "src/train/architecture.h"

namespace kinglet::train {

struct PoolRange {
  const Layer& layer;  // kAveragePool or kMaxPool
  int64_t begin = 0, end = 0;
};

void PoolForward(const PoolRange& range, const float* x, float* y);

// The same for int8 values less their zero point, rounded as device/kernels/average_pool_2d.h does.
// Maxima need no rounding.
void PoolForwardInteger(const PoolRange& range, const float* x, int32_t zero_point, float* y);

// dx = (add_dx ? dx : 0) + the gradient. A maximum's gradient goes to the first of equal values.
void PoolBackward(const PoolRange& range, const float* x, const float* y, const float* dy,
                  float* dx, bool add_dx);

}  // namespace kinglet::train
