#pragma once

#include "src/optimize/pass.h"

namespace kinglet::optimize {

// Drops operators none of whose outputs reaches a graph output.
Result<Rewritten> RemoveDead(ir::Graph graph);

}  // namespace kinglet::optimize
