#include "src/quantize/range.h"

#include <algorithm>
#include <cmath>

#include "src/ir/int8_grid.h"

namespace kinglet::quantize {
namespace {

// 16 bins for each int8 value of the widest range.
constexpr size_t kBins = 4096;
// Ends are tried at this many fractions of the extent.
constexpr int kTrials = 128;
constexpr int kWeightTrials = 48;
constexpr float kWeightMax = 127;

double WeightError(std::span<const float> weights, float scale) {
  double error = 0;
  for (const float weight : weights) {
    const float steps = std::clamp(std::nearbyint(weight / scale), -kWeightMax, kWeightMax);
    const double difference = double{weight} - double{steps} * double{scale};
    error += difference * difference;
  }
  return error;
}

}  // namespace

Result<RangeMethod> ParseRangeMethod(std::string_view name) {
  for (const RangeMethod method :
       {RangeMethod::kMinMax, RangeMethod::kPercentile, RangeMethod::kMse}) {
    if (name == RangeMethodName(method)) return method;
  }
  return Fail(Code::kInvalid, "--ranges '{}': must be minmax, percentile or mse", name);
}

std::string_view RangeMethodName(RangeMethod method) {
  switch (method) {
    case RangeMethod::kMinMax:
      return "minmax";
    case RangeMethod::kPercentile:
      return "percentile";
    case RangeMethod::kMse:
      return "mse";
  }
  return "minmax";
}

Histogram::Histogram(Range extent) : extent_(extent) {
  const double width = double{extent.high} - double{extent.low};
  bins_per_unit_ = width > 0 ? kBins / width : 0;
}

void Histogram::Add(std::span<const float> values) {
  bins_.resize(kBins);  // of constants, which are never added, there are none
  for (const float value : values) {
    const double place = (double{value} - double{extent_.low}) * bins_per_unit_;
    Bin& bin = bins_[static_cast<size_t>(std::clamp(place, 0.0, kBins - 1.0))];
    ++bin.count;
    bin.sum += double{value};
  }
  count_ += values.size();
}

float Histogram::LowEdge(size_t bin) const {
  return static_cast<float>(double{extent_.low} + static_cast<double>(bin) / bins_per_unit_);
}

Range Histogram::Percentile(double percent) const {
  if (bins_per_unit_ == 0 || count_ == 0) return extent_;
  const auto cut_max =
      static_cast<uint64_t>(static_cast<double>(count_) * (100 - percent) / 200);  // at either end
  size_t first = 0, last = kBins - 1;
  for (uint64_t cut = bins_[first].count; cut <= cut_max && first < last; ++first) {
    cut += bins_[first + 1].count;
  }
  for (uint64_t cut = bins_[last].count; cut <= cut_max && last > first; --last) {
    cut += bins_[last - 1].count;
  }
  Range range;
  range.Include(first == 0 ? extent_.low : LowEdge(first));
  range.Include(last == kBins - 1 ? extent_.high : LowEdge(last + 1));
  return range;
}

double Histogram::SquaredError(Range range) const {
  const ir::Quantization grid = ir::Int8Grid(range.low, range.high);
  double error = 0;
  for (const Bin& bin : bins_) {
    if (bin.count == 0) continue;
    const double mean = bin.sum / static_cast<double>(bin.count);
    const int32_t steps = ir::ToInt8(static_cast<float>(mean), grid) - grid.zero_points[0];
    const double difference = mean - steps * double{grid.scales[0]};
    error += difference * difference * static_cast<double>(bin.count);
  }
  return error;
}

// One end after the other, twice: the ends depend on each other only through the step between them.
Range Histogram::LeastSquaredError() const {
  if (bins_per_unit_ == 0 || count_ == 0) return extent_;
  Range best = extent_;
  double least = SquaredError(best);
  const auto try_range = [&](Range range) {
    const double error = SquaredError(range);
    if (error >= least) return;
    least = error;
    best = range;
  };
  for (int round = 0; round < 2; ++round) {
    for (int i = 1; i <= kTrials; ++i) {
      const float part = static_cast<float>(i) / kTrials;
      try_range({best.low, extent_.high * part});
    }
    if (extent_.low == 0) break;
    for (int i = 1; i <= kTrials; ++i) {
      const float part = static_cast<float>(i) / kTrials;
      try_range({extent_.low * part, best.high});
    }
  }
  return best;
}

float SymmetricScale(std::span<const float> weights, RangeMethod method) {
  float largest = 0;
  for (const float weight : weights) largest = std::max(largest, std::fabs(weight));
  const float whole = largest / kWeightMax;
  if (method != RangeMethod::kMse || whole == 0) return whole;
  float best = whole;
  double least = WeightError(weights, whole);
  for (int i = 1; i < kWeightTrials; ++i) {
    const float scale = whole * (1 - static_cast<float>(i) / (2 * kWeightTrials));
    const double error = WeightError(weights, scale);
    if (error >= least) continue;
    least = error;
    best = scale;
  }
  return best;
}

}  // namespace kinglet::quantize
