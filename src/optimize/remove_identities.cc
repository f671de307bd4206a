#include "src/optimize/remove_identities.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "src/ir/lower.h"

namespace kinglet::optimize {
namespace {

bool IsOneElementPool(const ir::Graph& graph, const ir::Op& op) {
  const auto* pool = std::get_if<ir::Pool2d>(&op.attributes);
  if (pool == nullptr || pool->filter_h != 1 || pool->filter_w != 1) return false;
  const ir::Tensor& output = graph.tensor(op.outputs[0]);
  const ir::ActivationRange range = ir::QuantizedActivationRange(
      pool->activation, output.quantization.scales[0], output.quantization.zero_points[0]);
  return range.min == -128 && range.max == 127 && graph.tensor(op.inputs[0]).shape == output.shape;
}

// Whether `op` writes its input's bytes as they are, meaning the same values.
bool IsIdentity(const ir::Graph& graph, const ir::Op& op) {
  if (!std::holds_alternative<ir::Reshape>(op.attributes) && !IsOneElementPool(graph, op)) {
    return false;
  }
  const ir::Tensor& input = graph.tensor(op.inputs[0]);
  const ir::Tensor& output = graph.tensor(op.outputs[0]);
  return !input.constant && input.type == output.type && input.quantization == output.quantization;
}

class Remover {
 public:
  explicit Remover(ir::Graph graph) : graph_(std::move(graph)) {}

  Rewritten Run() {
    std::vector<ir::Op> kept;
    for (size_t i = 0; i < graph_.ops.size(); ++i) {
      ir::Op& op = graph_.ops[i];
      if (IsIdentity(graph_, op) && Bypass(i, op.inputs[0], op.outputs[0])) {
        changes_.push_back(fmt::format("{}: moves nothing", op.name));
      } else {
        kept.push_back(std::move(op));
      }
    }
    graph_.ops = std::move(kept);
    return {std::move(graph_), std::move(changes_)};
  }

 private:
  static bool Contains(const std::vector<ir::TensorIndex>& list, ir::TensorIndex index) {
    return std::ranges::find(list, index) != list.end();
  }

  // Makes the readers of `output`, which operator `identity` wrote, read `input`. False, with
  // nothing changed, when one of them cannot.
  bool Bypass(size_t identity, ir::TensorIndex input, ir::TensorIndex output) {
    if (Contains(graph_.outputs, output)) return false;
    const bool same_shape = graph_.tensor(input).shape == graph_.tensor(output).shape;
    for (size_t i = identity + 1; i < graph_.ops.size() && !same_shape; ++i) {
      const ir::Op& reader = graph_.ops[i];
      if (!Contains(reader.inputs, output)) continue;
      const bool takes_any_shape = std::holds_alternative<ir::FullyConnected>(reader.attributes) ||
                                   std::holds_alternative<ir::Reshape>(reader.attributes);
      if (!takes_any_shape) return false;
    }
    for (size_t i = identity + 1; i < graph_.ops.size(); ++i) {
      std::ranges::replace(graph_.ops[i].inputs, output, input);
    }
    return true;
  }

  ir::Graph graph_;
  std::vector<std::string> changes_;
};

}  // namespace

Result<Rewritten> RemoveIdentities(ir::Graph graph) { return Remover(std::move(graph)).Run(); }

}  // namespace kinglet::optimize
