#include "src/compile/cortex_m4/pack.h"

#include <algorithm>
#include <cstdlib>

namespace kinglet::compile::cortex_m4 {
namespace {

constexpr int64_t kInt32Max = INT32_MAX;
// A right shift above this would push the rounding, at most 255 << shift - 1, out of 32 bits.
constexpr int32_t kRightShiftMax = 23;

// The word h of four weights; nothing when w1 = -128 and w0 < 0, or w3 and w2.
std::optional<int32_t> Word(std::span<const int8_t> w) {
  const int32_t low = 256 * w[1] + w[0], high = 256 * w[3] + w[2];
  if (low < INT16_MIN || high < INT16_MIN) return {};
  return static_cast<int32_t>(static_cast<uint32_t>(high) << 16 |
                              (static_cast<uint32_t>(low) & 0xFFFFU));
}

}  // namespace

std::optional<Scale> PackScale(int64_t most, int32_t multiplier, int32_t shift) {
  const int32_t right = -shift;
  if (most >= int64_t{1} << 29 || right < 1 || multiplier < 0) return {};
  if (right <= kRightShiftMax) return Scale{multiplier, right - 1};
  if (most >= int64_t{1} << (right - 1)) return {};
  return Scale{};  // nothing is left of any sum
}

std::optional<Channel> PackChannel(std::span<const int8_t> quads, int32_t bias,
                                   int32_t input_zero_point, int32_t multiplier, int32_t shift) {
  Channel channel;
  int64_t low = 0, high = 0, weights = 0, even = 0;
  for (size_t i = 0; i < quads.size(); i += 4) {
    const auto word = Word(quads.subspan(i, 4));
    if (!word.has_value()) return {};
    channel.words.push_back(*word);
    for (size_t k = 0; k < 4; ++k) {
      const int64_t w = int32_t{quads[i + k]};
      weights += w;
      if (k % 2 == 0) even += w;
      low += std::min(-128 * w, 127 * w);
      high += std::max(-128 * w, 127 * w);
    }
  }
  const int64_t constant = 127 * even;  // of the 256-fold sum
  if (256 * high + constant > kInt32Max || 256 * low + constant < -kInt32Max) return {};
  // Rounded down, as the shift of the sum rounds.
  const int64_t twice_constant = constant >= 0 ? constant / 128 : -((-constant + 127) / 128);
  const int64_t whole_bias = bias - input_zero_point * weights;
  const int64_t twice_bias = 2 * whole_bias - twice_constant;
  const int64_t most = std::max(std::abs(low + whole_bias), std::abs(high + whole_bias));
  if (std::abs(twice_bias) > kInt32Max) return {};
  channel.twice_bias = static_cast<int32_t>(twice_bias);

  const auto scale = PackScale(most, multiplier, shift);
  if (!scale.has_value()) return {};
  channel.scale = *scale;
  return channel;
}

}  // namespace kinglet::compile::cortex_m4
