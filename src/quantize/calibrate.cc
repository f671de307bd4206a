#include "src/quantize/calibrate.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "src/ir/int8_grid.h"
#include "src/quantize/scale_rules.h"

namespace kinglet::quantize {
namespace {

// What a histogram takes times this many stays below a gigabyte.
constexpr size_t kActivationsMax = 10'000;

size_t At(ir::TensorIndex index) { return static_cast<size_t>(index); }

// The range of the values; nothing when one is not finite.
std::optional<Range> RangeOf(std::span<const float> values) {
  Range range;
  for (const float value : values) {
    if (!std::isfinite(value)) return std::nullopt;
    range.Include(value);
  }
  return range;
}

// Runs all samples and calls visit(tensor, values) for every input and output of an operator.
template <typename Visit>
Status RunAll(ir::FloatExecutor& executor, const Samples& samples, std::string_view label,
              Progress::Show show, Visit visit) {
  Progress progress(label, samples.count, "samples", show);
  Status status;
  for (size_t i = 0; i < samples.count && status.has_value(); ++i) {
    executor.Run(samples.At(i), [&](ir::TensorIndex tensor, std::span<const float> values) {
      if (status.has_value()) status = visit(tensor, values);
    });
    progress.Update(i + 1);
  }
  return status;
}

// What every activation held, of constants what they hold.
Result<std::vector<Range>> ObserveExtents(ir::FloatExecutor& executor, const Samples& samples,
                                          Progress::Show show) {
  const ir::Graph& graph = executor.graph();
  std::vector<Range> extents(graph.tensors.size());
  const auto observe = [&](ir::TensorIndex tensor, std::span<const float> values) -> Status {
    const std::optional<Range> range = RangeOf(values);
    if (!range.has_value()) {
      return Fail(Code::kInvalid, "tensor '{}' takes values that are not finite",
                  graph.tensor(tensor).name);
    }
    extents[At(tensor)].Include(range->low);
    extents[At(tensor)].Include(range->high);
    return {};
  };
  for (const ir::Op& op : graph.ops) {
    for (const ir::TensorIndex index : op.inputs) {
      if (index == ir::kNoTensor || !graph.tensor(index).constant) continue;
      KINGLET_CHECK(observe(index, ir::FloatsOf(graph.tensor(index))));
    }
  }
  KINGLET_CHECK(RunAll(executor, samples, "ranges", show, observe));
  return extents;
}

// The ranges by a method that looks at how the values spread.
Status Narrow(ir::FloatExecutor& executor, const Samples& samples, const Options& options,
              std::vector<Range>& ranges) {
  const ir::Graph& graph = executor.graph();
  const auto computed = static_cast<size_t>(
      std::ranges::count_if(graph.tensors, [](const ir::Tensor& t) { return !t.constant; }));
  if (computed > kActivationsMax) {
    return Fail(Code::kUnsupported, "{} activations, at most {} for ranges by {}", computed,
                kActivationsMax, RangeMethodName(options.ranges));
  }
  std::vector<Histogram> histograms(ranges.begin(), ranges.end());
  const auto observe = [&](ir::TensorIndex tensor, std::span<const float> values) -> Status {
    histograms[At(tensor)].Add(values);
    return {};
  };
  KINGLET_CHECK(RunAll(executor, samples, "histograms", options.progress, observe));
  for (size_t i = 0; i < ranges.size(); ++i) {
    if (histograms[i].count() == 0) continue;  // a constant
    ranges[i] = options.ranges == RangeMethod::kMse ? histograms[i].LeastSquaredError()
                                                    : histograms[i].Percentile(options.percentile);
  }
  return {};
}

// Tensors that must have one scale, in sets; each has a tensor that stands for it.
class ScaleSets {
 public:
  explicit ScaleSets(const ir::Graph& graph) : parent_(graph.tensors.size()) {
    std::iota(parent_.begin(), parent_.end(), size_t{0});
    for (const ir::Op& op : graph.ops) {
      if (!KeepsScale(op.attributes)) continue;
      for (const auto& tensors : {op.inputs, op.outputs}) {
        for (const ir::TensorIndex tensor : tensors) {
          if (tensor != ir::kNoTensor) parent_[Of(At(tensor))] = Of(At(op.outputs[0]));
        }
      }
    }
  }

