#include "src/optimize/fuse_activations.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <variant>

#include "src/ir/lower.h"

namespace kinglet::optimize {
namespace {

// The fused activation of `op`; null for kinds that have none.
ir::Activation* ActivationOf(ir::Op& op) {
  return std::visit(
      [](auto& a) -> ir::Activation* {
        if constexpr (requires { a.activation; }) return &a.activation;
        return nullptr;
      },
      op.attributes);
}

struct Range {
  float min, max;
};

Range RealRange(ir::Activation activation) {
  constexpr float kEnd = std::numeric_limits<float>::infinity();
  switch (activation) {
    case ir::Activation::kRelu:
      return {0, kEnd};
    case ir::Activation::kRelu6:
      return {0, 6};
    case ir::Activation::kReluN1To1:
      return {-1, 1};
    default:
      return {-kEnd, kEnd};
  }
}

// The one that leaves of an int8 or float32 tensor what both leave.
std::optional<ir::Activation> Both(ir::Activation a, ir::Activation b, const ir::Tensor& tensor) {
  const auto range = [&](ir::Activation activation) -> Range {
    if (tensor.type == ir::DataType::kFloat32) return RealRange(activation);
    const ir::ActivationRange steps = ir::QuantizedActivationRange(
        activation, tensor.quantization.scales[0], tensor.quantization.zero_points[0]);
    return {static_cast<float>(steps.min), static_cast<float>(steps.max)};
  };
  const float min = std::max(range(a).min, range(b).min);
  const float max = std::min(range(a).max, range(b).max);
  for (const ir::Activation activation : {ir::Activation::kNone, ir::Activation::kRelu,
                                          ir::Activation::kRelu6, ir::Activation::kReluN1To1}) {
    if (range(activation).min == min && range(activation).max == max) return activation;
  }
  return {};
}

class Fuser {
 public:
  explicit Fuser(ir::Graph graph)
      : graph_(std::move(graph)), writer_(graph_.tensors.size()), readers_(graph_.tensors.size()) {
    for (const ir::TensorIndex index : graph_.outputs) ++readers_[static_cast<size_t>(index)];
    for (const ir::Op& op : graph_.ops) {
      for (const ir::TensorIndex index : op.inputs) {
        if (index != ir::kNoTensor) ++readers_[static_cast<size_t>(index)];
      }
    }
  }

  Rewritten Run() {
    std::vector<ir::Op> kept;
    for (ir::Op& op : graph_.ops) {
      if (Fuse(op, kept)) continue;
      for (const ir::TensorIndex index : op.outputs) {
        writer_[static_cast<size_t>(index)] = kept.size();
      }
      kept.push_back(std::move(op));
    }
    graph_.ops = std::move(kept);
    return {std::move(graph_), std::move(changes_)};
  }

 private:
  // `kept` holds the operators before `op`. True if one of them has taken it over.
  bool Fuse(const ir::Op& op, std::vector<ir::Op>& kept) {
    const auto* clip = std::get_if<ir::Clip>(&op.attributes);
    if (clip == nullptr) return false;
    const ir::TensorIndex input = op.inputs[0];
    const ir::Tensor &before = graph_.tensor(input), &after = graph_.tensor(op.outputs[0]);
    const std::optional<size_t> writer = writer_[static_cast<size_t>(input)];
    if (!writer || readers_[static_cast<size_t>(input)] != 1 ||
        (before.type != ir::DataType::kInt8 && before.type != ir::DataType::kFloat32) ||
        before.quantization != after.quantization) {
      return false;
    }
    ir::Op& producer = kept[*writer];
    ir::Activation* const activation = ActivationOf(producer);
    if (activation == nullptr || producer.outputs.size() != 1) return false;
    const auto both = Both(*activation, clip->range, after);
    if (!both) return false;
    *activation = *both;
    producer.outputs = op.outputs;
    writer_[static_cast<size_t>(op.outputs[0])] = writer;
    changes_.push_back(fmt::format("{}: clamps in the place of {}", producer.name, op.name));
    return true;
  }

  ir::Graph graph_;
  std::vector<std::optional<size_t>> writer_;  // per tensor, an operator that is kept
  std::vector<size_t> readers_;                // per tensor
  std::vector<std::string> changes_;
};

}  // namespace

Result<Rewritten> FuseActivations(ir::Graph graph) { return Fuser(std::move(graph)).Run(); }

}  // namespace kinglet::optimize
