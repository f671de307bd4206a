// What the lowering of every operator shares. Internal to Lower: lower_*.cc hold one LowerOp for
// each kind of operator, next to the descriptions of the kernels that it calls.
#pragma once

#include <type_traits>
#include <utility>
#include <vector>

#include "src/ir/describe_kernel.h"
#include "src/ir/lower.h"

namespace kinglet::ir {

using KernelCalls = std::vector<KernelCall>;

// Multipliers and shifts of a layer's channels, as the kernels take them.
struct ChannelScales {
  std::vector<int32_t> multipliers;
  std::vector<int8_t> shifts;
};

// One operator of a graph that has passed Verify.
class OpLowering {
 public:
  OpLowering(const Graph& graph, size_t op_index)
      : graph_(graph), op_(graph.ops[op_index]), op_index_(op_index) {}

  const std::string& name() const { return op_.name; }
  bool HasInput(size_t i) const { return i < op_.inputs.size() && op_.inputs[i] != kNoTensor; }
  const Tensor& Input(size_t i) const { return graph_.tensor(op_.inputs[i]); }
  const Tensor& Output(size_t i = 0) const { return graph_.tensor(op_.outputs[i]); }
  size_t InputCount() const { return op_.inputs.size(); }
  size_t OutputCount() const { return op_.outputs.size(); }
  static float Scale(const Tensor& tensor) { return tensor.quantization.scales[0]; }
  static int32_t ZeroPoint(const Tensor& tensor) { return tensor.quantization.zero_points[0]; }

  // Of the output.
  ActivationRange Range(Activation activation) const {
    return QuantizedActivationRange(activation, Scale(Output()), ZeroPoint(Output()),
                                    Output().type);
  }

  // For scales whose ratio must be below 2^30, or below 1; the error names the operator.
  Result<QuantizedMultiplier> Quantize(double real) const;
  Result<QuantizedMultiplier> QuantizeBelowOne(double real) const;
  // Whether sums have 64 bits: those of int16 activations, unless the bias has 32.
  bool SumsAreWide() const {
    return Output().type == DataType::kInt16 && !(HasInput(2) && Input(2).type == DataType::kInt32);
  }
  // For the scale of a sum over the output's, which must be below 2^30, or 2^7 for wide sums.
  Result<QuantizedMultiplier> QuantizeSum(double real) const;
  // From the accumulators of `channels` filters of input 1 to the output.
  Result<ChannelScales> Scales(int32_t channels) const;

  KernelCall Call(const Kernel& kernel, KernelParams params) const {
    return {op_index_, &kernel, std::move(params), {}};
  }
  // Appends an argument named as in the kernel's header. `lead_bytes_max`: see Argument.
  void AddInput(KernelCall& call, std::string_view name, size_t i,
                std::optional<int64_t> lead_bytes_max) const;
  // A constant input that is read as it stands; kNull when the operator lacks it.
  void AddWeights(KernelCall& call, std::string_view name, size_t i) const;
  void AddOutput(KernelCall& call, size_t i = 0) const;
  // A variable that is output `i`, and an input, too.
  void AddState(KernelCall& call, std::string_view name, size_t i) const {
    AddOutput(call, i);
    call.arguments.back().name = name;
  }
  template <typename Element>
  static void AddConstant(KernelCall& call, std::string_view name,
                          const std::vector<Element>& values) {
    const ByteView bytes = AsBytes(values);
    call.arguments.push_back({Argument::Kind::kConstant,
                              name,
                              TypeOf<Element>(),
                              kNoTensor,
                              {bytes.begin(), bytes.end()},
                              {}});
  }
  // Weights and bias from inputs 1 and 2.
  void AddWeightsAndBias(KernelCall& call) const {
    AddWeights(call, "weights", 1);
    AddWeights(call, "bias", 2);
  }
  static void AddScales(KernelCall& call, const ChannelScales& scales) {
    AddConstant(call, "multipliers", scales.multipliers);
    AddConstant(call, "shifts", scales.shifts);
  }

 private:
  template <typename Element>
  static constexpr DataType TypeOf() {
    if constexpr (std::is_same_v<Element, int8_t>) return DataType::kInt8;
    if constexpr (std::is_same_v<Element, int16_t>) return DataType::kInt16;
    if constexpr (std::is_same_v<Element, int32_t>) return DataType::kInt32;
  }

  const Graph& graph_;
  const Op& op_;
  size_t op_index_;
};

Result<KernelCalls> LowerOp(const OpLowering& op, const Conv2d& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const DepthwiseConv2d& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const TransposeConv2d& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const FullyConnected& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Add& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Sub& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Mul& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Extremum& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Prelu& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Clip& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const LeakyRelu& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const HardSwish& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Logistic& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Tanh& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Pool2d& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Reshape& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Concatenation& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Split& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Pack& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Unpack& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Pad& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Slice& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Gather& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Transpose& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Resize& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Reduce& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const ArgExtremum& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Quantize& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Dequantize& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Softmax& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Copy& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const UnidirectionalSequenceLstm& a);
Result<KernelCalls> LowerOp(const OpLowering& op, const Svdf& a);

}  // namespace kinglet::ir
