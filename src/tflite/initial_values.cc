#include "src/tflite/initial_values.h"

#include <algorithm>
#include <utility>

#include "src/ir/execute.h"

namespace kinglet::tflite {
namespace {

constexpr int64_t kBytesMax = int64_t{1} << 24;  // of all tensors
constexpr int64_t kWorkMax = int64_t{1} << 28;   // elements written times elements read

int64_t MostElements(const ir::Graph& graph, const std::vector<ir::TensorIndex>& tensors) {
  int64_t most = 1;
  for (const ir::TensorIndex index : tensors) {
    if (index != ir::kNoTensor) most = std::max(most, graph.tensor(index).ElementCount());
  }
  return most;
}

Status CheckWork(const ir::Graph& graph) {
  int64_t left = kWorkMax;
  for (const ir::Op& op : graph.ops) {
    const int64_t read = MostElements(graph, op.inputs), written = MostElements(graph, op.outputs);
    if (written > left / read) {
      return Fail(Code::kOverBudget, "{}: too much work for an initialisation", op.name);
    }
    left -= read * written;
  }
  return {};
}

}  // namespace

Status ComputeConstants(ir::Graph& graph, const std::vector<ir::TensorIndex>& wanted) {
  ir::Graph computed = graph;
  computed.name = "initialisation";
  std::vector<bool> added(graph.tensors.size(), false);
  for (const ir::TensorIndex index : wanted) {
    if (index == ir::kNoTensor) return Fail(Code::kInvalid, "assigns no tensor");
    if (graph.tensor(index).constant || added[static_cast<size_t>(index)]) continue;
    added[static_cast<size_t>(index)] = true;
    computed.outputs.push_back(index);
  }
  if (computed.outputs.empty()) return {};
  computed.inputs = {static_cast<ir::TensorIndex>(computed.tensors.size())};
  computed.tensors.emplace_back().shape = {1};  // every graph has an input
  KINGLET_CHECK(ir::Verify(computed));
  KINGLET_CHECK(CheckWork(computed));
  KINGLET_TRY(ir::Executor executor, ir::Executor::Make(computed, kBytesMax));
  const Bytes zero(1, 0);
  KINGLET_TRY(std::vector<Bytes> results, executor.Run({ByteView(zero)}));
  for (size_t i = 0; i < results.size(); ++i) {
    ir::Tensor& tensor = graph.tensors[static_cast<size_t>(computed.outputs[i])];
    tensor.constant = true;
    tensor.data = std::move(results[i]);
  }
  return {};
}

}  // namespace kinglet::tflite
