// Small models with memory.
#pragma once

#include "src/ir/graph.h"

namespace kinglet::testing {

// Outputs differ from step to step even when the input does not.
ir::Graph SvdfNetwork();       // two SVDF layers and a fully connected one
ir::Graph LstmNetwork();       // two LSTM layers over sequences and a fully connected one
ir::Graph StreamingNetwork();  // convolutions around variables that are read and assigned

}  // namespace kinglet::testing
