// The scales of a float graph's activations, from what its tensors hold for samples. Internal to
// Quantize.
#pragma once

#include <vector>

#include "src/ir/float_execute.h"
#include "src/quantize/quantize.h"

namespace kinglet::quantize {

// Whether an operator reads `op`'s input `i` as weights or bias, which have scales of their own.
bool IsWeights(const ir::Op& op, size_t i);

// One scale and zero point for each tensor of the executor's graph that is an activation, constant
// or computed; those of weights and biases mean nothing.
Result<std::vector<ir::Quantization>> Calibrate(ir::FloatExecutor& executor, const Samples& samples,
                                                const Options& options);

}  // namespace kinglet::quantize
