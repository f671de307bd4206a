#include "src/tflite/write.h"

#include <flatbuffers/flatbuffers.h>

#include <limits>

#include "src/tflite/schema_generated.h"
#include "src/tflite/window.h"

namespace kinglet::tflite {
namespace {

using flatbuffers::Offset;
using schema::BuiltinOperator;
using schema::BuiltinOptions;

constexpr int64_t kConstantBytesMax = int64_t{1} << 30;  // a flatbuffer ends at 2 GB

schema::TensorType FromDataType(ir::DataType type) {
  switch (type) {
    case ir::DataType::kInt8:
      return schema::TensorType::INT8;
    case ir::DataType::kUint8:
      return schema::TensorType::UINT8;
    case ir::DataType::kInt16:
      return schema::TensorType::INT16;
    case ir::DataType::kInt32:
      return schema::TensorType::INT32;
    case ir::DataType::kInt64:
      return schema::TensorType::INT64;
    case ir::DataType::kFloat32:
      return schema::TensorType::FLOAT32;
    case ir::DataType::kBool:
      return schema::TensorType::BOOL;
  }
  return schema::TensorType::INT8;
}

schema::ActivationFunctionType FromActivation(ir::Activation activation) {
  switch (activation) {
    case ir::Activation::kNone:
      return schema::ActivationFunctionType::NONE;
    case ir::Activation::kRelu:
      return schema::ActivationFunctionType::RELU;
    case ir::Activation::kRelu6:
      return schema::ActivationFunctionType::RELU6;
    case ir::Activation::kReluN1To1:
      return schema::ActivationFunctionType::RELU_N1_TO_1;
    case ir::Activation::kTanh:
      return schema::ActivationFunctionType::TANH;
    case ir::Activation::kSignBit:
      return schema::ActivationFunctionType::SIGN_BIT;
  }
  return schema::ActivationFunctionType::NONE;
}

// An operator as the format says it: code, the version that introduced what it uses for int8, and
// its options.
struct OperatorParts {
  BuiltinOperator code;
  int32_t version = 1;
  BuiltinOptions options_type;
  Offset<void> options;
};

class Writer {
 public:
  explicit Writer(const ir::Graph& graph) : graph_(graph) {}

  Result<Bytes> Write() {
    AddBuffer({});  // the format's first buffer is empty
    for (const ir::Tensor& tensor : graph_.tensors) AddTensor(tensor);
    for (const ir::Op& op : graph_.ops) KINGLET_CHECK(AddOperator(op));
    const Offset<schema::SubGraph> subgraph = schema::CreateSubGraph(
        builder_, builder_.CreateVector(tensors_), builder_.CreateVector(graph_.inputs),
        builder_.CreateVector(graph_.outputs), builder_.CreateVector(operators_),
        builder_.CreateString(graph_.name));
    std::vector<Offset<schema::Metadata>> metadata;
    for (const auto& [name, value] : graph_.metadata) {
      const uint32_t buffer = AddBuffer(AsBytes(value));
      metadata.push_back(schema::CreateMetadata(builder_, builder_.CreateString(name), buffer));
    }
    const Offset<schema::Model> model =
        schema::CreateModel(builder_, 3, builder_.CreateVector(codes_),
                            builder_.CreateVector(std::vector<Offset<schema::SubGraph>>{subgraph}),
                            builder_.CreateString("Written by Kinglet"),
                            builder_.CreateVector(buffers_), 0, builder_.CreateVector(metadata));
    schema::FinishModelBuffer(builder_, model);
    return Bytes(builder_.GetBufferPointer(), builder_.GetBufferPointer() + builder_.GetSize());
  }

 private:
  uint32_t AddBuffer(ByteView data) {
    Offset<flatbuffers::Vector<uint8_t>> vector;
    if (!data.empty()) {
      builder_.ForceVectorAlignment(data.size(), 1, 16);
      vector = builder_.CreateVector(data.data(), data.size());
    }
    buffers_.push_back(schema::CreateBuffer(builder_, vector));
    return static_cast<uint32_t>(buffers_.size() - 1);
  }

