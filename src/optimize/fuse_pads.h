// Pads that a convolution behind them can do by itself.
#pragma once

#include "src/optimize/pass.h"

namespace kinglet::optimize {

// A convolution that reads a pad of rows and columns with the zero point reads the pad's input and
// pads by itself; no padded tensor is made. The pad stays for its other readers; without any it is
// dead.
Result<Rewritten> FusePads(ir::Graph graph);

}  // namespace kinglet::optimize
