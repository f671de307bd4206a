// Activations that int8's own range does not give: a pass over what a kernel has written.
#pragma once

#include <stdint.h>

#include "device/kernels/requantize.h"

namespace kinglet::kernels {

// Params: any with activation_min and activation_max.
template <typename Params>
void ClampAll(const Params& p, int32_t count, int8_t* values) {
  if (p.activation_min == -128 && p.activation_max == 127) return;
  for (int32_t i = 0; i < count; ++i) {
    values[i] = static_cast<int8_t>(Clamp(values[i], p.activation_min, p.activation_max));
  }
}

}  // namespace kinglet::kernels
