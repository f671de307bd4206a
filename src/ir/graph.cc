#include "src/ir/graph.h"

#include <algorithm>
#include <type_traits>

namespace kinglet::ir {

std::string_view DataTypeName(DataType type) {
  switch (type) {
    case DataType::kInt8:
      return "int8";
    case DataType::kUint8:
      return "uint8";
    case DataType::kInt16:
      return "int16";
    case DataType::kInt32:
      return "int32";
    case DataType::kInt64:
      return "int64";
    case DataType::kFloat32:
      return "float32";
    case DataType::kBool:
      return "bool";
  }
  return "unknown";
}

uint32_t DataTypeBytes(DataType type) {
  switch (type) {
    case DataType::kInt8:
    case DataType::kUint8:
    case DataType::kBool:
      return 1;
    case DataType::kInt16:
      return 2;
    case DataType::kInt32:
    case DataType::kFloat32:
      return 4;
    case DataType::kInt64:
      return 8;
  }
  return 1;
}

int64_t Tensor::ElementCount() const {
  int64_t count = 1;
  for (const int32_t dimension : shape) count *= dimension;
  return count;
}

bool HasState(const Graph& graph) { return std::ranges::any_of(graph.tensors, &Tensor::variable); }

std::string_view OpKindName(const Attributes& attributes) {
  struct Name {
    std::string_view operator()(const Conv2d&) const { return "conv_2d"; }
    std::string_view operator()(const DepthwiseConv2d&) const { return "depthwise_conv_2d"; }
    std::string_view operator()(const TransposeConv2d&) const { return "transpose_conv_2d"; }
    std::string_view operator()(const FullyConnected&) const { return "fully_connected"; }
    std::string_view operator()(const Add&) const { return "add"; }
    std::string_view operator()(const Sub&) const { return "sub"; }
    std::string_view operator()(const Mul&) const { return "mul"; }
    std::string_view operator()(const Extremum& extremum) const {
      return extremum.kind == Extremum::Kind::kMinimum ? "minimum" : "maximum";
    }
    std::string_view operator()(const Prelu&) const { return "prelu"; }
    std::string_view operator()(const Clip& clip) const {
      if (clip.range == Activation::kRelu) return "relu";
      return clip.range == Activation::kRelu6 ? "relu6" : "relu_n1_to_1";
    }
    std::string_view operator()(const LeakyRelu&) const { return "leaky_relu"; }
    std::string_view operator()(const HardSwish&) const { return "hard_swish"; }
    std::string_view operator()(const Logistic&) const { return "logistic"; }
    std::string_view operator()(const Tanh&) const { return "tanh"; }
    std::string_view operator()(const Pool2d& pool) const {
      return pool.kind == Pool2d::Kind::kAverage ? "average_pool_2d" : "max_pool_2d";
    }
    std::string_view operator()(const Reshape&) const { return "reshape"; }
    std::string_view operator()(const Concatenation&) const { return "concatenation"; }
    std::string_view operator()(const Split&) const { return "split"; }
    std::string_view operator()(const Pack&) const { return "pack"; }
    std::string_view operator()(const Unpack&) const { return "unpack"; }
    std::string_view operator()(const Pad&) const { return "pad"; }
    std::string_view operator()(const Slice&) const { return "slice"; }
    std::string_view operator()(const Gather&) const { return "gather"; }
    std::string_view operator()(const Transpose&) const { return "transpose"; }
    std::string_view operator()(const Resize& resize) const {
      return resize.kind == Resize::Kind::kBilinear ? "resize_bilinear" : "resize_nearest_neighbor";
    }
    std::string_view operator()(const Reduce& reduce) const {
      return reduce.kind == Reduce::Kind::kMean ? "mean" : "sum";
    }
    std::string_view operator()(const ArgExtremum& extremum) const {
      return extremum.kind == ArgExtremum::Kind::kMinimum ? "arg_min" : "arg_max";
    }
    std::string_view operator()(const Quantize&) const { return "quantize"; }
    std::string_view operator()(const Dequantize&) const { return "dequantize"; }
    std::string_view operator()(const Softmax&) const { return "softmax"; }
    std::string_view operator()(const Copy&) const { return "copy"; }
    std::string_view operator()(const UnidirectionalSequenceLstm&) const {
      return "unidirectional_sequence_lstm";
    }
    std::string_view operator()(const Svdf&) const { return "svdf"; }
  };
  return std::visit(Name{}, attributes);
}

int64_t OpMacs(const Graph& graph, const Op& op) {
  const auto elements = [&](TensorIndex index) { return graph.tensor(index).ElementCount(); };
  if (std::holds_alternative<Conv2d>(op.attributes) ||
      std::holds_alternative<FullyConnected>(op.attributes)) {
    // Every output element takes one filter, and the weights hold one filter per output channel.
    const int64_t filters = graph.tensor(op.inputs[1]).shape[0];
    return elements(op.outputs[0]) * (elements(op.inputs[1]) / filters);
  }
  if (std::holds_alternative<DepthwiseConv2d>(op.attributes)) {
    const int64_t channels = graph.tensor(op.inputs[1]).shape[3];
    return elements(op.outputs[0]) * (elements(op.inputs[1]) / channels);
  }
  if (std::holds_alternative<TransposeConv2d>(op.attributes)) {
    // Every input element takes its channel of every filter.
    const int64_t channels = graph.tensor(op.inputs[1]).shape[3];
    return elements(op.inputs[0]) * (elements(op.inputs[1]) / channels);
  }
  if (std::holds_alternative<UnidirectionalSequenceLstm>(op.attributes)) {
    // Four gates, each with one row of both kinds of weights per element of the hidden state.
    const int64_t input_size = graph.tensor(op.inputs[0]).shape.back();
    const int64_t state_size = graph.tensor(op.outputs[0]).shape.back();
    return 4 * elements(op.outputs[0]) * (input_size + state_size);
  }
  if (std::holds_alternative<Svdf>(op.attributes)) {
    const int64_t batches = graph.tensor(op.inputs[0]).shape[0];
    return batches * (elements(op.inputs[1]) + elements(op.inputs[2]));
  }
  return 0;
}

int64_t GraphMacs(const Graph& graph) {
  int64_t macs = 0;
  for (const Op& op : graph.ops) macs += OpMacs(graph, op);
  return macs;
}

}  // namespace kinglet::ir
