// Which range of real numbers the int8 values of a tensor stand for.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "src/base/result.h"

namespace kinglet::quantize {

enum class RangeMethod : uint8_t {
  kMinMax,      // everything that was seen
  kPercentile,  // all but the outermost values, of which as many are left out at either end
  kMse,         // the range with the least squared error: of rounding inside, of clipping outside
};

// "minmax", "percentile", "mse"; kInvalid for other words.
Result<RangeMethod> ParseRangeMethod(std::string_view name);
std::string_view RangeMethodName(RangeMethod method);

// Always holds 0.
struct Range {
  float low = 0, high = 0;

  void Include(float value) {
    low = value < low ? value : low;
    high = value > high ? value : high;
  }
};

// How the values of a tensor spread over the range in which all of them lie.
class Histogram {
 public:
  explicit Histogram(Range extent);

  void Add(std::span<const float> values);
  uint64_t count() const { return count_; }

  // The range that keeps `percent` of the values.
  Range Percentile(double percent) const;
  // The range whose int8 grid has the least squared error over the values.
  Range LeastSquaredError() const;

 private:
  struct Bin {
    uint64_t count = 0;
    double sum = 0;
  };

  float LowEdge(size_t bin) const;
  double SquaredError(Range range) const;

  Range extent_;
  double bins_per_unit_;
  uint64_t count_ = 0;
  std::vector<Bin> bins_;
};

// The scale with which weights in -127..127 stand for `weights`: their largest magnitude is 127,
// or, for kMse, the scale with the least squared error. 0 when all are 0.
float SymmetricScale(std::span<const float> weights, RangeMethod method);

}  // namespace kinglet::quantize
