// Which operators are supported, and the attributes of those that compute.
#include <algorithm>
#include <optional>

#include "src/tflite/operator_source.h"
#include "src/tflite/window.h"

namespace kinglet::tflite {
namespace {

using schema::BuiltinOperator;

tl::unexpected<Error> NoOptions() {
  return Fail(Code::kInvalid, "its options are missing or of another operator");
}

Result<ir::Activation> ReadActivation(schema::ActivationFunctionType type) {
  switch (type) {
    case schema::ActivationFunctionType::NONE:
      return ir::Activation::kNone;
    case schema::ActivationFunctionType::RELU:
      return ir::Activation::kRelu;
    case schema::ActivationFunctionType::RELU6:
      return ir::Activation::kRelu6;
    case schema::ActivationFunctionType::RELU_N1_TO_1:
      return ir::Activation::kReluN1To1;
    case schema::ActivationFunctionType::TANH:
      return ir::Activation::kTanh;
    case schema::ActivationFunctionType::SIGN_BIT:
      return ir::Activation::kSignBit;
  }
  return Fail(Code::kUnsupported, "fused activation {} is not known", static_cast<int>(type));
}

// Operators that say everything by their tensors.
template <typename Attributes>
Result<ir::Attributes> ReadPlain(const OperatorSource&) {
  return Attributes{};
}

// Operators whose options are a fused activation, which may be left out.
template <typename Attributes, typename Options>
Result<ir::Attributes> ReadActivated(const OperatorSource& source) {
  Attributes a;
  const auto* options = source.op().builtin_options_as<Options>();
  if (options == nullptr) return a;
  KINGLET_TRY(a.activation, ReadActivation(options->fused_activation_function()));
  return a;
}

template <ir::Activation kRange>
Result<ir::Attributes> ReadClip(const OperatorSource&) {
  return ir::Clip{kRange};
}

template <ir::Extremum::Kind kKind>
Result<ir::Attributes> ReadExtremum(const OperatorSource&) {
  return ir::Extremum{kKind};
}

Result<ir::Attributes> ReadLeakyRelu(const OperatorSource& source) {
  const auto* options = source.op().builtin_options_as_LeakyReluOptions();
  if (options == nullptr) return NoOptions();
  return ir::LeakyRelu{options->alpha()};
}

Result<ir::Attributes> ReadSoftmax(const OperatorSource& source) {
  const auto* options = source.op().builtin_options_as_SoftmaxOptions();
  if (options == nullptr) return NoOptions();
  return ir::Softmax{.beta = options->beta()};
}

Result<ir::Attributes> ReadFullyConnected(const OperatorSource& source) {
  ir::FullyConnected a;
  const auto* options = source.op().builtin_options_as_FullyConnectedOptions();
  if (options == nullptr) return a;
  if (options->weights_format() != schema::FullyConnectedOptionsWeightsFormat::DEFAULT) {
    return Fail(Code::kUnsupported, "shuffled weights are not supported");
  }
  KINGLET_TRY(a.activation, ReadActivation(options->fused_activation_function()));
  a.keep_dims = options->keep_num_dims();
  return a;
}

template <typename OpAttributes>
Result<ir::Padding> ReadPadding(schema::Padding padding, const ir::Tensor* input, int32_t filter_h,
                                int32_t filter_w, const OpAttributes& a, int32_t dilation_h,
                                int32_t dilation_w) {
  if (padding == schema::Padding::VALID) return ir::Padding{};
  if (padding != schema::Padding::SAME) {
    return Fail(Code::kInvalid, "padding {} is neither SAME nor VALID", static_cast<int>(padding));
  }
  // What Verify refuses anyway has no padding worth working out.
  if (input == nullptr || std::min({input->shape[1], input->shape[2], filter_h, filter_w,
                                    a.stride_h, a.stride_w, dilation_h, dilation_w}) < 1) {
    return ir::Padding{};
  }
  return SamePadding({input->shape[1], input->shape[2], filter_h, filter_w, a.stride_h, a.stride_w,
                      dilation_h, dilation_w});
}

// Strides, dilation, padding and activation, which both convolutions have alike.
template <typename Attributes, typename Options>
Result<ir::Attributes> ReadConvolution(Attributes a, const Options& options,
                                       const OperatorSource& source) {
  a.stride_h = options.stride_h();
  a.stride_w = options.stride_w();
  a.dilation_h = options.dilation_h_factor();
  a.dilation_w = options.dilation_w_factor();
  KINGLET_TRY(a.activation, ReadActivation(options.fused_activation_function()));
  const ir::Tensor* weights = source.ImageInput(1);
  const int32_t filter_h = weights == nullptr ? 0 : weights->shape[1];
  const int32_t filter_w = weights == nullptr ? 0 : weights->shape[2];
  KINGLET_TRY(a.padding, ReadPadding(options.padding(), source.ImageInput(0), filter_h, filter_w, a,
                                     a.dilation_h, a.dilation_w));
  return a;
}

Result<ir::Attributes> ReadConv(const OperatorSource& source) {
  const auto* options = source.op().builtin_options_as_Conv2DOptions();
  if (options == nullptr) return NoOptions();
  return ReadConvolution(ir::Conv2d{}, *options, source);
}

Result<ir::Attributes> ReadDepthwise(const OperatorSource& source) {
  const auto* options = source.op().builtin_options_as_DepthwiseConv2DOptions();
  if (options == nullptr) return NoOptions();
  ir::DepthwiseConv2d a;
  // The option of the same name is redundant and wrong in some files; the shapes decide.
  const ir::Tensor* input = source.ImageInput(0);
  const ir::Tensor* weights = source.ImageInput(1);
  if (input != nullptr && weights != nullptr && input->shape[3] > 0) {
    a.depth_multiplier = weights->shape[3] / input->shape[3];
  }
  return ReadConvolution(a, *options, source);
}

// The shape that it is told must be the one that its output has anyway.
Status CheckOutputShape(const OperatorSource& source) {
  KINGLET_TRY(const std::vector<int64_t> shape, source.Integers(0, "the output's shape"));
  const ir::Tensor* output = source.Output(0);
  if (output == nullptr || std::ranges::equal(shape, output->shape)) return {};
  return Fail(Code::kUnsupported, "the shape that input 0 asks for is not that of the output");
}

Result<ir::Attributes> ReadTransposeConv(const OperatorSource& source) {
  const auto* options = source.op().builtin_options_as_TransposeConvOptions();
  if (options == nullptr) return NoOptions();
  KINGLET_CHECK(CheckOutputShape(source));
  ir::TransposeConv2d a;
  a.stride_h = options->stride_h();
  a.stride_w = options->stride_w();
  KINGLET_TRY(a.activation, ReadActivation(options->fused_activation_function()));
  const ir::Tensor* weights = source.ImageInput(1);
  const ir::Tensor* output = source.Output(0);
  if (weights == nullptr || output == nullptr || output->shape.size() != 4) return a;
  // Padding is that of the convolution it transposes, whose input is this one's output.
  KINGLET_TRY(a.padding, ReadPadding(options->padding(), output, weights->shape[1],
                                     weights->shape[2], a, 1, 1));
  return a;
}

template <ir::Pool2d::Kind kKind>
Result<ir::Attributes> ReadPool(const OperatorSource& source) {
  const auto* options = source.op().builtin_options_as_Pool2DOptions();
  if (options == nullptr) return NoOptions();
  ir::Pool2d a;
  a.kind = kKind;
  a.filter_h = options->filter_height();
  a.filter_w = options->filter_width();
  a.stride_h = options->stride_h();
  a.stride_w = options->stride_w();
  KINGLET_TRY(a.activation, ReadActivation(options->fused_activation_function()));
  KINGLET_TRY(a.padding, ReadPadding(options->padding(), source.ImageInput(0), a.filter_h,
                                     a.filter_w, a, 1, 1));
  return a;
}

// Inputs of UNIDIRECTIONAL_SEQUENCE_LSTM in the format.
constexpr size_t kLstmInputs = 24, kLstmWeightsEnd = 9, kLstmBiases = 12, kLstmBiasesEnd = 16,
                 kLstmHiddenState = 18, kLstmCellState = 19;

// What the format's operator has besides ours, if `source` has it.
std::string LstmVariants(const OperatorSource& source) {
  const auto has = [&](std::initializer_list<size_t> inputs) {
    return std::ranges::any_of(inputs, [&](size_t i) { return source.Input(i) != nullptr; });
  };
  std::string found;
  const auto add = [&](bool present, std::string_view name) {
    if (present) found += (found.empty() ? "" : ", ") + std::string(name);
  };
  add(!has({1}) || !has({5}), "no input gate (CIFG)");
  add(has({9, 10, 11}), "peephole connections");
  add(has({16, 17}), "projection");
  add(has({20, 21, 22, 23}), "layer normalisation");
  return found;
}

Result<ir::Attributes> ReadLstm(const OperatorSource& source) {
  const auto* options = source.op().builtin_options_as_UnidirectionalSequenceLSTMOptions();
  if (options == nullptr) return NoOptions();
  if (source.input_count() > kLstmInputs || source.output_count() != 1) {
    return Fail(Code::kInvalid, "{} inputs and {} outputs: at most {}, and 1", source.input_count(),
                source.output_count(), kLstmInputs);
  }
  std::string variants = LstmVariants(source);
  if (options->diagonal_recurrent_tensors()) {
    variants += (variants.empty() ? "" : ", ") + std::string("diagonal recurrent weights");
  }
  KINGLET_TRY(const ir::Activation activation,
              ReadActivation(options->fused_activation_function()));
  if (activation != ir::Activation::kTanh) {
    variants += (variants.empty() ? "" : ", ") + std::string("an activation other than tanh");
  }
  if (!variants.empty()) return Fail(Code::kUnsupported, "not supported: {}", variants);
  if (!source.IsVariable(kLstmHiddenState) || !source.IsVariable(kLstmCellState)) {
    return Fail(Code::kInvalid, "inputs {} and {}, the states, must be variables", kLstmHiddenState,
                kLstmCellState);
  }
  return ir::UnidirectionalSequenceLstm{options->time_major(), options->cell_clip()};
}

void ArrangeLstm(ir::Op& op) {
  op.inputs.resize(kLstmInputs, ir::kNoTensor);
  const std::vector<ir::TensorIndex> all = op.inputs;
  const auto at = [&](size_t i) { return all.begin() + static_cast<std::ptrdiff_t>(i); };
  op.inputs.assign(at(0), at(kLstmWeightsEnd));
  op.inputs.insert(op.inputs.end(), at(kLstmBiases), at(kLstmBiasesEnd));
  for (const size_t state : {kLstmHiddenState, kLstmCellState}) {
    op.inputs.push_back(all[state]);
    op.outputs.push_back(all[state]);
  }
}

constexpr size_t kSvdfInputs = 5, kSvdfState = 4;

Result<ir::Attributes> ReadSvdf(const OperatorSource& source) {
  const auto* options = source.op().builtin_options_as_SVDFOptions();
  if (options == nullptr) return NoOptions();
  if (source.input_count() != kSvdfInputs || !source.IsVariable(kSvdfState)) {
    return Fail(Code::kInvalid, "{} inputs: must be {}, the last a variable, the state",
                source.input_count(), kSvdfInputs);
  }
  ir::Svdf a;
  a.rank = options->rank();
  KINGLET_TRY(a.activation, ReadActivation(options->fused_activation_function()));
  return a;
}

void ArrangeSvdf(ir::Op& op) { op.outputs.push_back(op.inputs[kSvdfState]); }

constexpr OperatorRule kRules[] = {
    {BuiltinOperator::ADD, 5, ReadActivated<ir::Add, schema::AddOptions>},
    {BuiltinOperator::ARG_MAX, 3, ReadArgMax, {0, -1, -1}},
    {BuiltinOperator::ARG_MIN, 3, ReadArgMin, {0, -1, -1}},
    {BuiltinOperator::AVERAGE_POOL_2D, 3, ReadPool<ir::Pool2d::Kind::kAverage>},
    {BuiltinOperator::CONCATENATION, 4, ReadConcatenation},
    {BuiltinOperator::CONV_2D, 8, ReadConv},
    {BuiltinOperator::DEPTHWISE_CONV_2D, 7, ReadDepthwise},
    {BuiltinOperator::DEQUANTIZE, 6, ReadPlain<ir::Dequantize>},
    {BuiltinOperator::EXPAND_DIMS, 1, ReadExpandDims, {0, -1, -1}},
    {BuiltinOperator::FULLY_CONNECTED, 12, ReadFullyConnected},
    {BuiltinOperator::GATHER, 7, ReadGather},
    {BuiltinOperator::HARD_SWISH, 1, ReadPlain<ir::HardSwish>},
    {BuiltinOperator::LEAKY_RELU, 2, ReadLeakyRelu},
    {BuiltinOperator::LOGISTIC, 3, ReadPlain<ir::Logistic>},
    {BuiltinOperator::MAXIMUM, 4, ReadExtremum<ir::Extremum::Kind::kMaximum>},
    {BuiltinOperator::MAX_POOL_2D, 3, ReadPool<ir::Pool2d::Kind::kMax>},
    {BuiltinOperator::MEAN, 3, ReadMean, {0, -1, -1}},
    {BuiltinOperator::MINIMUM, 4, ReadExtremum<ir::Extremum::Kind::kMinimum>},
    {BuiltinOperator::MUL, 7, ReadActivated<ir::Mul, schema::MulOptions>},
    {BuiltinOperator::PACK, 4, ReadPack},
    {BuiltinOperator::PAD, 4, ReadPad, {0, -1, -1}},
    {BuiltinOperator::PADV2, 4, ReadPad, {0, 2, -1}},
    {BuiltinOperator::PRELU, 2, ReadPlain<ir::Prelu>},
    {BuiltinOperator::QUANTIZE, 4, ReadPlain<ir::Quantize>},
    {BuiltinOperator::RELU, 3, ReadClip<ir::Activation::kRelu>},
    {BuiltinOperator::RELU6, 3, ReadClip<ir::Activation::kRelu6>},
    {BuiltinOperator::RELU_N1_TO_1, 1, ReadClip<ir::Activation::kReluN1To1>},
    {BuiltinOperator::RESHAPE, 1, ReadReshape, {0, -1, -1}},
    {BuiltinOperator::RESIZE_BILINEAR, 4, ReadResizeBilinear, {0, -1, -1}},
    {BuiltinOperator::RESIZE_NEAREST_NEIGHBOR, 4, ReadResizeNearestNeighbor, {0, -1, -1}},
    {BuiltinOperator::SLICE, 6, ReadSlice, {0, -1, -1}},
    {BuiltinOperator::SOFTMAX, 3, ReadSoftmax},
    {BuiltinOperator::SPLIT, 4, ReadSplit, {1, -1, -1}},
    {BuiltinOperator::SPLIT_V, 2, ReadSplitV, {0, -1, -1}},
    {BuiltinOperator::SQUEEZE, 2, ReadSqueeze},
    {BuiltinOperator::STRIDED_SLICE, 8, ReadStridedSlice, {0, -1, -1}},
    {BuiltinOperator::SUB, 5, ReadActivated<ir::Sub, schema::SubOptions>},
    {BuiltinOperator::SUM, 2, ReadSum, {0, -1, -1}},
    {BuiltinOperator::SVDF, 4, ReadSvdf, {-1, -1, -1}, ArrangeSvdf},
    {BuiltinOperator::TANH, 3, ReadPlain<ir::Tanh>},
    {BuiltinOperator::TRANSPOSE, 7, ReadTranspose, {0, -1, -1}},
    {BuiltinOperator::TRANSPOSE_CONV, 5, ReadTransposeConv, {2, 1, 3}},
    {BuiltinOperator::UNIDIRECTIONAL_SEQUENCE_LSTM, 4, ReadLstm, {-1, -1, -1}, ArrangeLstm},
    {BuiltinOperator::UNPACK, 4, ReadUnpack},
};

}  // namespace

const OperatorRule* FindRule(BuiltinOperator code) {
  const auto* rule =
      std::ranges::find_if(kRules, [&](const OperatorRule& r) { return r.code == code; });
  return rule == std::end(kRules) ? nullptr : rule;
}

}  // namespace kinglet::tflite
