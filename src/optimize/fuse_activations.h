#pragma once

#include "src/optimize/pass.h"

namespace kinglet::optimize {

// Moves a rectifier (RELU, RELU6, RELU_N1_TO_1) into the operator before it, as its fused
// activation. Only where that is the same to the bit: nothing else reads what lies between, it has
// the rectifier's scale and zero point, and some fused activation clamps to the same range as both
// together. `graph` may be a float graph, too.
Result<Rewritten> FuseActivations(ir::Graph graph);

}  // namespace kinglet::optimize
