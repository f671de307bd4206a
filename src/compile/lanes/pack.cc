#include "src/compile/lanes/pack.h"

#include <algorithm>
#include <cmath>

#include "device/kernels/requantize.h"

namespace kinglet::compile::lanes {
namespace {

// Of a sum with its bias, so that clamping it cannot overflow.
constexpr int64_t kSumMax = int64_t{1} << 29;
constexpr int32_t kReachMax = (1 << 23) - 1;

int32_t Scaled(int64_t sum, const Stage& s) {
  return kernels::MultiplyByQuantizedMultiplier(static_cast<int32_t>(sum), s.multiplier, s.shift);
}

// True if clamping sums to `reach` leaves every clamped output as it is: scaling never decreases,
// so the ends decide.
bool KeepsOutputs(const SumRange& range, const Stage& stage, int64_t reach) {
  const int64_t high = (reach * stage.high) >> 8, low = (reach * stage.low) >> 8;
  const int32_t highest = Scaled(std::min(high, range.max), stage);
  const int32_t lowest = Scaled(std::max(low, range.min), stage);
  const bool top = high >= range.max ? highest <= stage.high : Scaled(high, stage) == stage.high;
  const bool bottom = low <= range.min ? lowest >= stage.low : Scaled(low, stage) == stage.low;
  return top && bottom;
}

std::optional<int32_t> FindReach(const SumRange& range, const Stage& stage) {
  // The sum that makes an output of 1, or what is enough for all sums if that is less.
  const double unit =
      stage.multiplier == 0 ? INFINITY : std::ldexp(256.0 / stage.multiplier, 31 - stage.shift);
  double enough = 0;
  if (stage.high > 0) enough = 256.0 * static_cast<double>(range.max) / stage.high + 256;
  if (stage.low < 0) {
    enough = std::max(enough, 256.0 * static_cast<double>(range.min) / stage.low + 256);
  }
  for (const double center : {std::min(unit, enough), unit}) {
    if (!(center < kReachMax)) continue;
    for (int32_t step = 0; step < 16; ++step) {
      const int64_t reach = std::llround(center) + (step % 2 == 0 ? step / 2 : -(step + 1) / 2);
      if (reach >= 0 && reach <= kReachMax && KeepsOutputs(range, stage, reach)) {
        return static_cast<int32_t>(reach);
      }
    }
  }
  return {};
}

// True if two stages give the same clamped outputs for every sum: both begin each output at the
// same sum.
bool SameOutputs(const SumRange& range, const Stage& a, const Stage& b) {
  const auto first_above = [&range](const Stage& stage, int32_t output) {
    int64_t low = range.min, high = range.max + 1;
    while (low < high) {
      const int64_t middle = low + (high - low) / 2;
      if (Scaled(middle, stage) > output) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  };
  for (int32_t output = a.low; output < a.high; ++output) {
    if (first_above(a, output) != first_above(b, output)) return false;
  }
  return true;
}

// How many of the multiplier's lower bits are zeros; of great shifts it is first made one with as
// many as change no output.
int32_t ShortenMultiplier(const SumRange& range, Stage& stage) {
  constexpr int32_t kGreatShift = 12, kDroppedMax = 8;
  if (-stage.shift < kGreatShift) return 0;
  for (int32_t dropped = kDroppedMax; dropped > 0; --dropped) {
    Stage shorter = stage;
    shorter.multiplier = stage.multiplier >> dropped << dropped;
    if (!SameOutputs(range, stage, shorter)) continue;
    stage = shorter;
    return dropped;
  }
  return 0;
}

int32_t BitsOf(int64_t magnitude) {
  int32_t bits = 0;
  while (magnitude >> bits != 0) ++bits;
  return bits;
}

}  // namespace

void SumRange::AddTap(int32_t weight) {
  min += std::min(-128 * weight, 127 * weight);
  max += std::max(-128 * weight, 127 * weight);
}

void SumRange::AddConstant(int64_t value) {
  min += value;
  max += value;
}

bool SumRange::FitsLane() const { return min >= INT16_MIN && max <= INT16_MAX; }

std::optional<ChannelScale> PackScale(int32_t bias, const SumRange& range, Stage stage) {
  const int32_t right = -stage.shift;
  if (right < 1 || right > 23 || stage.multiplier < 0) return {};
  if (range.min < -kSumMax || range.max > kSumMax) return {};
  const int32_t zeros = ShortenMultiplier(range, stage);
  const auto reach = FindReach(range, stage);
  if (!reach.has_value()) return {};
  const int64_t greatest = std::max(std::abs((int64_t{*reach} * stage.high) >> 8),
                                    std::abs((int64_t{*reach} * stage.low) >> 8));
  ChannelScale scale;
  scale.words = {bias, stage.multiplier, *reach * 256 + right};
  scale.piece_bits_min = (7 + right - zeros + 1) / 2;
  scale.piece_bits_max = 31 - BitsOf(greatest);
  return scale;
}

Sum SumOf(std::span<const int8_t> weights, int32_t bias, int32_t input_zero_point) {
  Sum sum;
  int64_t total = 0;
  for (const int8_t w : weights) {
    sum.range.AddTap(w);
    total += w;
  }
  sum.bias = bias - input_zero_point * total;
  sum.range.AddConstant(sum.bias);
  return sum;
}

bool ScalePacker::Add(const Sum& sum, const Stage& stage) {
  if (std::abs(sum.bias) > kSumMax) return false;
  const auto channel = PackScale(static_cast<int32_t>(sum.bias), sum.range, stage);
  if (!channel.has_value()) return false;
  min_ = std::max(min_, channel->piece_bits_min);
  max_ = std::min(max_, channel->piece_bits_max);
  words_.insert(words_.end(), channel->words.begin(), channel->words.end());
  return min_ <= max_;
}

std::vector<std::span<const int8_t>> CutIntoBlocks(std::span<const int8_t> weights, size_t unit,
                                                   size_t most) {
  std::vector<std::span<const int8_t>> blocks;
  while (!weights.empty()) {
    SumRange sum;
    size_t length = 0;
    for (; length < std::min(weights.size(), most); length += unit) {
      for (const int8_t w : weights.subspan(length, unit)) sum.AddTap(w);
      if (!sum.FitsLane()) break;
    }
    if (length == 0) return {};
    blocks.push_back(weights.first(length));
    weights = weights.subspan(length);
  }
  return blocks;
}

}  // namespace kinglet::compile::lanes