  size_t Of(size_t tensor) {
    while (parent_[tensor] != tensor) tensor = parent_[tensor] = parent_[parent_[tensor]];
    return tensor;
  }

 private:
  std::vector<size_t> parent_;
};

// Which tensors may be clipped to the range of their set: constants that are only compared. What is
// beyond all results of a MINIMUM or MAXIMUM may as well stand at the end of the range.
std::vector<bool> OnlyCompared(const ir::Graph& graph) {
  std::vector<bool> only;
  for (const ir::Tensor& tensor : graph.tensors) only.push_back(tensor.constant);
  for (const ir::Op& op : graph.ops) {
    if (std::holds_alternative<ir::Extremum>(op.attributes)) continue;
    for (const ir::TensorIndex input : op.inputs) {
      if (input != ir::kNoTensor) only[At(input)] = false;
    }
  }
  return only;
}

// A tensor of a set with a fixed scale must be expressible in it.
Status CheckFits(const ir::Tensor& tensor, const Range& range, const ir::Quantization& grid) {
  const float scale = grid.scales[0];
  const float low = scale * static_cast<float>(-128 - grid.zero_points[0] - 1);
  const float high = scale * static_cast<float>(127 - grid.zero_points[0] + 1);
  if (range.low >= low && range.high <= high) return {};
  return Fail(Code::kUnsupported,
              "tensor '{}' with values {} to {} must share the fixed scale {} and zero point {} of "
              "softmax, logistic or tanh",
              tensor.name, range.low, range.high, scale, grid.zero_points[0]);
}

}  // namespace

bool IsWeights(const ir::Op& op, size_t i) { return i > 0 && WeightsOf(op.attributes).has_value(); }

Result<std::vector<ir::Quantization>> Calibrate(ir::FloatExecutor& executor, const Samples& samples,
                                                const Options& options) {
  const ir::Graph& graph = executor.graph();
  KINGLET_TRY(const std::vector<Range> extents,
              ObserveExtents(executor, samples, options.progress));
  std::vector<Range> ranges = extents;
  if (options.ranges != RangeMethod::kMinMax) {
    KINGLET_CHECK(Narrow(executor, samples, options, ranges));
  }
  ScaleSets sets(graph);
  const std::vector<bool> clipped = OnlyCompared(graph);
  std::vector<Range> set_ranges(ranges.size());
  for (size_t i = 0; i < ranges.size(); ++i) {
    if (clipped[i]) continue;
    set_ranges[sets.Of(i)].Include(ranges[i].low);
    set_ranges[sets.Of(i)].Include(ranges[i].high);
  }
  std::vector<ir::Quantization> grids(ranges.size());
  for (size_t i = 0; i < ranges.size(); ++i) {
    // A tensor that was always 0 says nothing of its scale; one far from tiny suits its readers.
    const Range range = set_ranges[i];
    const bool empty = range.low == 0 && range.high == 0;
    grids[i] = empty ? ir::Int8Grid(0, 1) : ir::Int8Grid(range.low, range.high);
  }
  std::vector<bool> fixed(ranges.size(), false);
  for (const ir::Op& op : graph.ops) {
    const std::optional<ir::Quantization> grid = FixedOutput(op.attributes);
    if (!grid.has_value()) continue;
    const size_t set = sets.Of(At(op.outputs[0]));
    grids[set] = *grid;
    fixed[set] = true;
  }
  std::vector<ir::Quantization> result(ranges.size());
  for (size_t i = 0; i < ranges.size(); ++i) {
    const size_t set = sets.Of(i);
    if (fixed[set] && !clipped[i]) {
      KINGLET_CHECK(CheckFits(graph.tensors[i], extents[i], grids[set]));
    }
    result[i] = grids[set];
  }
  return result;
}

}  // namespace kinglet::quantize
