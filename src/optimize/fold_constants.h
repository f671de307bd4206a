#pragma once

#include "src/optimize/pass.h"

namespace kinglet::optimize {

// Computes operators whose inputs are all constant, with the reference executor. One whose results
// would take much more flash than its inputs stays, as does one that writes a graph output.
Result<Rewritten> FoldConstants(ir::Graph graph);

}  // namespace kinglet::optimize
