// The options of each kind of operator that computes.
#include "src/tflite/file_builder.h"
#include "src/tflite/window.h"

namespace kinglet::tflite {
namespace {

using flatbuffers::Offset;
using schema::BuiltinOperator;
using schema::BuiltinOptions;

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

bool IsInt16(const FileBuilder& file, const ir::Op& op) {
  return file.Output(op).type == ir::DataType::kInt16;
}

// The operator's own inputs, as they stand.
OperatorParts Parts(const ir::Op& op, BuiltinOperator code, int32_t version,
                    BuiltinOptions options_type, Offset<void> options) {
  return {code, version, options_type, options, op.inputs};
}

// Without options.
OperatorParts Parts(const ir::Op& op, BuiltinOperator code, int32_t version) {
  return Parts(op, code, version, BuiltinOptions::NONE, {});
}

// Sums of int16 activations have 64 bits unless the options say that the bias has 32.
bool HasShortBias(const FileBuilder& file, const ir::Op& op) {
  return IsInt16(file, op) && op.inputs.size() > 2 && op.inputs[2] != ir::kNoTensor &&
         file.Input(op, 2).type == ir::DataType::kInt32;
}
schema::TensorType BiasType(const FileBuilder& file, const ir::Op& op) {
  return HasShortBias(file, op) ? schema::TensorType::INT32 : schema::TensorType::FLOAT32;
}

// Of a window over an image of this shape.
template <typename Attributes>
Result<schema::Padding> PaddingOf(const std::vector<int32_t>& input, const ir::Op& op,
                                  const Attributes& a, int32_t filter_h, int32_t filter_w,
                                  int32_t dilation_h, int32_t dilation_w) {
  if (a.padding == ir::Padding{}) return schema::Padding::VALID;
  if (a.padding == SamePadding({input[1], input[2], filter_h, filter_w, a.stride_h, a.stride_w,
                                dilation_h, dilation_w})) {
    return schema::Padding::SAME;
  }
  return Fail(Code::kUnsupported, "{}: padding {},{},{},{} is neither SAME nor VALID in .tflite",
              op.name, a.padding.top, a.padding.left, a.padding.bottom, a.padding.right);
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Conv2d& a) {
  const ir::Tensor& weights = file.Input(op, 1);
  KINGLET_TRY(const schema::Padding padding,
              PaddingOf(file.Input(op, 0).shape, op, a, weights.shape[1], weights.shape[2],
                        a.dilation_h, a.dilation_w));
  const bool grouped = weights.shape[3] != file.Input(op, 0).shape[3];
  int32_t version = IsInt16(file, op) ? 4 : 3;
  if (grouped) version = 6;
  if (HasShortBias(file, op)) version = 8;
  return Parts(op, BuiltinOperator::CONV_2D, version, BuiltinOptions::Conv2DOptions,
               schema::CreateConv2DOptions(file.flat(), padding, a.stride_w, a.stride_h,
                                           FromActivation(a.activation), a.dilation_w, a.dilation_h,
                                           BiasType(file, op))
                   .Union());
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::DepthwiseConv2d& a) {
  const ir::Tensor& weights = file.Input(op, 1);
  KINGLET_TRY(const schema::Padding padding,
              PaddingOf(file.Input(op, 0).shape, op, a, weights.shape[1], weights.shape[2],
                        a.dilation_h, a.dilation_w));
  return Parts(op, BuiltinOperator::DEPTHWISE_CONV_2D, IsInt16(file, op) ? 5 : 3,
               BuiltinOptions::DepthwiseConv2DOptions,
               schema::CreateDepthwiseConv2DOptions(
                   file.flat(), padding, a.stride_w, a.stride_h, a.depth_multiplier,
                   FromActivation(a.activation), a.dilation_w, a.dilation_h)
                   .Union());
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::TransposeConv2d& a) {
  const ir::Tensor &weights = file.Input(op, 1), &output = file.Output(op);
  KINGLET_TRY(const schema::Padding padding,
              PaddingOf(output.shape, op, a, weights.shape[1], weights.shape[2], 1, 1));
  int32_t version = op.inputs.size() > 2 ? 3 : 2;
  if (a.activation != ir::Activation::kNone) version = 4;
  if (HasShortBias(file, op)) version = 5;
  OperatorParts parts =
      Parts(op, BuiltinOperator::TRANSPOSE_CONV, version, BuiltinOptions::TransposeConvOptions,
            schema::CreateTransposeConvOptions(file.flat(), padding, a.stride_w, a.stride_h,
                                               FromActivation(a.activation), BiasType(file, op))
                .Union());
  parts.inputs = {file.AddIntegers(op.name + "_shape", output.shape), op.inputs[1], op.inputs[0]};
  if (op.inputs.size() > 2) parts.inputs.push_back(op.inputs[2]);
  return parts;
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::FullyConnected& a) {
  int32_t version = op.inputs.size() == 2 ? 6 : (a.keep_dims ? 5 : 4);
  if (IsInt16(file, op)) version = 7;
  if (HasShortBias(file, op)) version = 11;
  return Parts(
      op, BuiltinOperator::FULLY_CONNECTED, version, BuiltinOptions::FullyConnectedOptions,
      schema::CreateFullyConnectedOptions(file.flat(), FromActivation(a.activation),
                                          schema::FullyConnectedOptionsWeightsFormat::DEFAULT,
                                          a.keep_dims, false, BiasType(file, op))
          .Union());
}

// Sums of int16 tensors are told to scale as those of int8 do, not by powers of two.
Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Add& a) {
  const bool int16 = IsInt16(file, op);
  return Parts(op, BuiltinOperator::ADD, int16 ? 3 : 2, BuiltinOptions::AddOptions,
               schema::CreateAddOptions(file.flat(), FromActivation(a.activation), !int16).Union());
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Sub& a) {
  const bool int16 = IsInt16(file, op);
  return Parts(op, BuiltinOperator::SUB, int16 ? 5 : 3, BuiltinOptions::SubOptions,
               schema::CreateSubOptions(file.flat(), FromActivation(a.activation), !int16).Union());
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Mul& a) {
  return Parts(op, BuiltinOperator::MUL, IsInt16(file, op) ? 4 : 2, BuiltinOptions::MulOptions,
               schema::CreateMulOptions(file.flat(), FromActivation(a.activation)).Union());
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Extremum& a) {
  const BuiltinOperator code =
      a.kind == ir::Extremum::Kind::kMinimum ? BuiltinOperator::MINIMUM : BuiltinOperator::MAXIMUM;
  return Parts(op, code, IsInt16(file, op) ? 4 : 2, BuiltinOptions::MaximumMinimumOptions,
               schema::CreateMaximumMinimumOptions(file.flat()).Union());
}

Result<OperatorParts> Write(FileBuilder&, const ir::Op& op, const ir::Prelu&) {
  return Parts(op, BuiltinOperator::PRELU, 1);
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Clip& a) {
  const int32_t version = IsInt16(file, op) ? 3 : 2;
  if (a.range == ir::Activation::kRelu) return Parts(op, BuiltinOperator::RELU, version);
  if (a.range == ir::Activation::kRelu6) return Parts(op, BuiltinOperator::RELU6, version);
  return Parts(op, BuiltinOperator::RELU_N1_TO_1, 1);
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::LeakyRelu& a) {
  return Parts(op, BuiltinOperator::LEAKY_RELU, IsInt16(file, op) ? 2 : 1,
               BuiltinOptions::LeakyReluOptions,
               schema::CreateLeakyReluOptions(file.flat(), a.alpha).Union());
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::HardSwish&) {
  return Parts(op, BuiltinOperator::HARD_SWISH, 1, BuiltinOptions::HardSwishOptions,
               schema::CreateHardSwishOptions(file.flat()).Union());
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Logistic&) {
  return Parts(op, BuiltinOperator::LOGISTIC, IsInt16(file, op) ? 3 : 2);
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Tanh&) {
  return Parts(op, BuiltinOperator::TANH, IsInt16(file, op) ? 3 : 2);
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Pool2d& a) {
  KINGLET_TRY(const schema::Padding padding,
              PaddingOf(file.Input(op, 0).shape, op, a, a.filter_h, a.filter_w, 1, 1));
  const BuiltinOperator code = a.kind == ir::Pool2d::Kind::kAverage
                                   ? BuiltinOperator::AVERAGE_POOL_2D
                                   : BuiltinOperator::MAX_POOL_2D;
  return Parts(op, code, IsInt16(file, op) ? 3 : 2, BuiltinOptions::Pool2DOptions,
               schema::CreatePool2DOptions(file.flat(), padding, a.stride_w, a.stride_h, a.filter_w,
                                           a.filter_h, FromActivation(a.activation))
                   .Union());
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Quantize&) {
  return Parts(op, BuiltinOperator::QUANTIZE, IsInt16(file, op) ? 2 : 1,
               BuiltinOptions::QuantizeOptions, schema::CreateQuantizeOptions(file.flat()).Union());
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Dequantize&) {
  const bool from_int16 = file.Input(op, 0).type == ir::DataType::kInt16;
  return Parts(op, BuiltinOperator::DEQUANTIZE, from_int16 ? 3 : 2,
               BuiltinOptions::DequantizeOptions,
               schema::CreateDequantizeOptions(file.flat()).Union());
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Softmax& a) {
  return Parts(op, BuiltinOperator::SOFTMAX, IsInt16(file, op) ? 3 : 2,
               BuiltinOptions::SoftmaxOptions,
               schema::CreateSoftmaxOptions(file.flat(), a.beta).Union());
}

// Reading and assigning variables are several operators of the format: the caller's.
Result<OperatorParts> Write(FileBuilder&, const ir::Op& op, const ir::Copy&) {
  KINGLET_ASSERT(false);
  return Parts(op, BuiltinOperator::ASSIGN_VARIABLE, 1);
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op,
                            const ir::UnidirectionalSequenceLstm& a) {
  OperatorParts parts =
      Parts(op, BuiltinOperator::UNIDIRECTIONAL_SEQUENCE_LSTM, 1,
            BuiltinOptions::UnidirectionalSequenceLSTMOptions,
            schema::CreateUnidirectionalSequenceLSTMOptions(
                file.flat(), schema::ActivationFunctionType::TANH, a.cell_clip, 0, a.time_major)
                .Union());
  constexpr size_t kWeightsEnd = 9, kBiasesEnd = 13;
  constexpr size_t kPeepholes = 3, kProjection = 2, kLayerNorm = 4;  // which we never have
  parts.inputs.insert(parts.inputs.end(), kLayerNorm, ir::kNoTensor);
  parts.inputs.insert(parts.inputs.begin() + kBiasesEnd, kProjection, ir::kNoTensor);
  parts.inputs.insert(parts.inputs.begin() + kWeightsEnd, kPeepholes, ir::kNoTensor);
  return parts;
}

Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Svdf& a) {
  return Parts(
      op, BuiltinOperator::SVDF, 3, BuiltinOptions::SVDFOptions,
      schema::CreateSVDFOptions(file.flat(), a.rank, FromActivation(a.activation)).Union());
}

}  // namespace

Result<OperatorParts> WriteOperator(FileBuilder& file, const ir::Op& op) {
  return std::visit([&](const auto& a) { return Write(file, op, a); }, op.attributes);
}

}  // namespace kinglet::tflite
