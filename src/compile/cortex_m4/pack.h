// Weights, biases and scales in the form that the kernels for Armv7E-M read
// (device/kernels/cortex_m4/conv_2d.h), with proofs that their short sums are exact.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace kinglet::compile::cortex_m4 {

// What brings sums to the output's scale.
struct Scale {
  int32_t multiplier = 0;
  int32_t shift = 0;  // right shift - 1
};

// `most`: of the sums' magnitudes. Nothing when the kernels' short way of rounding is not exact.
std::optional<Scale> PackScale(int64_t most, int32_t multiplier, int32_t shift);

// One output channel.
struct Channel {
  std::vector<int32_t> words;  // h of each quad
  int32_t twice_bias = 0;      // with the input's zero point and the constant of the quads in it
  Scale scale;
};

// `quads` holds the weights of a channel, four by four, padded with zeros. Nothing when a sum could
// leave 24 bits, a weight pair does not fit its halfword, or the scale needs another kernel.
std::optional<Channel> PackChannel(std::span<const int8_t> quads, int32_t bias,
                                   int32_t input_zero_point, int32_t multiplier, int32_t shift);

}  // namespace kinglet::compile::cortex_m4
