// A graph as text, for people and for comparing before and after a pass.
#pragma once

#include <string>

#include "src/ir/graph.h"

namespace kinglet::ir {

// One line per operator in execution order: attributes, operands, result, multiply-accumulates.
// `graph` must verify.
std::string Print(const Graph& graph);

}  // namespace kinglet::ir
