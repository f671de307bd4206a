#include "src/quantize/quantize.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "src/ir/float_execute.h"
#include "src/ir/int8_grid.h"
#include "src/ir/lower.h"
#include "src/quantize/calibrate.h"
#include "src/quantize/scale_rules.h"

namespace kinglet::quantize {
namespace {

// A bias of at most 2^22 steps: a channel whose weights died keeps a scale that its bias can be
// expressed in, and the sums of products keep their 32 bits.
constexpr float kBiasStepsMax = 4194304;
constexpr float kScaleMin = 1e-12F;

// The channel of element i, for channels along one axis.
struct Channels {
  Channels(const std::vector<int32_t>& shape, int32_t axis) {
    const auto at = static_cast<size_t>(axis);
    count = static_cast<size_t>(shape[at]);
    for (size_t d = at + 1; d < shape.size(); ++d) run *= static_cast<size_t>(shape[d]);
  }
  size_t Of(size_t element) const { return element / run % count; }
  size_t count = 1, run = 1;
};

class Builder {
 public:
  Builder(const ir::Graph& source, const std::vector<ir::Quantization>& grids, RangeMethod ranges)
      : source_(source), grids_(grids), ranges_(ranges) {}

  Result<ir::Graph> Build() && {
    graph_.name = source_.name;
    graph_.metadata = source_.metadata;
    for (const ir::TensorIndex index : source_.inputs) graph_.inputs.push_back(Activation(index));
    for (const ir::Op& op : source_.ops) KINGLET_CHECK(AddOp(op));
    for (const ir::TensorIndex index : source_.outputs) graph_.outputs.push_back(Activation(index));
    return std::move(graph_);
  }

 private:
  Status AddOp(const ir::Op& source) {
    ir::Op op = source;
    for (size_t i = 0; i < op.inputs.size(); ++i) {
      if (op.inputs[i] != ir::kNoTensor && !IsWeights(source, i)) {
        op.inputs[i] = Activation(op.inputs[i]);
      }
    }
    if (WeightsOf(op.attributes).has_value()) KINGLET_CHECK(AddWeights(source, op));
    for (ir::TensorIndex& index : op.outputs) index = Activation(index);
    graph_.ops.push_back(std::move(op));
    return {};
  }

  ir::TensorIndex Add(ir::Tensor tensor) {
    graph_.tensors.push_back(std::move(tensor));
    return static_cast<ir::TensorIndex>(graph_.tensors.size()) - 1;
  }

  // The int8 tensor that stands for activation `index` of the float graph.
  ir::TensorIndex Activation(ir::TensorIndex index) {
    const auto known = activations_.find(index);
    if (known != activations_.end()) return known->second;
    const ir::Tensor& source = source_.tensor(index);
    ir::Tensor tensor = Like(source, ir::DataType::kInt8);
    tensor.quantization = grids_[static_cast<size_t>(index)];
    if (source.constant) {
      for (const float value : ir::FloatsOf(source)) {
        tensor.data.push_back(static_cast<uint8_t>(ir::ToInt8(value, tensor.quantization)));
      }
    }
    return activations_[index] = Add(std::move(tensor));
  }

  static ir::Tensor Like(const ir::Tensor& source, ir::DataType type) {
    ir::Tensor tensor;
    tensor.name = source.name;
    tensor.type = type;
    tensor.shape = source.shape;
    tensor.constant = source.constant;
    return tensor;
  }

