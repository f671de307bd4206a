// What the verification of every operator shares. Internal to Verify: verify_*.cc hold one VerifyOp
// for each kind of operator.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "src/ir/float_graph.h"
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
inline constexpr TypeSet kAnyType = {DataType::kInt8,  DataType::kUint8, DataType::kInt16,
                                     DataType::kInt32, DataType::kInt64, DataType::kFloat32,
                                     DataType::kBool};

// Checks of one operator against its tensors; each error names the operator. In a float graph,
// where int8 would be right float32 must stand, and checks of scales have nothing to say.
class OpChecks {
 public:
  struct Axis {
    int64_t filter, stride, dilation, pad_before, pad_after;
  };

  OpChecks(const Graph& graph, const Op& op, Numbers numbers)
      : graph_(graph), op_(op), numbers_(numbers) {}

  const std::string& name() const { return op_.name; }
  const Tensor& Input(size_t i) const { return graph_.tensor(op_.inputs[i]); }
  const Tensor& Output(size_t i = 0) const { return graph_.tensor(op_.outputs[i]); }
  size_t InputCount() const { return op_.inputs.size(); }
  size_t OutputCount() const { return op_.outputs.size(); }
  bool HasInput(size_t i) const { return i < op_.inputs.size() && op_.inputs[i] != kNoTensor; }

  // Between `min` and `max` inputs, those below `min` present, and one output.
  Status Counts(size_t min, size_t max) const;
  // One input or more, all present, and one output; one input and one output or more.
  Status ManyInputs() const;
  Status ManyOutputs() const;
  // An operator with memory: `inputs` inputs, all present unless they are `optional`, and `outputs`
  // outputs, of which all but the first are the variables that are its last inputs, too, and no
  // other tensor of it.
  Status CountsWithState(size_t inputs, size_t outputs, size_t optional = SIZE_MAX) const;
  // `tensor` is of one of `types`, with the one scale and zero point that quantised types need.
  Status Activations(const Tensor& tensor, std::string_view what, TypeSet types = kInt8Only) const;
  // Every input and output is, and all have one type.
  Status AllActivations(TypeSet types) const;
  Status Image(const Tensor& tensor, std::string_view what, TypeSet types = kInt8Only) const;
  // Input 0 and the output are images of one type, int8 or int16.
  Status Images() const;
  // int8 (or float32) constants with one scale, or one per index of `axis`; zero points 0.
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
  // All inputs and outputs have the very scale and zero point of the first output.
  Status OneQuantization() const;
  Status AxisInRange(int64_t axis, size_t rank) const;
  // The output has this shape, which the operator gives.
  Status OutputShape(std::span<const int32_t> shape, size_t i = 0) const;
  // The output's scale and zero point are those that the operator's arithmetic gives.
  Status OutputQuantization(float scale, int32_t zero_point) const;
  Status Mismatch(const Tensor& with) const;
  Status Windows(const Axis& h, const Axis& w) const;
  Status Window(std::string_view name, const Axis& a, int64_t input, int64_t output) const;

 private:
  bool is_float() const { return numbers_ == Numbers::kFloat; }

  const Graph& graph_;
  const Op& op_;
  Numbers numbers_;
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
Status VerifyOp(const OpChecks& op, const Concatenation& a);
Status VerifyOp(const OpChecks& op, const Split& a);
Status VerifyOp(const OpChecks& op, const Pack& a);
Status VerifyOp(const OpChecks& op, const Unpack& a);
Status VerifyOp(const OpChecks& op, const Pad& a);
Status VerifyOp(const OpChecks& op, const Slice& a);
Status VerifyOp(const OpChecks& op, const Gather& a);
Status VerifyOp(const OpChecks& op, const Transpose& a);
Status VerifyOp(const OpChecks& op, const Resize& a);
Status VerifyOp(const OpChecks& op, const Reduce& a);
Status VerifyOp(const OpChecks& op, const ArgExtremum& a);
Status VerifyOp(const OpChecks& op, const Quantize& a);
Status VerifyOp(const OpChecks& op, const Dequantize& a);
Status VerifyOp(const OpChecks& op, const Softmax& a);
Status VerifyOp(const OpChecks& op, const Copy& a);
Status VerifyOp(const OpChecks& op, const UnidirectionalSequenceLstm& a);
Status VerifyOp(const OpChecks& op, const Svdf& a);

}  // namespace kinglet::ir
