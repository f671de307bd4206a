// Float graphs on the host: what quantised arithmetic is measured against.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "src/ir/float_graph.h"

namespace kinglet::ir {

// One object must not be shared between threads.
class FloatExecutor {
 public:
  // Called for each graph input, then after each operator for each of its outputs.
  using Observer = std::function<void(TensorIndex tensor, std::span<const float> values)>;

  // Verifies `graph`, of which it keeps a copy. kOverBudget when its tensors need more than
  // `tensor_bytes_max`.
  static Result<FloatExecutor> Make(Graph graph, int64_t tensor_bytes_max = int64_t{1} << 30);

  // One inference: the elements of each graph input in, of each graph output out. The lengths must
  // be those of the tensors.
  std::vector<std::vector<float>> Run(const std::vector<std::span<const float>>& inputs,
                                      const Observer& observer = {});

  const Graph& graph() const { return graph_; }

 private:
  explicit FloatExecutor(Graph graph);

  Graph graph_;
  std::vector<std::vector<float>> values_;  // of each tensor
};

// The elements of a constant float32 tensor.
std::vector<float> FloatsOf(const Tensor& tensor);

}  // namespace kinglet::ir
