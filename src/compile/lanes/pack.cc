#include "src/compile/lanes/pack.h"

#include <algorithm>
#include <cmath>

#include "device/kernels/requantize.h"

namespace kinglet::compile::lanes {
namespace {

// Of a sum with its bias, so that clamping it cannot overflow.
constexpr int64_t kSumMax = int64_t{1} << 29;
constexpr int32_t kReachMax = (1 << 23) - 1;
constexpr int32_t kPairsOfBlock = 8;
constexpr int8_t kEndOfFilter = 9;

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
  const double unit = stage.multiplier == 0
                          ? INFINITY
                          : std::ldexp(256.0 / stage.multiplier, 31 - stage.shift);
  double enough = 0;
  if (stage.high > 0) enough = 256.0 * static_cast<double>(range.max) / stage.high + 256;
  if (stage.low < 0) {
    enough = std::max(enough, 256.0 * static_cast<double>(range.min) / stage.low + 256);
  }
  for (const double center : {unit, enough}) {
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

std::optional<ChannelScale> PackScale(int32_t bias, const SumRange& range, const Stage& stage) {
  const int32_t right = -stage.shift;
  if (right < 1 || right > 23 || stage.multiplier < 0) return {};
  if (range.min < -kSumMax || range.max > kSumMax) return {};
  const auto reach = FindReach(range, stage);
  if (!reach.has_value()) return {};
  const int64_t greatest = std::max(std::abs((int64_t{*reach} * stage.high) >> 8),
                                    std::abs((int64_t{*reach} * stage.low) >> 8));
  ChannelScale scale;
  scale.words = {bias, stage.multiplier, *reach * 256 + right};
  scale.piece_bits_min = (7 + right + 1) / 2;
  scale.piece_bits_max = 31 - BitsOf(greatest);
  return scale;
}

bool ScalePacker::Add(const std::optional<ChannelScale>& channel) {
  if (!channel.has_value()) return false;
  min_ = std::max(min_, channel->piece_bits_min);
  max_ = std::min(max_, channel->piece_bits_max);
  words_.insert(words_.end(), channel->words.begin(), channel->words.end());
  return min_ <= max_;
}

bool PackFilter(std::span<const int8_t> weights, int32_t bias, int32_t input_zero_point,
                const Stage& stage, std::vector<int8_t>& stream, ScalePacker& scales) {
  std::vector<int8_t> taps(weights.begin(), weights.end());
  if (taps.size() % 2 != 0) taps.push_back(0);
  SumRange sum;
  int64_t total = 0;
  for (const int8_t w : taps) {
    sum.AddTap(w);
    total += w;
  }
  const int64_t whole_bias = bias - input_zero_point * total;
  sum.AddConstant(whole_bias);
  if (std::abs(whole_bias) > kSumMax || !scales.Add(PackScale(static_cast<int32_t>(whole_bias), sum, stage))) return false;

  const size_t blocks_at = stream.size();
  int32_t blocks = 0;
  stream.push_back(0);
  for (size_t i = 0; i < taps.size();) {
    SumRange block;
    size_t end = i;
    while (end < taps.size() && end < i + 2 * kPairsOfBlock) {
      SumRange longer = block;
      longer.AddTap(taps[end]);
      longer.AddTap(taps[end + 1]);
      if (!longer.FitsLane()) break;
      block = longer;
      end += 2;
    }
    if (end == i) return false;  // two weights of -128
    stream.push_back(static_cast<int8_t>(kPairsOfBlock - (end - i) / 2));
    stream.insert(stream.end(), taps.begin() + static_cast<ptrdiff_t>(i),
                  taps.begin() + static_cast<ptrdiff_t>(end));
    ++blocks;
    i = end;
  }
  stream.push_back(kEndOfFilter);
  stream[blocks_at] = static_cast<int8_t>(blocks);
  return blocks <= UINT8_MAX;
}

}  // namespace kinglet::compile::lanes
