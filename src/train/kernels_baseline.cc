// The kernels with the instructions that every processor of the architecture has.
#include "src/train/kernels_impl.h"

namespace kinglet::train {

const Kernels& BaselineKernels() {
  static constexpr Kernels kKernels = MakeKernels("baseline");
  return kKernels;
}

size_t DepthwiseScratch(const DepthwiseGeometry& g) {
  const int64_t lanes_max = 8;
  const int64_t tile =
      int64_t{(g.out_h - 1) * g.stride_h + g.kernel_h} * ((g.out_w - 1) * g.stride_w + g.kernel_w);
  const int64_t bordered = int64_t{g.in_h + 2} * (g.in_w + 2);
  return static_cast<size_t>((tile + (tile > bordered ? tile : bordered)) * lanes_max);
}

}  // namespace kinglet::train
