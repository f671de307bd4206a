#include "src/optimize/remove_dead_channels.h"

#include <algorithm>
#include <utility>

#include "device/kernels/requantize.h"
#include "src/optimize/channel_range.h"
#include "src/optimize/channel_use.h"

namespace kinglet::optimize {
namespace {

std::vector<size_t> Indices(const std::vector<bool>& flags, bool value) {
  std::vector<size_t> indices;
  for (size_t i = 0; i < flags.size(); ++i) {
    if (flags[i] == value) indices.push_back(i);
  }
  return indices;
}

// `tensor` with only the indices `kept` of dimension `axis`; per-channel scales along it follow.
ir::Tensor Select(const ir::Tensor& tensor, size_t axis, const std::vector<size_t>& kept) {
  const auto size = static_cast<size_t>(tensor.shape[axis]);
  size_t inner = ir::DataTypeBytes(tensor.type);
  for (size_t i = axis + 1; i < tensor.shape.size(); ++i) {
    inner *= static_cast<size_t>(tensor.shape[i]);
  }
  ir::Tensor result = tensor;
  result.shape[axis] = static_cast<int32_t>(kept.size());
  result.data.clear();
  for (size_t at = 0; at < tensor.data.size(); at += size * inner) {
    for (const size_t index : kept) {
      const auto from = tensor.data.begin() + static_cast<ptrdiff_t>(at + index * inner);
      result.data.insert(result.data.end(), from, from + static_cast<ptrdiff_t>(inner));
    }
  }
  ir::Quantization& q = result.quantization;
  if (q.scales.size() == size && static_cast<size_t>(q.axis) == axis && size > 1) {
    q.scales.clear();
    q.zero_points.clear();
    for (const size_t index : kept) {
      q.scales.push_back(tensor.quantization.scales[index]);
      q.zero_points.push_back(tensor.quantization.zero_points[index]);
    }
  }
  return result;
}

class Remover {
 public:
  Remover(ir::Graph graph, const ChannelRanges& ranges, ChannelFlags needed)
      : graph_(std::move(graph)), ranges_(ranges), needed_(std::move(needed)) {}

  Rewritten Run() {
    for (ir::Op& op : graph_.ops) Rewrite(op);
    // Until here every activation has had its old shape, and every constant its old content.
    for (size_t t = 0; t < needed_.size(); ++t) {
      if (needed_[t].empty()) continue;
      ir::Tensor& tensor = graph_.tensors[t];
      if (!tensor.shape.empty()) {
        tensor.shape.back() = static_cast<int32_t>(Indices(needed_[t], true).size());
      }
    }
    return {std::move(graph_), std::move(changes_)};
  }

 private:
  bool Shrinks(ir::TensorIndex index) const {
    const auto& flags = needed_[static_cast<size_t>(index)];
    return std::ranges::find(flags, false) != flags.end();
  }
  std::vector<size_t> Kept(ir::TensorIndex index) const {
    return Indices(needed_[static_cast<size_t>(index)], true);
  }

  ir::TensorIndex AddTensor(ir::Tensor tensor) {
    graph_.tensors.push_back(std::move(tensor));
    return static_cast<ir::TensorIndex>(graph_.tensors.size()) - 1;
  }

  void Rewrite(ir::Op& op) {
    if (op.outputs.size() != 1) return;
    const bool output_shrinks = Shrinks(op.outputs[0]);
    if (MixesChannels(graph_, op)) {
      if (Shrinks(op.inputs[0])) TakeInputsAway(op);
      if (output_shrinks) TakeOutputsAway(op, 0);
    } else if (std::holds_alternative<ir::DepthwiseConv2d>(op.attributes)) {
      if (output_shrinks) TakeOutputsAway(op, 3);
    } else if (output_shrinks) {
      for (ir::TensorIndex& input : op.inputs) {
        if (input == ir::kNoTensor) continue;
        const ir::Tensor& tensor = graph_.tensor(input);
        const size_t channels = needed_[static_cast<size_t>(op.outputs[0])].size();
        const bool repeats =
            tensor.shape.empty() || static_cast<size_t>(tensor.shape.back()) != channels;
        if (!tensor.constant || repeats) continue;
        input = AddTensor(Select(tensor, tensor.shape.size() - 1, Kept(op.outputs[0])));
      }
    }
    if (output_shrinks) Tell(op);
  }

