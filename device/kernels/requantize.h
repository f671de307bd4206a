// Fixed-point arithmetic that every int8 kernel shares: TensorFlow Lite's reference arithmetic with
// its two roundings (gemmlowp's fixedpoint.h). Sums wrap modulo 2^32, as they do on every
// processor, so nothing here is undefined whatever the operands.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

inline int32_t Min(int32_t a, int32_t b) { return a < b ? a : b; }
inline int32_t Max(int32_t a, int32_t b) { return a > b ? a : b; }
inline int32_t Clamp(int32_t x, int32_t low, int32_t high) { return Min(Max(x, low), high); }

inline int32_t WrappingAdd(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}
inline int32_t WrappingSubtract(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) - static_cast<uint32_t>(b));
}
// Most elements of the input that one output may depend on through weights: 255 * 128 times this
// many stays below 2^31, so sums of products need no care; only adding the bias may wrap.
inline constexpr int32_t kFilterElementsMax = 65536;

// bits: 0 to 31.
inline int32_t WrappingShiftLeft(int32_t x, int32_t bits) {
  return static_cast<int32_t>(static_cast<uint32_t>(x) << bits);
}

// a * b / 2^31, rounded to nearest with halves upwards. a and b: not both INT32_MIN, the one
// product that the reference saturates; no multiplier is INT32_MIN.
inline int32_t RoundingDoublingHighMul(int32_t a, int32_t b) {
  const int64_t product = static_cast<int64_t>(a) * b;
  return static_cast<int32_t>((product + (int64_t{1} << 30)) >> 31);
}

// x / 2^exponent, rounded to nearest with halves away from zero. exponent: 0 to 31.
inline int32_t RoundingDivideByPowerOfTwo(int32_t x, int32_t exponent) {
  // The magnitude plus one half, unsigned; without a branch on the sign.
  const uint32_t sign = static_cast<uint32_t>(x >> 31);
  const uint32_t magnitude = (static_cast<uint32_t>(x) ^ sign) - sign;
  const uint32_t half = (uint32_t{1} << exponent) >> 1;
  return static_cast<int32_t>((((magnitude + half) >> exponent) ^ sign) - sign);
}

// x * multiplier * 2^(shift - 31) with the reference's two roundings. shift: -31 to 30.
inline int32_t MultiplyByQuantizedMultiplier(int32_t x, int32_t multiplier, int32_t shift) {
  const int32_t left = shift > 0 ? shift : 0;
  const int32_t right = shift > 0 ? 0 : -shift;
  return RoundingDivideByPowerOfTwo(RoundingDoublingHighMul(WrappingShiftLeft(x, left), multiplier),
                                    right);
}

// The same of a sum of 64 bits, as the reference has it for int16 activations: with the 16 upper
// bits of the multiplier, which is not negative, and one rounding, halves upwards. shift: -31 to 7.
// The result's 32 low bits count.
inline int32_t MultiplyByQuantizedMultiplierWide(int64_t x, int32_t multiplier, int32_t shift) {
  const int32_t upper = multiplier < 0x7FFF0000 ? (multiplier + (1 << 15)) >> 16 : 0x7FFF;
  const int32_t right = 15 - shift;
  const uint64_t product = static_cast<uint64_t>(x) * static_cast<uint64_t>(int64_t{upper});
  return static_cast<int32_t>(static_cast<int64_t>(product + (uint64_t{1} << (right - 1))) >>
                              right);
}

// From an accumulator to the int8 output: scale, move to the zero point, clamp to the activation's
// range (within int8).
struct OutputStage {
  int32_t zero_point;
  int32_t activation_min, activation_max;

  int8_t operator()(int32_t sum, int32_t multiplier, int32_t shift) const {
    const int32_t scaled = MultiplyByQuantizedMultiplier(sum, multiplier, shift);
    return static_cast<int8_t>(
        Clamp(WrappingAdd(scaled, zero_point), activation_min, activation_max));
  }
};

}  // namespace kinglet::kernels
