// What a pass is: one function from a graph to a graph. It keeps the graph's inputs and outputs,
// and every byte of its outputs for every input; it may change anything in between. Operators that
// stay keep their names.
#pragma once

#include <string>
#include <vector>

#include "src/ir/graph.h"

namespace kinglet::optimize {

struct Rewritten {
  ir::Graph graph;
  std::vector<std::string> changes;  // one line each, the operator first: "conv_2d_3: ..."
};

// Tensors that nothing refers to any more may stay behind; the pass manager drops them.
using PassFunction = Result<Rewritten> (*)(ir::Graph graph);

}  // namespace kinglet::optimize
