// Instructions of Armv7E-M in C++, for the models of hand-written loops.
#pragma once

#include <stdint.h>

#include "device/kernels/requantize.h"

namespace kinglet::kernels {

inline int32_t High(int32_t pair) { return pair >> 16; }
inline int32_t Low(int32_t pair) { return static_cast<int16_t>(pair); }
inline int32_t Pair(int32_t low, int32_t high) {
  return static_cast<int32_t>((static_cast<uint32_t>(high) << 16) |
                              (static_cast<uint32_t>(low) & 0xFFFFU));
}

inline int32_t Smlad(int32_t a, int32_t b, int32_t sum) {
  return WrappingAdd(WrappingAdd(Low(a) * Low(b), High(a) * High(b)), sum);
}
inline int32_t Sxtb16(int32_t x) {
  return Pair(static_cast<int8_t>(x & 0xFF), static_cast<int8_t>((x >> 16) & 0xFF));
}
// The high word of a * b, rounded.
inline int32_t Smmulr(int32_t a, int32_t b) {
  return static_cast<int32_t>((int64_t{a} * b + (int64_t{1} << 31)) >> 32);
}

}  // namespace kinglet::kernels