  // Sets inputs 1 and 2 of `op`. The same weights read by two operators are two tensors, for their
  // scales depend on the operator's bias and input.
  Status AddWeights(const ir::Op& source, ir::Op& op) {
    const ir::Tensor& weights = source_.tensor(source.inputs[1]);
    const std::vector<float> values = ir::FloatsOf(weights);
    const WeightRule rule = *WeightsOf(source.attributes);
    const Channels channels(weights.shape, rule.axis);
    const bool has_bias = source.inputs.size() > 2 && source.inputs[2] != ir::kNoTensor;
    std::vector<float> bias;
    if (has_bias) bias = ir::FloatsOf(source_.tensor(source.inputs[2]));
    const float input_scale = graph_.tensor(op.inputs[0]).quantization.scales[0];

    const std::vector<float> scales = WeightScales(values, channels, bias, input_scale, rule);
    const auto scale_of = [&](size_t channel) { return scales[scales.size() == 1 ? 0 : channel]; };
    ir::Tensor quantized = Like(weights, ir::DataType::kInt8);
    quantized.quantization = {scales, std::vector<int32_t>(scales.size(), 0), rule.axis};
    for (size_t i = 0; i < values.size(); ++i) {
      const float steps = std::nearbyint(values[i] / scale_of(channels.Of(i)));
      const auto byte = static_cast<int8_t>(std::clamp(steps, -127.0F, 127.0F));
      quantized.data.push_back(static_cast<uint8_t>(byte));
    }
    op.inputs[1] = Add(std::move(quantized));
    if (!has_bias) return {};
    ir::Tensor quantized_bias = Like(source_.tensor(source.inputs[2]), ir::DataType::kInt32);
    for (const float scale : scales) {
      quantized_bias.quantization.scales.push_back(input_scale * scale);
      quantized_bias.quantization.zero_points.push_back(0);
    }
    for (size_t c = 0; c < bias.size(); ++c) {
      const double step = double{input_scale} * double{scale_of(c)};
      const double steps = std::round(double{bias[c]} / step);
      if (!(std::abs(steps) < 0x1p31)) {
        return Fail(Code::kUnsupported, "{}: bias {} in steps of {} is beyond int32", op.name,
                    bias[c], step);
      }
      AppendLe(quantized_bias.data, static_cast<int32_t>(steps));
    }
    op.inputs[2] = Add(std::move(quantized_bias));
    return {};
  }

  std::vector<float> WeightScales(const std::vector<float>& values, const Channels& channels,
                                  const std::vector<float>& bias, float input_scale,
                                  const WeightRule& rule) const {
    std::vector<std::vector<float>> by_channel(rule.per_channel ? channels.count : 1);
    for (size_t i = 0; i < values.size(); ++i) {
      by_channel[rule.per_channel ? channels.Of(i) : 0].push_back(values[i]);
    }
    std::vector<float> scales;
    scales.reserve(by_channel.size());
    for (const std::vector<float>& channel : by_channel) {
      scales.push_back(std::max(SymmetricScale(channel, ranges_), kScaleMin));
    }
    for (size_t c = 0; c < bias.size(); ++c) {
      float& scale = scales[rule.per_channel ? c : 0];
      scale = std::max(scale, std::fabs(bias[c]) / (input_scale * kBiasStepsMax));
    }
    return scales;
  }

  const ir::Graph& source_;
  const std::vector<ir::Quantization>& grids_;
  const RangeMethod ranges_;
  std::map<ir::TensorIndex, ir::TensorIndex> activations_;
  ir::Graph graph_;
};

}  // namespace

Result<ir::Graph> Quantize(const ir::Graph& graph, const Samples& samples, const Options& options) {
  if (!(options.percentile >= 50 && options.percentile <= 100)) {
    return Fail(Code::kInvalid, "percentile {}: must be 50 to 100", options.percentile);
  }
  KINGLET_ASSERT(samples.count > 0 && samples.values.size() == graph.inputs.size());
  KINGLET_TRY(ir::FloatExecutor executor, ir::FloatExecutor::Make(graph));
  KINGLET_TRY(const std::vector<ir::Quantization> grids, Calibrate(executor, samples, options));
  KINGLET_TRY(ir::Graph quantized, Builder(executor.graph(), grids, options.ranges).Build());
  const auto check = [&]() -> Status {
    KINGLET_CHECK(ir::Verify(quantized));
    KINGLET_TRY([[maybe_unused]] const auto calls, ir::Lower(quantized));
    return {};
  };
  const Status checked = check();
  if (!checked) return Within("as int8", checked.error());
  return quantized;
}

}  // namespace kinglet::quantize
