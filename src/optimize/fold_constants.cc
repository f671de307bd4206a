#include "src/optimize/fold_constants.h"

#include <algorithm>
#include <utility>

#include "src/ir/execute.h"

namespace kinglet::optimize {
namespace {

// By how much the constants may grow for an operator that need not run any more.
constexpr int64_t kGrowthBytesMax = 1024;

bool Folds(const ir::Graph& graph, const ir::Op& op, const std::vector<bool>& known) {
  int64_t input_bytes = 0, output_bytes = 0;
  for (const ir::TensorIndex index : op.inputs) {
    if (index == ir::kNoTensor) continue;
    if (!known[static_cast<size_t>(index)]) return false;
    input_bytes += graph.tensor(index).ByteCount();
  }
  for (const ir::TensorIndex index : op.outputs) {
    if (graph.tensor(index).variable) return false;
    if (std::ranges::find(graph.outputs, index) != graph.outputs.end()) return false;
    output_bytes += graph.tensor(index).ByteCount();
  }
  return !op.inputs.empty() && !op.outputs.empty() && output_bytes <= input_bytes + kGrowthBytesMax;
}

}  // namespace

Result<Rewritten> FoldConstants(ir::Graph graph) {
  Rewritten result;
  std::vector<bool> known;
  for (const ir::Tensor& tensor : graph.tensors) known.push_back(tensor.constant);
  // The operators to fold, as a graph of their own that writes all their results.
  ir::Graph folded{graph.name, graph.tensors, {}, graph.inputs, {}, {}};
  std::vector<ir::Op> kept;
  for (ir::Op& op : graph.ops) {
    if (!Folds(graph, op, known)) {
      kept.push_back(std::move(op));
      continue;
    }
    result.changes.push_back(fmt::format("{}: computed now, its inputs are constant", op.name));
    for (const ir::TensorIndex index : op.outputs) {
      known[static_cast<size_t>(index)] = true;
      folded.outputs.push_back(index);
    }
    folded.ops.push_back(std::move(op));
  }
  graph.ops = std::move(kept);
  if (!folded.ops.empty()) {
    KINGLET_TRY(ir::Executor executor, ir::Executor::Make(folded));
    std::vector<Bytes> zeros;
    for (const ir::TensorIndex index : folded.inputs) {
      zeros.emplace_back(static_cast<size_t>(folded.tensor(index).ByteCount()), uint8_t{0});
    }
    KINGLET_TRY(std::vector<Bytes> values, executor.Run({zeros.begin(), zeros.end()}));
    for (size_t i = 0; i < values.size(); ++i) {
      ir::Tensor& tensor = graph.tensors[static_cast<size_t>(folded.outputs[i])];
      tensor.constant = true;
      tensor.data = std::move(values[i]);
    }
  }
  result.graph = std::move(graph);
  return result;
}

}  // namespace kinglet::optimize