  void AddTensor(const ir::Tensor& tensor) {
    const uint32_t buffer = tensor.constant ? AddBuffer(tensor.data) : 0;
    Offset<schema::QuantizationParameters> quantization;
    if (tensor.quantization.present()) {
      const ir::Quantization& q = tensor.quantization;
      const std::vector<int64_t> zero_points(q.zero_points.begin(), q.zero_points.end());
      quantization = schema::CreateQuantizationParameters(
          builder_, 0, 0, builder_.CreateVector(q.scales), builder_.CreateVector(zero_points),
          schema::QuantizationDetails::NONE, 0, q.axis);
    }
    const auto shape = builder_.CreateVector(tensor.shape);
    const auto name = builder_.CreateString(tensor.name);
    tensors_.push_back(schema::CreateTensor(builder_, shape, FromDataType(tensor.type), buffer,
                                            name, quantization, false, 0, 0, true));
  }

  Status AddOperator(const ir::Op& op) {
    KINGLET_TRY(const OperatorParts parts,
                std::visit([&](const auto& a) { return Parts(op, a); }, op.attributes));
    const auto inputs = builder_.CreateVector(op.inputs);
    const auto outputs = builder_.CreateVector(op.outputs);
    operators_.push_back(schema::CreateOperator(builder_, CodeIndex(parts), inputs, outputs,
                                                parts.options_type, parts.options));
    return {};
  }

  // Operators of one code and version share an entry.
  uint32_t CodeIndex(const OperatorParts& parts) {
    const std::pair<BuiltinOperator, int32_t> key{parts.code, parts.version};
    for (size_t i = 0; i < code_keys_.size(); ++i) {
      if (code_keys_[i] == key) return static_cast<uint32_t>(i);
    }
    code_keys_.push_back(key);
    codes_.push_back(schema::CreateOperatorCode(builder_, static_cast<int8_t>(parts.code), 0,
                                                parts.version, parts.code));
    return static_cast<uint32_t>(codes_.size() - 1);
  }

  const ir::Tensor& Input(const ir::Op& op, size_t i) const { return graph_.tensor(op.inputs[i]); }

  template <typename Attributes>
  Result<schema::Padding> PaddingOf(const ir::Op& op, const Attributes& a, int32_t filter_h,
                                    int32_t filter_w, int32_t dilation_h,
                                    int32_t dilation_w) const {
    if (a.padding == ir::Padding{}) return schema::Padding::VALID;
    const std::vector<int32_t>& input = Input(op, 0).shape;
    if (a.padding == SamePadding({input[1], input[2], filter_h, filter_w, a.stride_h, a.stride_w,
                                  dilation_h, dilation_w})) {
      return schema::Padding::SAME;
    }
    return Fail(Code::kUnsupported, "{}: padding {},{},{},{} is neither SAME nor VALID in .tflite",
                op.name, a.padding.top, a.padding.left, a.padding.bottom, a.padding.right);
  }

  Result<OperatorParts> Parts(const ir::Op& op, const ir::Conv2d& a) {
    const ir::Tensor& weights = Input(op, 1);
    KINGLET_TRY(const schema::Padding padding,
                PaddingOf(op, a, weights.shape[1], weights.shape[2], a.dilation_h, a.dilation_w));
    const bool grouped = weights.shape[3] != Input(op, 0).shape[3];
    return OperatorParts{
        BuiltinOperator::CONV_2D, grouped ? 6 : 3, BuiltinOptions::Conv2DOptions,
        schema::CreateConv2DOptions(builder_, padding, a.stride_w, a.stride_h,
                                    FromActivation(a.activation), a.dilation_w, a.dilation_h)
            .Union()};
  }

