// The first values of variables that are computed. Internal to ReadModel.
#pragma once

#include <vector>

#include "src/ir/graph.h"

namespace kinglet::tflite {

// Makes the `wanted` tensors of a graph without inputs and outputs constant, by running its
// operators. kInvalid: a tensor that cannot be computed; kOverBudget: too much memory or work for
// a file from outside.
Status ComputeConstants(ir::Graph& graph, const std::vector<ir::TensorIndex>& wanted);

}  // namespace kinglet::tflite
