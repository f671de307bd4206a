#include "device/kernels/cortex_m4/clamp.h"

#if !defined(__ARM_FEATURE_DSP)

void KingletClamp(uint32_t low, uint32_t high, int32_t quads, int8_t* values) {
  for (int32_t i = 0; i < 4 * quads; ++i) {
    values[i] = static_cast<int8_t>(kinglet::kernels::Clamp(
        values[i], static_cast<int8_t>(low & 0xFFU), static_cast<int8_t>(high & 0xFFU)));
  }
}

#endif
