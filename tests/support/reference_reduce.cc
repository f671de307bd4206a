// The slow reference of operators that make one element of several.
#include <algorithm>
#include <cmath>

#include "tests/support/exact.h"
#include "tests/support/reference_tensor.h"

namespace kinglet::testing {
namespace {

using Index = std::vector<int32_t>;

class Reduction {
 public:
  explicit Reduction(ReferenceCall& call) : in_(call.in[0]), out_(call.out[0]) {}

  // QuantizedMeanOrSum of the reference's reduce.h.
  bool operator()(const ir::Reduce& a) {
    std::vector<int64_t> sums(out_.values.size(), 0);
    std::vector<int64_t> counts(out_.values.size(), 0);
    Numbers place{out_.tensor, {}};
    for (size_t i = 0; i < sums.size(); ++i) place.values.push_back(static_cast<int64_t>(i));
    ForEachIndex(in_.shape(), [&](const Index& index) {
      Index at;
      for (size_t d = 0; d < index.size(); ++d) {
        const bool reduced = std::ranges::find(a.axes, static_cast<int32_t>(d)) != a.axes.end();
        if (!reduced || a.keep_dims) at.push_back(reduced ? 0 : index[d]);
      }
      const auto i = static_cast<size_t>(place.At(at));
      sums[i] += in_.At(index) - in_.zero_point();
      ++counts[i];
    });
    exact::Multiplier m =
        exact::MakeMultiplier(static_cast<double>(in_.scale()) / static_cast<double>(out_.scale()));
    if (a.kind == ir::Reduce::Kind::kMean) {
      int bits = 0;
      while ((int64_t{2} << bits) <= counts[0]) ++bits;
      bits = std::min(bits, 31 + m.shift);
      m.fixed = m.fixed * (int64_t{1} << bits) / counts[0];
      m.shift -= bits;
    }
    const Limits limits = TypeLimits(out_.tensor->type);
    for (size_t i = 0; i < sums.size(); ++i) {
      const int64_t value = exact::Rescale(sums[i], m) + out_.zero_point();
      out_.values[i] = exact::Clamp(exact::Wrap32(value), limits.low, limits.high);
    }
    return true;
  }

  bool operator()(const ir::ArgExtremum& a) {
    const bool greatest = a.kind == ir::ArgExtremum::Kind::kMaximum;
    const int32_t size = in_.shape()[static_cast<size_t>(a.axis)];
    ForEachIndex(out_.shape(), [&](const Index& index) {
      Index at = index;
      at.insert(at.begin() + a.axis, 0);
      int32_t& place = at[static_cast<size_t>(a.axis)];
      int64_t best = in_.At(at), found = 0;
      for (place = 1; place < size; ++place) {
        const int64_t value = in_.At(at);
        if (greatest ? value <= best : value >= best) continue;
        best = value;
        found = place;
      }
      out_.At(index) = found;
    });
    return true;
  }

  // ResizeBilinearInteger of the reference's resize_bilinear.h.
  bool operator()(const ir::Resize& a) {
    if (a.kind != ir::Resize::Kind::kBilinear) return false;
    ForEachIndex(out_.shape(), [&](const Index& index) {
      const Place y = Interpolate(a, 1, index[1]), x = Interpolate(a, 2, index[2]);
      const auto part = [&](int32_t row, int64_t row_part, int32_t column, int64_t column_part) {
        return in_.At({index[0], row, column, index[3]}) * row_part * column_part;
      };
      const int64_t sum = part(y.below, 1024 - y.part, x.below, 1024 - x.part) +
                          part(y.above, y.part, x.below, 1024 - x.part) +
                          part(y.below, 1024 - y.part, x.above, x.part) +
                          part(y.above, y.part, x.above, x.part);
      out_.At(index) = exact::RoundShift(sum, 20);
    });
    return true;
  }

  template <typename Other>
  bool operator()(const Other&) {
    return false;
  }

 private:
  // Between which two pixels an output pixel lies, and how far from the one below in 1/1024.
  struct Place {
    int32_t below, above;
    int64_t part;
  };

  Place Interpolate(const ir::Resize& a, size_t axis, int64_t i) const {
    const int64_t input = in_.shape()[axis], output = out_.shape()[axis];
    int64_t scale = (1024 * input + output / 2) / output;
    if (a.align_corners && output > 1) {
      scale = (1024 * (input - 1) + (output - 1) / 2) / (output - 1);
    }
    const int64_t at = i * scale + (a.half_pixel_centers ? scale / 2 - 512 : 0);
    // Beyond the last pixel, where the reference reads on, it is the last.
    const int64_t below = std::min(std::max(at / 1024, int64_t{0}), input - 1);
    const int64_t above = std::min((at + 1023) / 1024, input - 1);
    return {static_cast<int32_t>(below), static_cast<int32_t>(above), at - 1024 * below};
  }

  const Numbers& in_;
  Numbers& out_;
};

}  // namespace

bool ReferenceReduce(ReferenceCall& call) {
  return std::visit(Reduction(call), call.op.attributes);
}

}  // namespace kinglet::testing
