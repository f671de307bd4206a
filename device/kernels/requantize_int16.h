// From accumulators to int16 outputs, as TensorFlow Lite's reference kernels of 16-bit activations
// and 8-bit weights do it: sums have the type of the bias, and each type its own rounding.
#pragma once

#include <stdint.h>

#include "device/kernels/requantize.h"

namespace kinglet::kernels {

// Adds modulo 2^64 or 2^32, so that no bias makes it undefined.
inline void Accumulate(int64_t& sum, int64_t x) {
  sum = static_cast<int64_t>(static_cast<uint64_t>(sum) + static_cast<uint64_t>(x));
}
inline void Accumulate(int32_t& sum, int32_t x) { sum = WrappingAdd(sum, x); }

inline constexpr int32_t kWideShiftMax = 7;

// x * multiplier * 2^(shift - 31) with the multiplier's 16 upper bits and one rounding, halves
// upwards. shift: -31 to kWideShiftMax. Exact for x below 2^47; products beyond wrap.
inline int32_t MultiplyWideByQuantizedMultiplier(int64_t x, int32_t multiplier, int32_t shift) {
  const int32_t reduced = multiplier < 0x7fff0000 ? (multiplier + (1 << 15)) >> 16 : 0x7fff;
  const int32_t total_shift = 15 - shift;
  int64_t scaled =
      static_cast<int64_t>(static_cast<uint64_t>(x) * static_cast<uint64_t>(int64_t{reduced}));
  Accumulate(scaled, int64_t{1} << (total_shift - 1));
  return static_cast<int32_t>(scaled >> total_shift);
}

// Scales a sum of either type and clamps it to the activation's range (within int16).
struct OutputStageInt16 {
  int32_t activation_min, activation_max;

  int16_t operator()(int64_t sum, int32_t multiplier, int32_t shift) const {
    return Clamped(MultiplyWideByQuantizedMultiplier(sum, multiplier, shift));
  }
  int16_t operator()(int32_t sum, int32_t multiplier, int32_t shift) const {
    return Clamped(MultiplyByQuantizedMultiplier(sum, multiplier, shift));
  }

 private:
  int16_t Clamped(int32_t scaled) const {
    return static_cast<int16_t>(Clamp(scaled, activation_min, activation_max));
  }
};

}  // namespace kinglet::kernels
