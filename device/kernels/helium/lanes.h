// What the models of the loops for Helium share: one lane of its instructions.
#pragma once

#include <stdint.h>

#include "device/kernels/helium/dot.h"
#include "device/kernels/requantize.h"

namespace kinglet::kernels {

inline constexpr int32_t kLanes = 16;  // bytes of a vector

// Byte i of a word.
inline int32_t Lane(int32_t word, int32_t i) {
  return static_cast<int8_t>(static_cast<uint32_t>(word) >> (8 * i) & 0xFFU);
}

// VRSHL by `shift`, 0 or negative: halves upwards.
inline int32_t RoundingShift(int32_t x, int32_t shift) {
  if (shift == 0) return x;
  return static_cast<int32_t>((int64_t{x} + (int64_t{1} << (-shift - 1))) >> -shift);
}

// With the reference's two roundings. shift: negative.
inline int32_t ScaleAwayFromZero(int32_t x, int32_t multiplier, int32_t shift) {
  const int32_t scaled = RoundingDoublingHighMul(x, multiplier);
  return RoundingShift(scaled < 0 && scaled != INT32_MIN ? scaled - 1 : scaled, shift);
}
// The same but for halves of negative values, which it rounds upwards.
inline int32_t ScaleUpwards(int32_t x, int32_t multiplier, int32_t shift) {
  return RoundingShift(RoundingDoublingHighMul(x, multiplier), shift);
}

template <bool kSigned>
int8_t ScaleLane(int32_t sum, int32_t multiplier, int32_t shift, const KingletClamp& clamp) {
  const int32_t scaled =
      kSigned ? ScaleAwayFromZero(sum, multiplier, shift) : ScaleUpwards(sum, multiplier, shift);
  return static_cast<int8_t>(
      Clamp(WrappingAdd(scaled, clamp.zero_point[0]), clamp.min[0], clamp.max[0]));
}

}  // namespace kinglet::kernels