  void Tell(const ir::Op& op) {
    const size_t channels = needed_[static_cast<size_t>(op.outputs[0])].size();
    changes_.push_back(fmt::format("{}: {} of {} channels removed", op.name,
                                   channels - Kept(op.outputs[0]).size(), channels));
  }

  // Input channels that go leave what they add to every sum in the bias.
  void TakeInputsAway(ir::Op& op) {
    const FilterLayout layout = LayoutOf(graph_, op);
    const Range* ranges = ranges_[static_cast<size_t>(op.inputs[0])].data();
    const int32_t zero_point = graph_.tensor(op.inputs[0]).quantization.zero_points[0];
    const std::vector<bool>& needed = needed_[static_cast<size_t>(op.inputs[0])];
    ir::Tensor weights = graph_.tensor(op.inputs[1]);
    const Bytes before = std::exchange(weights.data, {});
    std::vector<int32_t> moved(layout.outputs, 0);
    for (size_t o = 0; o < layout.outputs; ++o) {
      for (size_t k = 0; k < layout.per_output(); ++k) {
        const uint8_t weight = before[o * layout.per_output() + k];
        const size_t i = k % layout.inputs;
        if (needed[i]) {
          weights.data.push_back(weight);
        } else if (ranges[i].constant()) {  // else the weight is 0 or the output goes, too
          const int32_t value = ranges[i].min - zero_point;
          moved[o] = kernels::WrappingAdd(moved[o], static_cast<int8_t>(weight) * value);
        }
      }
    }
    const size_t inputs_left = Indices(needed, true).size();
    weights.shape.back() = static_cast<int32_t>(static_cast<size_t>(weights.shape.back()) /
                                                layout.inputs * inputs_left);
    op.inputs[1] = AddTensor(std::move(weights));
    AddToBias(op, moved);
  }

  void AddToBias(ir::Op& op, const std::vector<int32_t>& moved) {
    if (std::ranges::all_of(moved, [](int32_t value) { return value == 0; })) return;
    ir::Tensor bias = BiasOf(op, moved.size());
    const Bytes before = std::exchange(bias.data, {});
    for (size_t o = 0; o < moved.size(); ++o) {
      AppendLe(bias.data,
               kernels::WrappingAdd(LoadLe<int32_t>(before, o * sizeof(int32_t)), moved[o]));
    }
    op.inputs.resize(3, ir::kNoTensor);
    op.inputs[2] = AddTensor(std::move(bias));
  }

  bool HasBias(const ir::Op& op) const {
    return op.inputs.size() > 2 && op.inputs[2] != ir::kNoTensor;
  }
  // In one dimension; zeros when `op` has none.
  ir::Tensor BiasOf(const ir::Op& op, size_t outputs) const {
    ir::Tensor bias;
    if (HasBias(op)) {
      bias = graph_.tensor(op.inputs[2]);
    } else {
      bias.name = op.name + "_bias";
      bias.type = ir::DataType::kInt32;
      bias.constant = true;
      bias.data.resize(outputs * sizeof(int32_t), 0);
    }
    if (bias.shape.size() != 1) {
      bias.shape = {static_cast<int32_t>(outputs)};
      bias.quantization = {};
    }
    return bias;
  }

  void TakeOutputsAway(ir::Op& op, size_t axis) {
    const std::vector<size_t> kept = Kept(op.outputs[0]);
    op.inputs[1] = AddTensor(Select(graph_.tensor(op.inputs[1]), axis, kept));
    if (!HasBias(op)) return;
    const size_t outputs = needed_[static_cast<size_t>(op.outputs[0])].size();
    op.inputs[2] = AddTensor(Select(BiasOf(op, outputs), 0, kept));
  }

  ir::Graph graph_;
  const ChannelRanges& ranges_;
  ChannelFlags needed_;
  std::vector<std::string> changes_;
};

}  // namespace

Result<Rewritten> RemoveDeadChannels(ir::Graph graph) {
  KINGLET_TRY(const std::vector<ir::KernelCall> calls, ir::Lower(graph));
  const ChannelRanges ranges = FindRanges(graph, calls);
  ChannelFlags needed = FindNeeded(graph, ranges);
  return Remover(std::move(graph), ranges, std::move(needed)).Run();
}

}  // namespace kinglet::optimize
