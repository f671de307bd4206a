// Filters and scales in the form that the kernels for processors without SIMD read
// (device/kernels/lanes), with proofs that their short sums are exact.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace kinglet::compile::lanes {

// How a channel's sums become outputs.
struct Stage {
  int32_t multiplier, shift;  // see MultiplyByQuantizedMultiplier
  int32_t high, low;          // activation range - output zero point
};

// The least and greatest value of a sum.
struct SumRange {
  int64_t min = 0, max = 0;

  void AddTap(int32_t weight);  // for any int8 input
  void AddConstant(int64_t value);
  // Fits half a word, with either sign.
  bool FitsLane() const;
};

// The words of device/kernels/lanes/scale.h of one channel, and how many bits a piece of its
// multiplier may have: piece_bits_min (so that all bits are in one) to piece_bits_max (so that
// products fit).
struct ChannelScale {
  std::vector<int32_t> words;
  int32_t piece_bits_min = 0, piece_bits_max = 0;
};

// `range`: of the sums with the bias. The multiplier may become one that gives the same outputs.
// Nothing when the scale needs another kernel.
std::optional<ChannelScale> PackScale(int32_t bias, const SumRange& range, Stage stage);

// A channel's sum: its bias with the input's zero point in it, and its range with the bias.
struct Sum {
  int64_t bias = 0;
  SumRange range;
};
Sum SumOf(std::span<const int8_t> weights, int32_t bias, int32_t input_zero_point);

// All channels of a layer.
class ScalePacker {
 public:
  // False when the channel needs another kernel.
  bool Add(const Sum& sum, const Stage& stage);
  int32_t piece_bits() const { return max_; }
  const std::vector<int32_t>& words() const { return words_; }

 private:
  int32_t min_ = 1, max_ = 15;
  std::vector<int32_t> words_;
};

// Cuts a filter into as few blocks as may be whose sums fit half a word, each a multiple of `unit`
// taps and at most `most`. The filter is a multiple of `unit` long. None when a single unit does
// not fit.
std::vector<std::span<const int8_t>> CutIntoBlocks(std::span<const int8_t> weights, size_t unit,
                                                   size_t most);

}  // namespace kinglet::compile::lanes
