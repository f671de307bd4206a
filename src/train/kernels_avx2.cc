// The kernels for x86-64-v3 processors: 8 lanes, fused multiply-add.
#include "src/train/kernels_avx2.h"

#include "src/train/kernels_impl.h"

namespace kinglet::train {

const Kernels& Avx2Kernels() {
  static constexpr Kernels kKernels = MakeKernels("avx2");
  return kKernels;
}

}  // namespace kinglet::train
