// From sums to outputs without 64-bit products, bit for bit as MultiplyByQuantizedMultiplier.
//
// A right shift s of at least 1 makes its two roundings one: with h = 2^(30 + s), negated for
// negative sums x, the result is floor((x * multiplier + 2^30 + h) / 2^(31 + s)). The sum is first
// clamped to where the result leaves the activation's range, so it has few bits, and the multiplier
// is cut into pieces so short that each product fits 32 bits; rounding down in steps is rounding
// down at once. The last product is scaled so that the output is the upper byte.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

// Words of a channel: bias (with the input's zero point in it), multiplier, and 256 * reach + s.
// The sum is clamped to reach * (activation - output zero point) / 256 at both ends.
inline constexpr int32_t kLanesChannelWords = 3;

// What a layer's channels share. Clamped sums are below 2^(31 - piece_bits), and 2 * piece_bits >=
// 7 + s, less the zeros that a multiplier ends with, which the compiler proves of each channel.
struct LanesRange {
  int32_t piece_bits;
  int32_t high, low;  // activation range - output zero point
  int32_t middle;     // 2^24 * output zero point + 2^23, modulo 2^32
};

inline LanesRange MakeLanesRange(int32_t piece_bits, int32_t activation_min, int32_t activation_max,
                                 int32_t zero_point) {
  return {piece_bits, activation_max - zero_point, activation_min - zero_point,
          static_cast<int32_t>((static_cast<uint32_t>(zero_point) << 24) + (uint32_t{1} << 23))};
}

}  // namespace kinglet::kernels