  Result<OperatorParts> Parts(const ir::Op& op, const ir::DepthwiseConv2d& a) {
    const ir::Tensor& weights = Input(op, 1);
    KINGLET_TRY(const schema::Padding padding,
                PaddingOf(op, a, weights.shape[1], weights.shape[2], a.dilation_h, a.dilation_w));
    return OperatorParts{
        BuiltinOperator::DEPTHWISE_CONV_2D, 3, BuiltinOptions::DepthwiseConv2DOptions,
        schema::CreateDepthwiseConv2DOptions(builder_, padding, a.stride_w, a.stride_h,
                                             a.depth_multiplier, FromActivation(a.activation),
                                             a.dilation_w, a.dilation_h)
            .Union()};
  }

  Result<OperatorParts> Parts(const ir::Op& op, const ir::FullyConnected& a) {
    const int32_t version = op.inputs.size() == 2 ? 6 : (a.keep_dims ? 5 : 4);
    return OperatorParts{
        BuiltinOperator::FULLY_CONNECTED, version, BuiltinOptions::FullyConnectedOptions,
        schema::CreateFullyConnectedOptions(builder_, FromActivation(a.activation),
                                            schema::FullyConnectedOptionsWeightsFormat::DEFAULT,
                                            a.keep_dims)
            .Union()};
  }

  Result<OperatorParts> Parts(const ir::Op&, const ir::Add& a) {
    return OperatorParts{BuiltinOperator::ADD, 2, BuiltinOptions::AddOptions,
                         schema::CreateAddOptions(builder_, FromActivation(a.activation)).Union()};
  }

  Result<OperatorParts> Parts(const ir::Op& op, const ir::Pool2d& a) {
    KINGLET_TRY(const schema::Padding padding, PaddingOf(op, a, a.filter_h, a.filter_w, 1, 1));
    const BuiltinOperator code = a.kind == ir::Pool2d::Kind::kAverage
                                     ? BuiltinOperator::AVERAGE_POOL_2D
                                     : BuiltinOperator::MAX_POOL_2D;
    return OperatorParts{
        code, 2, BuiltinOptions::Pool2DOptions,
        schema::CreatePool2DOptions(builder_, padding, a.stride_w, a.stride_h, a.filter_w,
                                    a.filter_h, FromActivation(a.activation))
            .Union()};
  }

  Result<OperatorParts> Parts(const ir::Op& op, const ir::Reshape&) {
    const auto shape = builder_.CreateVector(graph_.tensor(op.outputs[0]).shape);
    return OperatorParts{BuiltinOperator::RESHAPE, 1, BuiltinOptions::ReshapeOptions,
                         schema::CreateReshapeOptions(builder_, shape).Union()};
  }

  Result<OperatorParts> Parts(const ir::Op&, const ir::Softmax& a) {
    return OperatorParts{BuiltinOperator::SOFTMAX, 2, BuiltinOptions::SoftmaxOptions,
                         schema::CreateSoftmaxOptions(builder_, a.beta).Union()};
  }

  const ir::Graph& graph_;
  flatbuffers::FlatBufferBuilder builder_;
  std::vector<Offset<schema::Buffer>> buffers_;
  std::vector<Offset<schema::Tensor>> tensors_;
  std::vector<Offset<schema::Operator>> operators_;
  std::vector<Offset<schema::OperatorCode>> codes_;
  std::vector<std::pair<BuiltinOperator, int32_t>> code_keys_;
};

}  // namespace

Result<Bytes> WriteModel(const ir::Graph& graph) {
  KINGLET_CHECK(ir::Verify(graph));
  int64_t constant_bytes = 0;
  for (const ir::Tensor& tensor : graph.tensors) {
    constant_bytes += static_cast<int64_t>(tensor.data.size());
  }
  for (const auto& [name, value] : graph.metadata) {
    constant_bytes += static_cast<int64_t>(value.size());
  }
  if (constant_bytes > kConstantBytesMax) {
    return Fail(Code::kUnsupported, "graph '{}': {} bytes of constants, a .tflite file holds {}",
                graph.name, constant_bytes, kConstantBytesMax);
  }
  return Writer(graph).Write();
}

}  // namespace kinglet::tflite
