#pragma once

#include "src/optimize/pass.h"

namespace kinglet::optimize {

// Removes operators that hand on their input's bytes: a reshape to the same shape, a pool over one
// element, a function (RELU, ...) that changes no value that its input can have, and a reshape
// whose readers do not mind the shape (a fully connected layer, another reshape). Scale and zero
// point must be the same on both sides.
Result<Rewritten> RemoveIdentities(ir::Graph graph);

}  // namespace kinglet::optimize
