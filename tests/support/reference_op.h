// What each operator must compute, element by element: the arithmetic that TensorFlow Lite
// publishes for its reference kernels, written slowly and without any of our kernels.
#pragma once

#include <vector>

#include "src/base/bytes.h"
#include "src/ir/graph.h"

namespace kinglet::testing {

// The bytes of each output of `op` for the bytes of its inputs (those of constants are not needed).
std::vector<Bytes> ReferenceOp(const ir::Graph& graph, const ir::Op& op,
                               const std::vector<ByteView>& inputs);

// The graph's outputs, operator by operator, from the initial state.
std::vector<Bytes> ReferenceRun(const ir::Graph& graph, const std::vector<Bytes>& inputs);

// What the variables hold before the first inference, per tensor of the graph.
std::vector<Bytes> ReferenceState(const ir::Graph& graph);
// The same from `state`, which becomes what the inference leaves.
std::vector<Bytes> ReferenceStep(const ir::Graph& graph, std::vector<Bytes>& state,
                                 const std::vector<Bytes>& inputs);

}  // namespace kinglet::testing
