// What the float arithmetic of every operator shares. Internal to FloatExecutor: float_*.cc hold
// one EvaluateFloat for each kind of operator that a float graph may have. One more kind takes an
// EvaluateFloat and, unless its scales are free, its rule in src/quantize/scale_rules.cc.
#pragma once

#include <span>
#include <vector>

#include "src/ir/graph.h"

namespace kinglet::ir {

// One operator of a graph that has passed VerifyFloat, and the values of its tensors.
class FloatOp {
 public:
  // `values` holds the elements of each of the graph's tensors.
  FloatOp(const Graph& graph, const Op& op, std::vector<std::vector<float>>& values)
      : graph_(graph), op_(op), values_(values) {}

  bool HasInput(size_t i) const { return i < op_.inputs.size() && op_.inputs[i] != kNoTensor; }
  const std::vector<int32_t>& InputShape(size_t i) const {
    return graph_.tensor(op_.inputs[i]).shape;
  }
  const std::vector<int32_t>& OutputShape(size_t i = 0) const {
    return graph_.tensor(op_.outputs[i]).shape;
  }
  std::span<const float> Input(size_t i) const { return Values(op_.inputs[i]); }
  std::span<float> Output(size_t i = 0) const { return Values(op_.outputs[i]); }

 private:
  std::vector<float>& Values(TensorIndex index) const {
    return values_[static_cast<size_t>(index)];
  }

  const Graph& graph_;
  const Op& op_;
  std::vector<std::vector<float>>& values_;
};

// `x` within what a fused activation leaves.
float Clamp(Activation activation, float x);

void EvaluateFloat(const FloatOp& op, const Conv2d& a);
void EvaluateFloat(const FloatOp& op, const DepthwiseConv2d& a);
void EvaluateFloat(const FloatOp& op, const FullyConnected& a);
void EvaluateFloat(const FloatOp& op, const Add& a);
void EvaluateFloat(const FloatOp& op, const Sub& a);
void EvaluateFloat(const FloatOp& op, const Mul& a);
void EvaluateFloat(const FloatOp& op, const Extremum& a);
void EvaluateFloat(const FloatOp& op, const Prelu& a);
void EvaluateFloat(const FloatOp& op, const Clip& a);
void EvaluateFloat(const FloatOp& op, const LeakyRelu& a);
void EvaluateFloat(const FloatOp& op, const HardSwish& a);
void EvaluateFloat(const FloatOp& op, const Logistic& a);
void EvaluateFloat(const FloatOp& op, const Tanh& a);
void EvaluateFloat(const FloatOp& op, const Pool2d& a);
void EvaluateFloat(const FloatOp& op, const Reshape& a);
void EvaluateFloat(const FloatOp& op, const Softmax& a);

// Whether there is one for this kind of operator.
template <typename OpAttributes>
concept HasFloatArithmetic = requires(const FloatOp& op, const OpAttributes& a) {
  EvaluateFloat(op, a);
};

}  // namespace kinglet::ir
