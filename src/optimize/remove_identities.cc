#include "src/optimize/remove_identities.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "src/ir/lower.h"
#include "src/optimize/channel_range.h"

namespace kinglet::optimize {
namespace {

bool IsOneElementPool(const ir::Graph& graph, const ir::Op& op) {
  const auto* pool = std::get_if<ir::Pool2d>(&op.attributes);
  if (pool == nullptr || pool->filter_h != 1 || pool->filter_w != 1) return false;
  const ir::Tensor& output = graph.tensor(op.outputs[0]);
  const auto range = [&](ir::Activation activation) {
    return ir::QuantizedActivationRange(activation, output.quantization.scales[0],
                                        output.quantization.zero_points[0], output.type);
  };
  const ir::ActivationRange all = range(ir::Activation::kNone), kept = range(pool->activation);
  return kept.min == all.min && kept.max == all.max &&
         graph.tensor(op.inputs[0]).shape == output.shape;
}

// Whether `call` looks up each value, and those that `ranges` allow give themselves.
bool LooksUpItself(const ir::KernelCall& call, const std::vector<Range>& ranges) {
  if (call.kernel->function != "Lookup" || ranges.empty()) return false;
  const auto table = std::ranges::find(call.arguments, "table", &ir::Argument::name);
  KINGLET_ASSERT(table != call.arguments.end());
  return std::ranges::all_of(ranges, [&](const Range& range) {
    for (int32_t value = range.min; value <= range.max; ++value) {
      const auto index = static_cast<size_t>(int64_t{value} + 128);
      if (static_cast<int8_t>(table->data[index]) != value) return false;
    }
    return true;
  });
}

// Per operator whether it writes its input's bytes, leaving aside what they mean.
std::vector<bool> FindCopies(const ir::Graph& graph, const std::vector<ir::KernelCall>& calls) {
  const ChannelRanges ranges = FindRanges(graph, calls);
  std::vector<bool> copies;
  for (const ir::Op& op : graph.ops) copies.push_back(IsOneElementPool(graph, op));
  std::vector<size_t> calls_of_op(graph.ops.size(), 0);
  for (const ir::KernelCall& call : calls) ++calls_of_op[call.op_index];
  for (const ir::KernelCall& call : calls) {
    const ir::Op& op = graph.ops[call.op_index];
    if (op.outputs.size() != 1 || calls_of_op[call.op_index] != 1) continue;
    if (call.kernel->copies || LooksUpItself(call, ranges[static_cast<size_t>(op.inputs[0])])) {
      copies[call.op_index] = true;
    }
  }
  return copies;
}

bool MeansTheSame(const ir::Graph& graph, const ir::Op& op) {
  const ir::Tensor& input = graph.tensor(op.inputs[0]);
  const ir::Tensor& output = graph.tensor(op.outputs[0]);
  // A variable that is read may change before the last reader of `op` has run, one that is written
  // is for the next inference.
  return !input.constant && !input.variable && !output.variable && input.type == output.type &&
         input.quantization == output.quantization;
}

class Remover {
 public:
  Remover(ir::Graph graph, std::vector<bool> copies)
      : graph_(std::move(graph)), copies_(std::move(copies)) {}

  Rewritten Run() {
    std::vector<ir::Op> kept;
    std::vector<bool> gone(graph_.ops.size(), false);
    for (size_t i = 0; i < graph_.ops.size(); ++i) {
      const ir::Op& op = graph_.ops[i];
      gone[i] = copies_[i] && MeansTheSame(graph_, op) && Bypass(i, op.inputs[0], op.outputs[0]);
      if (gone[i]) changes_.push_back(fmt::format("{}: changes nothing", op.name));
    }
    for (size_t i = 0; i < graph_.ops.size(); ++i) {
      if (!gone[i]) kept.push_back(std::move(graph_.ops[i]));
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
    const bool same_shape = graph_.tensor(input).shape == graph_.tensor(output).shape;
    if (Contains(graph_.outputs, output)) return same_shape && WriteDirectly(input, output);
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

  // Makes the operator that writes `input` write the graph's `output` instead.
  bool WriteDirectly(ir::TensorIndex input, ir::TensorIndex output) {
    if (Contains(graph_.inputs, input) || Contains(graph_.outputs, input)) return false;
    for (ir::Op& op : graph_.ops) {
      std::ranges::replace(op.inputs, input, output);
      std::ranges::replace(op.outputs, input, output);
    }
    return true;
  }

  ir::Graph graph_;
  const std::vector<bool> copies_;
  std::vector<std::string> changes_;
};

}  // namespace

Result<Rewritten> RemoveIdentities(ir::Graph graph) {
  KINGLET_TRY(const std::vector<ir::KernelCall> calls, ir::Lower(graph));
  std::vector<bool> copies = FindCopies(graph, calls);
  return Remover(std::move(graph), std::move(copies)).Run();
}

}  // namespace kinglet::optimize
