// Activations that int8's own range does not give: a pass over what a kernel has written.
#pragma once

#include <stdint.h>

#include "device/kernels/requantize.h"

// low, high: in each of the four bytes. quads: of values, 1 or more. clamp.S has it by hand.
extern "C" void KingletClamp(uint32_t low, uint32_t high, int32_t quads, int8_t* values);

namespace kinglet::kernels {

// Params: any with activation_min and activation_max.
template <typename Params>
void ClampAll(const Params& p, int32_t count, int8_t* values) {
  if (p.activation_min == -128 && p.activation_max == 127) return;
  const uint32_t low = (static_cast<uint32_t>(p.activation_min) & 0xFFU) * 0x01010101U;
  const uint32_t high = (static_cast<uint32_t>(p.activation_max) & 0xFFU) * 0x01010101U;
  if (count >= 4) KingletClamp(low, high, count / 4, values);
  for (int32_t i = count / 4 * 4; i < count; ++i) {
    values[i] = static_cast<int8_t>(Clamp(values[i], p.activation_min, p.activation_max));
  }
}

}  // namespace kinglet::kernels
