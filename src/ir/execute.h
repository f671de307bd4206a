// The reference executor: a graph on the host, with the portable device kernels.
#pragma once

#include <functional>
#include <vector>

#include "src/ir/graph.h"
#include "src/ir/lower.h"

namespace kinglet::ir {

// kInvalid unless `inputs` has as many as the graph, each of its tensor's length in bytes.
Status CheckInputs(const Graph& graph, const std::vector<ByteView>& inputs);

// What the variables of a graph hold between two inferences.
struct State {
  std::vector<Bytes> tensors;  // one per tensor of the graph; empty for those that are no variables
};
State InitialState(const Graph& graph);

// One object must not be shared between threads.
class Executor {
 public:
  // Called after each operator with its index in graph.ops and the bytes of its outputs.
  using Observer = std::function<void(size_t op_index, const std::vector<ByteView>& outputs)>;

  // Verifies and lowers `graph`. kOverBudget when its activations need more than
  // `activation_bytes_max`.
  static Result<Executor> Make(Graph graph, int64_t activation_bytes_max = int64_t{1} << 30);

  Executor(Executor&&) noexcept = default;
  Executor& operator=(Executor&&) noexcept = default;

  // One inference from the initial state: raw little-endian bytes per graph input in, per graph
  // output out. kInvalid when a count or length is wrong.
  Result<std::vector<Bytes>> Run(const std::vector<ByteView>& inputs,
                                 const Observer& observer = {});
  // The same from `state`, which becomes what it leaves.
  Result<std::vector<Bytes>> Step(State& state, const std::vector<ByteView>& inputs,
                                  const Observer& observer = {});

  const Graph& graph() const { return graph_; }
  const std::vector<KernelCall>& calls() const { return calls_; }

 private:
  Executor(Graph graph, std::vector<KernelCall> calls);

  Graph graph_;
  std::vector<KernelCall> calls_;
  std::vector<Bytes> activations_;  // per tensor; empty for constants
  State initial_;
  AlignedBytes scratch_;                             // of whichever kernel runs
  std::vector<std::vector<const void*>> addresses_;  // per call, per argument
};

}  // namespace kinglet::ir
