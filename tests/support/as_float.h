// Float models made from quantised ones.
#pragma once

#include "src/ir/graph.h"

namespace kinglet::testing {

// `graph`, whose operators have float arithmetic, with the real numbers that its constants stand
// for and float32 activations; passes ir::VerifyFloat.
ir::Graph AsFloat(const ir::Graph& graph);

}  // namespace kinglet::testing
