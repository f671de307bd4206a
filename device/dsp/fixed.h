// Fixed-point arithmetic with the same result on every core, including those without a 32 x 32 ->
// 64 bit multiply.
#pragma once

#include <stdint.h>

namespace kinglet::dsp {

// floor(a * b / 2^16) for b in [-2^15, 2^15]. In two halves, because Cortex-M0+ multiplies to 32
// bits only. Right shifts of negative numbers are arithmetic in every compiler for the supported
// cores.
inline int32_t MulShift16(int32_t a, int32_t b) {
  const auto low = static_cast<int32_t>(static_cast<uint32_t>(a) & 0xFFFFU);
  return (a >> 16) * b + ((low * b) >> 16);
}

// The share b / 2^16 of a, rounded down.
inline uint32_t ShareOf(uint32_t a, uint16_t b) {
  return (a >> 16) * b + (((a & 0xFFFFU) * b) >> 16);
}

// Number of significant bits: 0 for 0, 32 for 2^31 and more.
inline int32_t BitLength(uint32_t value) {
  int32_t bits = 0;
  for (int32_t step = 16; step != 0; step >>= 1) {
    if ((value >> step) != 0) {
      value >>= step;
      bits += step;
    }
  }
  return bits + static_cast<int32_t>(value);
}

inline uint32_t Magnitude(int32_t value) {
  return value < 0 ? 0U - static_cast<uint32_t>(value) : static_cast<uint32_t>(value);
}

inline int8_t SaturateInt8(int32_t value) {
  return static_cast<int8_t>(value < -128 ? -128 : value > 127 ? 127 : value);
}

}  // namespace kinglet::dsp
