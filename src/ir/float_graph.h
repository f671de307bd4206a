// Graphs before quantisation. They are ir::Graph, too, with float32 tensors and no scales; only
// what quantises takes them, everything else takes what passes Verify.
#pragma once

#include "src/ir/graph.h"

namespace kinglet::ir {

// A graph computes with integers that have scales, or with float32.
enum class Numbers : uint8_t { kQuantized, kFloat };

// As Verify, of a graph whose activations, weights and biases are float32. kUnsupported names every
// operator that has no float arithmetic.
Status VerifyFloat(const Graph& graph);

}  // namespace kinglet::ir
