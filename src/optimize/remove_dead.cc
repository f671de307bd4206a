#include "src/optimize/remove_dead.h"

#include <algorithm>
#include <utility>

namespace kinglet::optimize {

Result<Rewritten> RemoveDead(ir::Graph graph) {
  std::vector<bool> wanted(graph.tensors.size(), false);
  for (const ir::TensorIndex index : graph.outputs) wanted[static_cast<size_t>(index)] = true;
  std::vector<ir::Op> kept;  // last first
  std::vector<std::string> changes;
  for (; !graph.ops.empty(); graph.ops.pop_back()) {
    ir::Op& op = graph.ops.back();
    const bool alive =
        op.outputs.empty() || std::ranges::any_of(op.outputs, [&](ir::TensorIndex index) {
          return graph.tensor(index).variable || wanted[static_cast<size_t>(index)];
        });
    if (!alive) {
      changes.push_back(fmt::format("{}: nothing reads its output", op.name));
      continue;
    }
    for (const ir::TensorIndex index : op.inputs) {
      if (index != ir::kNoTensor) wanted[static_cast<size_t>(index)] = true;
    }
    kept.push_back(std::move(op));
  }
  std::ranges::reverse(kept);
  std::ranges::reverse(changes);
  graph.ops = std::move(kept);
  return Rewritten{std::move(graph), std::move(changes)};
}

}  // namespace kinglet::optimize
