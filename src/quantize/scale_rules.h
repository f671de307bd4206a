// What TensorFlow Lite's int8 quantisation specification demands of each operator's scales. An
// operator that is not named here may have any scale at any input and output. Internal to Quantize.
#pragma once

#include <optional>

#include "src/ir/graph.h"

namespace kinglet::quantize {

// Whether inputs and output have one scale and zero point.
bool KeepsScale(const ir::Attributes& attributes);

// The only scale and zero point that the output may have.
std::optional<ir::Quantization> FixedOutput(const ir::Attributes& attributes);

// Of operators with weights as input 1 and bias as input 2.
struct WeightRule {
  int32_t axis = 0;  // of the output channels
  bool per_channel = true;
};
std::optional<WeightRule> WeightsOf(const ir::Attributes& attributes);

}  // namespace kinglet::quantize
