// The constants of a layer's output stage as the loops for Helium read them.
#pragma once

#include "device/kernels/helium/dot.h"

namespace kinglet::kernels {

template <typename Params>
void FillClamp(const Params& p, KingletClamp& clamp) {
  for (int32_t i = 0; i < 4; ++i) {
    clamp.zero_point[i] = p.output_zero_point;
    clamp.min[i] = p.activation_min;
    clamp.max[i] = p.activation_max;
  }
}

}  // namespace kinglet::kernels
