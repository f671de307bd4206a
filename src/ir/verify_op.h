// What the verification of every operator shares. Internal to Verify: verify_*.cc hold one VerifyOp
// for each kind of operator.
#pragma once

#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "src/ir/graph.h"

namespace kinglet::ir {

// With these limits all index arithmetic of the kernels fits 32 bits.
inline constexpr int64_t kDimensionMax = 1 << 24;
inline constexpr int64_t kTensorBytesMax = std::numeric_limits<int32_t>::max();
inline constexpr int64_t kWindowStepMax = 65535;  // stride, dilation, padding

std::string ShapeText(std::span<const int32_t> shape);

// A set of element types.
class TypeSet {
 public:
  constexpr TypeSet(std::initializer_list<DataType> types) {
    for (const DataType type : types) bits_ |= 1U << static_cast<uint32_t>(type);
  }
  constexpr bool Has(DataType type) const {
    return (bits_ >> static_cast<uint32_t>(type) & 1) != 0;
  }
  std::string Text() const;  // "int8 or int16"

 private:
  uint32_t bits_ = 0;
};
inline constexpr TypeSet kInt8Only = {DataType::kInt8};
inline constexpr TypeSet kInt8OrInt16 = {DataType::kInt8, DataType::kInt16};

// Checks of one operator against its tensors; each error names the operator.
class OpChecks {
 public:
  struct Axis {
    int64_t filter, stride, dilation, pad_before, pad_after;
  };

  OpChecks(const Graph& graph, const Op& op) : graph_(graph), op_(op) {}

  const std::string& name() const { return op_.name; }
  const Tensor& Input(size_t i) const { return graph_.tensor(op_.inputs[i]); }
  const Tensor& Output(size_t i = 0) const { return graph_.tensor(op_.outputs[i]); }

  // Between `min` and `max` inputs, those below `min` present, and one output.
  Status Counts(size_t min, size_t max) const;
  // `tensor` is of one of `types`, with the one scale and zero point that quantised types need.
  Status Activations(const Tensor& tensor, std::string_view what, TypeSet types = kInt8Only) const;
  // Every input and output is, and all have one type.
  Status AllActivations(TypeSet types) const;
  Status Image(const Tensor& tensor, std::string_view what, TypeSet types = kInt8Only) const;
  // Input 0 and the output are images of one type, int8 or int16.
  Status Images() const;
  // int8 constants with one scale, or one per index of `axis`; zero points 0.
  Status Weights(const Tensor& weights, size_t rank, int32_t axis) const;
  // None, or `channels` constants: int32 for int8 activations, one of `int16_types` for int16.
  Status Bias(int32_t channels, TypeSet int16_types = {DataType::kInt32, DataType::kInt64}) const;
  Status FilterSize(int64_t elements) const;
  Status FusedActivation(Activation activation) const;
  Status SameElementCount() const;
  Status SameShape() const;  // of input 0 and the output
  // The output has the shape to which the two inputs stretch.
  Status Broadcast() const;
  // Pooling moves no scale; the reference allows a difference of 1e-6.
  Status SameQuantization() const;
  Status SameType() const;  // of input 0 and the output
  // The output's scale and zero point are those that the operator's arithmetic gives.
  Status OutputQuantization(float scale, int32_t zero_point) const;
  Status Mismatch(const Tensor& with) const;
  Status Windows(const Axis& h, const Axis& w) const;
  Status Window(std::string_view name, const Axis& a, int64_t input, int64_t output) const;

 private:
  const Graph& graph_;
  const Op& op_;
};

Status VerifyOp(const OpChecks& op, const Conv2d& a);
Status VerifyOp(const OpChecks& op, const DepthwiseConv2d& a);
Status VerifyOp(const OpChecks& op, const TransposeConv2d& a);
Status VerifyOp(const OpChecks& op, const FullyConnected& a);
Status VerifyOp(const OpChecks& op, const Add& a);
Status VerifyOp(const OpChecks& op, const Sub& a);
Status VerifyOp(const OpChecks& op, const Mul& a);
Status VerifyOp(const OpChecks& op, const Extremum& a);
Status VerifyOp(const OpChecks& op, const Prelu& a);
Status VerifyOp(const OpChecks& op, const Clip& a);
Status VerifyOp(const OpChecks& op, const LeakyRelu& a);
Status VerifyOp(const OpChecks& op, const HardSwish& a);
Status VerifyOp(const OpChecks& op, const Logistic& a);
Status VerifyOp(const OpChecks& op, const Tanh& a);
Status VerifyOp(const OpChecks& op, const Pool2d& a);
Status VerifyOp(const OpChecks& op, const Reshape& a);
Status VerifyOp(const OpChecks& op, const Softmax& a);

}  // namespace kinglet::ir
