// The choice on x86-64.
#include "src/train/kernels_avx2.h"

namespace kinglet::train {

const Kernels& BestKernels() {
  static const bool kHasAvx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return kHasAvx2 ? Avx2Kernels() : BaselineKernels();
}

}  // namespace kinglet::train
