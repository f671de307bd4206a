// Graphs made from a seed: every operator, odd shapes, all sorts of scales, several inputs and
// outputs. For tests and fuzz seeds.
#pragma once

#include <cstdint>
#include <vector>

#include "src/base/bytes.h"
#include "src/ir/graph.h"
#include "tests/support/layer_maker.h"

namespace kinglet::testing {

// A small graph that verifies and lowers; the same for the same seed everywhere.
ir::Graph RandomGraph(uint64_t seed);

// One operator of this kind, with scales and zero points often at their limits; the few that the
// kernels cannot represent do not lower.
ir::Graph RandomOpGraph(const LayerMaker::Kind& kind, uint64_t seed);

// Every kind of operator with every type once, each on an input of its own.
ir::Graph EveryKindGraph();

// Every operator with weights, pools and softmax in one network of int16 activations.
ir::Graph Int16Network(uint64_t seed);

// Bytes for each of the graph's inputs, now and then nothing but extremes.
std::vector<Bytes> RandomInputs(const ir::Graph& graph, uint64_t seed);

}  // namespace kinglet::testing
