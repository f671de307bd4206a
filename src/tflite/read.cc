#include "src/tflite/read.h"

#include <flatbuffers/flatbuffers.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <optional>

#include "src/base/files.h"
#include "src/tflite/schema_generated.h"
#include "src/tflite/window.h"

namespace kinglet::tflite {
namespace {

using schema::BuiltinOperator;

constexpr size_t kFileBytesMax = size_t{1} << 30;
constexpr uint32_t kFormatVersion = 3;
constexpr size_t kPlacesNamedMax =
    8;  // positions per operator in the message about unsupported ones

// The operators that are read, with the latest version whose parameters this reader knows.
struct KnownOperator {
  BuiltinOperator code;
  int32_t version_max;
};
constexpr std::array<KnownOperator, 8> kKnownOperators = {{
    {BuiltinOperator::ADD, 5},
    {BuiltinOperator::AVERAGE_POOL_2D, 3},
    {BuiltinOperator::CONV_2D, 8},
    {BuiltinOperator::DEPTHWISE_CONV_2D, 7},
    {BuiltinOperator::FULLY_CONNECTED, 12},
    {BuiltinOperator::MAX_POOL_2D, 3},
    {BuiltinOperator::RESHAPE, 1},
    {BuiltinOperator::SOFTMAX, 3},
}};

template <typename T>
size_t SizeOf(const flatbuffers::Vector<T>* vector) {
  return vector == nullptr ? 0 : vector->size();
}

std::string TextOf(const flatbuffers::String* text) { return text == nullptr ? "" : text->str(); }

std::optional<ir::DataType> ToDataType(schema::TensorType type) {
  switch (type) {
    case schema::TensorType::INT8:
      return ir::DataType::kInt8;
    case schema::TensorType::UINT8:
      return ir::DataType::kUint8;
    case schema::TensorType::INT16:
      return ir::DataType::kInt16;
    case schema::TensorType::INT32:
      return ir::DataType::kInt32;
    case schema::TensorType::INT64:
      return ir::DataType::kInt64;
    case schema::TensorType::FLOAT32:
      return ir::DataType::kFloat32;
    case schema::TensorType::BOOL:
      return ir::DataType::kBool;
    default:
      return std::nullopt;
  }
}

std::optional<ir::Activation> ToActivation(schema::ActivationFunctionType type) {
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
  return std::nullopt;
}

BuiltinOperator CodeOf(const schema::OperatorCode& code) {
  const auto old_code = static_cast<BuiltinOperator>(code.deprecated_builtin_code());
  return std::max(old_code, code.builtin_code());
}

// "QUANTIZE", "CUSTOM 'TFLite_Detection'", "operator code 250".
std::string OperatorText(const schema::OperatorCode& code) {
  const BuiltinOperator builtin = CodeOf(code);
  if (builtin == BuiltinOperator::CUSTOM) {
    return fmt::format("CUSTOM '{}'", TextOf(code.custom_code()).substr(0, 64));
  }
  const char* name = schema::EnumNameBuiltinOperator(builtin);
  if (*name != '\0') return name;
  return fmt::format("operator code {}", static_cast<int32_t>(builtin));
}

class Reader {
 public:
  Reader(const schema::Model& model, size_t file_bytes)
      : model_(model), budget_bytes_(8 * static_cast<uint64_t>(file_bytes) + (1U << 20)) {}

  Result<ir::Graph> Read() {
    if (model_.version() != kFormatVersion) {
      return Fail(Code::kUnsupported, ".tflite schema version {}, this reads {}", model_.version(),
                  kFormatVersion);
    }
    if (SizeOf(model_.subgraphs()) == 0) {
      return Fail(Code::kInvalid, ".tflite file without a subgraph");
    }
    subgraph_ = model_.subgraphs()->Get(0);
    KINGLET_CHECK(CheckOperators());
    graph_.name = TextOf(subgraph_->name());
    if (graph_.name.empty()) graph_.name = "main";
    KINGLET_CHECK(ReadTensors());
    for (uint32_t i = 0; i < SizeOf(subgraph_->operators()); ++i) {
      KINGLET_CHECK(ReadOperator(i).map_error([&](Error error) {
        return Within(fmt::format("operator {}", i), std::move(error)).value();
      }));
    }
    KINGLET_TRY(graph_.inputs, MapTensors(subgraph_->inputs(), "graph inputs"));
    KINGLET_TRY(graph_.outputs, MapTensors(subgraph_->outputs(), "graph outputs"));
    KINGLET_CHECK(ReadMetadata());
    KINGLET_CHECK(ir::Verify(graph_));
    return std::move(graph_);
  }

 private:
  // Parts of a flatbuffer may be shared, so that a small file could unfold into a big graph. Every
  // copy out of the file is charged.
  Status Charge(uint64_t bytes) {
    if (bytes > budget_bytes_) {
      return Fail(Code::kInvalid, ".tflite file unfolds into more than 8 times its size");
    }
    budget_bytes_ -= bytes;
    return {};
  }

  // Whether every operator is known; one error names all that are not.
  Status CheckOperators() {
    std::map<std::string, std::vector<uint32_t>> unsupported;
    for (uint32_t i = 0; i < SizeOf(subgraph_->operators()); ++i) {
      const uint32_t index = subgraph_->operators()->Get(i)->opcode_index();
      if (index >= SizeOf(model_.operator_codes())) {
        return Fail(Code::kInvalid, "operator {}: operator code {} of {}", i, index,
                    SizeOf(model_.operator_codes()));
      }
      const schema::OperatorCode& code = *model_.operator_codes()->Get(index);
      const auto* known = std::find_if(
          kKnownOperators.begin(), kKnownOperators.end(),
          [&](const KnownOperator& candidate) { return candidate.code == CodeOf(code); });
      if (known == kKnownOperators.end()) {
        unsupported[OperatorText(code)].push_back(i);
      } else if (code.version() > known->version_max) {
        unsupported[fmt::format("{} version {}", OperatorText(code), code.version())].push_back(i);
      }
    }
    if (unsupported.empty()) return {};
    std::string list;
    for (const auto& [name, places] : unsupported) {
      list += (list.empty() ? "" : "; ") + name + " at ";
      for (size_t i = 0; i < std::min(places.size(), kPlacesNamedMax); ++i) {
        list += (i == 0 ? "" : ", ") + std::to_string(places[i]);
      }
      if (places.size() > kPlacesNamedMax) {
        list += fmt::format(" and {} more", places.size() - kPlacesNamedMax);
      }
    }
    return Fail(Code::kUnsupported, "operators that are not supported (counted from 0): {}", list);
  }

  // Reads the tensors that operators, inputs and outputs name, in the file's order.
  Status ReadTensors() {
    const size_t count = SizeOf(subgraph_->tensors());
    KINGLET_CHECK(Charge(count * sizeof(ir::TensorIndex)));
    mapped_.assign(count, ir::kNoTensor);
    std::vector<bool> used(count, false);
    const auto mark = [&](const flatbuffers::Vector<int32_t>* indices, size_t limit) {
      for (uint32_t i = 0; i < std::min(SizeOf(indices), limit); ++i) {
        const auto index = static_cast<size_t>(indices->Get(i));
        if (index < count) used[index] = true;
      }
    };
    for (uint32_t i = 0; i < SizeOf(subgraph_->operators()); ++i) {
      const schema::Operator& op = *subgraph_->operators()->Get(i);
      mark(op.inputs(), CodeAt(op) == BuiltinOperator::RESHAPE ? 1 : SIZE_MAX);
      mark(op.outputs(), SIZE_MAX);
    }
    mark(subgraph_->inputs(), SIZE_MAX);
    mark(subgraph_->outputs(), SIZE_MAX);
    for (uint32_t i = 0; i < count; ++i) {
      if (!used[i]) continue;
      mapped_[i] = static_cast<ir::TensorIndex>(graph_.tensors.size());
      KINGLET_CHECK(ReadTensor(i));
    }
    return {};
  }

  Status ReadTensor(uint32_t index) {
    const schema::Tensor& source = *subgraph_->tensors()->Get(index);
    const size_t name_bytes = source.name() == nullptr ? 0 : source.name()->size();
    KINGLET_CHECK(Charge(sizeof(ir::Tensor) + name_bytes + SizeOf(source.shape()) * 4));
    ir::Tensor tensor;
    tensor.name = TextOf(source.name());
    const std::optional<ir::DataType> type = ToDataType(source.type());
    if (!type.has_value()) {
      return Fail(Code::kUnsupported, "tensor {} '{}': type {} is not supported", index,
                  tensor.name, schema::EnumNameTensorType(source.type()));
    }
    tensor.type = *type;
    if (source.sparsity() != nullptr || source.external_buffer() != 0 || source.is_variable()) {
      return Fail(Code::kUnsupported, "tensor {} '{}': sparse, variable or external tensors {}",
                  index, tensor.name, "are not supported");
    }
    if (source.shape() != nullptr) {
      tensor.shape.assign(source.shape()->begin(), source.shape()->end());
    }
    KINGLET_CHECK(ReadQuantization(source, index, tensor));
    KINGLET_TRY(const ByteView data, BufferAt(source.buffer()));
    KINGLET_CHECK(Charge(data.size()));
    tensor.constant = !data.empty();
    tensor.data.assign(data.begin(), data.end());
    graph_.tensors.push_back(std::move(tensor));
    return {};
  }

  Status ReadQuantization(const schema::Tensor& source, uint32_t index, ir::Tensor& tensor) {
    const schema::QuantizationParameters* q = source.quantization();
    if (q == nullptr || SizeOf(q->scale()) == 0) {
      if (q == nullptr || q->details_type() == schema::QuantizationDetails::NONE) return {};
    }
    if (q->details_type() != schema::QuantizationDetails::NONE) {
      return Fail(Code::kUnsupported, "tensor {} '{}': quantisation by blocks is not supported",
                  index, tensor.name);
    }
    const size_t count = q->scale()->size();
    KINGLET_CHECK(Charge(count * 8));
    if (SizeOf(q->zero_point()) != 0 && SizeOf(q->zero_point()) != count) {
      return Fail(Code::kInvalid, "tensor {} '{}': {} scales but {} zero points", index,
                  tensor.name, count, SizeOf(q->zero_point()));
    }
    tensor.quantization.scales.assign(q->scale()->begin(), q->scale()->end());
    tensor.quantization.zero_points.assign(count, 0);
    tensor.quantization.axis = q->quantized_dimension();
    // The flatbuffer's verifier does not see to it that elements of 8 bytes lie aligned.
    ByteView zero_points;
    if (q->zero_point() != nullptr) {
      zero_points = {q->zero_point()->Data(), q->zero_point()->size() * sizeof(int64_t)};
    }
    for (uint32_t i = 0; i < SizeOf(q->zero_point()); ++i) {
      const auto zero_point = LoadLe<int64_t>(zero_points, i * sizeof(int64_t));
      if (zero_point < std::numeric_limits<int32_t>::min() ||
          zero_point > std::numeric_limits<int32_t>::max()) {
        return Fail(Code::kInvalid, "tensor {} '{}': zero point {} is beyond 32 bits", index,
                    tensor.name, zero_point);
      }
      tensor.quantization.zero_points[i] = static_cast<int32_t>(zero_point);
    }
    return {};
  }

  Result<ByteView> BufferAt(uint32_t index) const {
    if (index >= SizeOf(model_.buffers())) {
      // Buffer 0 stands for "no data", so even a file without buffers may name it.
      if (index == 0) return ByteView{};
      return Fail(Code::kInvalid, "buffer {} of {}", index, SizeOf(model_.buffers()));
    }
    const schema::Buffer& buffer = *model_.buffers()->Get(index);
    if (buffer.offset() > 1 || buffer.size() > 1) {
      return Fail(Code::kUnsupported, "buffer {}: data behind the flatbuffer is not supported",
                  index);
    }
    if (buffer.data() == nullptr) return ByteView{};
    return ByteView{buffer.data()->data(), buffer.data()->size()};
  }

  Result<std::vector<ir::TensorIndex>> MapTensors(const flatbuffers::Vector<int32_t>* indices,
                                                  std::string_view what) {
    KINGLET_CHECK(Charge(SizeOf(indices) * sizeof(ir::TensorIndex)));
    std::vector<ir::TensorIndex> result;
    for (uint32_t i = 0; i < SizeOf(indices); ++i) {
      const int32_t index = indices->Get(i);
      if (index == -1) {
        result.push_back(ir::kNoTensor);
      } else if (index < 0 || static_cast<size_t>(index) >= mapped_.size()) {
        return Fail(Code::kInvalid, "{}: tensor {} of {}", what, index, mapped_.size());
      } else {
        result.push_back(mapped_[static_cast<size_t>(index)]);
      }
    }
    return result;
  }

  BuiltinOperator CodeAt(const schema::Operator& op) const {
    return CodeOf(*model_.operator_codes()->Get(op.opcode_index()));
  }

  Status ReadOperator(uint32_t index) {
    const schema::Operator& source = *subgraph_->operators()->Get(index);
    KINGLET_CHECK(Charge(sizeof(ir::Op)));
    ir::Op op;
    KINGLET_TRY(op.inputs, MapTensors(source.inputs(), "inputs"));
    KINGLET_TRY(op.outputs, MapTensors(source.outputs(), "outputs"));
    KINGLET_TRY(op.attributes, ReadAttributes(source, op));
    if (std::holds_alternative<ir::Reshape>(op.attributes) && op.inputs.size() == 2) {
      KINGLET_CHECK(CheckConstantShape(source));
      op.inputs.pop_back();
    }
    op.name = fmt::format("{}_{}", ir::OpKindName(op.attributes), index);
    graph_.ops.push_back(std::move(op));
    return {};
  }

  // A shape that is computed while running could differ from the output tensor's.
  Status CheckConstantShape(const schema::Operator& source) const {
    const int32_t index = source.inputs()->Get(1);
    if (index < 0 || static_cast<size_t>(index) >= mapped_.size()) return {};
    KINGLET_TRY(const ByteView data,
                BufferAt(subgraph_->tensors()->Get(static_cast<uint32_t>(index))->buffer()));
    if (!data.empty()) return {};
    return Fail(Code::kUnsupported, "RESHAPE to a computed shape is not supported");
  }

  Result<ir::Attributes> ReadAttributes(const schema::Operator& source, const ir::Op& op) const {
    switch (CodeAt(source)) {
      case BuiltinOperator::ADD:
        return ReadAdd(source.builtin_options_as_AddOptions());
      case BuiltinOperator::AVERAGE_POOL_2D:
        return ReadPool(source.builtin_options_as_Pool2DOptions(), ir::Pool2d::Kind::kAverage, op);
      case BuiltinOperator::MAX_POOL_2D:
        return ReadPool(source.builtin_options_as_Pool2DOptions(), ir::Pool2d::Kind::kMax, op);
      case BuiltinOperator::CONV_2D:
        return ReadConv(source.builtin_options_as_Conv2DOptions(), op);
      case BuiltinOperator::DEPTHWISE_CONV_2D:
        return ReadDepthwise(source.builtin_options_as_DepthwiseConv2DOptions(), op);
      case BuiltinOperator::FULLY_CONNECTED:
        return ReadFullyConnected(source.builtin_options_as_FullyConnectedOptions());
      case BuiltinOperator::RESHAPE:
        return ir::Reshape{};
      case BuiltinOperator::SOFTMAX: {
        const schema::SoftmaxOptions* options = source.builtin_options_as_SoftmaxOptions();
        if (options == nullptr) return NoOptions();
        return ir::Softmax{.beta = options->beta()};
      }
      default:
        break;
    }
    return Fail(Code::kInternal, "operator passed the check but is not read");
  }

  static tl::unexpected<Error> NoOptions() {
    return Fail(Code::kInvalid, "its options are missing or of another operator");
  }

  static Result<ir::Activation> ReadActivation(schema::ActivationFunctionType type) {
    if (const auto activation = ToActivation(type)) return *activation;
    return Fail(Code::kUnsupported, "fused activation {} is not known", static_cast<int>(type));
  }

  static Result<ir::Attributes> ReadAdd(const schema::AddOptions* options) {
    ir::Add a;
    if (options == nullptr) return a;
    KINGLET_TRY(a.activation, ReadActivation(options->fused_activation_function()));
    return a;
  }

  static Result<ir::Attributes> ReadFullyConnected(const schema::FullyConnectedOptions* options) {
    ir::FullyConnected a;
    if (options == nullptr) return a;
    if (options->weights_format() != schema::FullyConnectedOptionsWeightsFormat::DEFAULT) {
      return Fail(Code::kUnsupported, "shuffled weights are not supported");
    }
    KINGLET_TRY(a.activation, ReadActivation(options->fused_activation_function()));
    a.keep_dims = options->keep_num_dims();
    return a;
  }

  // Tensor `i` of the inputs if it is one and has 4 dimensions. Verify refuses operators where it
  // is not.
  const ir::Tensor* ImageInput(const ir::Op& op, size_t i) const {
    if (op.inputs.size() <= i || op.inputs[i] == ir::kNoTensor) return nullptr;
    const ir::Tensor& tensor = graph_.tensor(op.inputs[i]);
    return tensor.shape.size() == 4 ? &tensor : nullptr;
  }

  template <typename OpAttributes>
  static Result<ir::Padding> ReadPadding(schema::Padding padding, const ir::Tensor* input,
                                         int32_t filter_h, int32_t filter_w, const OpAttributes& a,
                                         int32_t dilation_h, int32_t dilation_w) {
    if (padding == schema::Padding::VALID) return ir::Padding{};
    if (padding != schema::Padding::SAME) {
      return Fail(Code::kInvalid, "padding {} is neither SAME nor VALID",
                  static_cast<int>(padding));
    }
    // What Verify refuses anyway has no padding worth working out.
    if (input == nullptr || std::min({input->shape[1], input->shape[2], filter_h, filter_w,
                                      a.stride_h, a.stride_w, dilation_h, dilation_w}) < 1) {
      return ir::Padding{};
    }
    return SamePadding({input->shape[1], input->shape[2], filter_h, filter_w, a.stride_h,
                        a.stride_w, dilation_h, dilation_w});
  }

  // Strides, dilation, padding and activation, which both convolutions have alike.
  template <typename Attributes, typename Options>
  Result<ir::Attributes> ReadConvolution(Attributes a, const Options& options,
                                         const ir::Op& op) const {
    a.stride_h = options.stride_h();
    a.stride_w = options.stride_w();
    a.dilation_h = options.dilation_h_factor();
    a.dilation_w = options.dilation_w_factor();
    KINGLET_TRY(a.activation, ReadActivation(options.fused_activation_function()));
    const ir::Tensor* weights = ImageInput(op, 1);
    const int32_t filter_h = weights == nullptr ? 0 : weights->shape[1];
    const int32_t filter_w = weights == nullptr ? 0 : weights->shape[2];
    KINGLET_TRY(a.padding, ReadPadding(options.padding(), ImageInput(op, 0), filter_h, filter_w, a,
                                       a.dilation_h, a.dilation_w));
    return a;
  }

  Result<ir::Attributes> ReadConv(const schema::Conv2DOptions* options, const ir::Op& op) const {
    if (options == nullptr) return NoOptions();
    return ReadConvolution(ir::Conv2d{}, *options, op);
  }

  Result<ir::Attributes> ReadDepthwise(const schema::DepthwiseConv2DOptions* options,
                                       const ir::Op& op) const {
    if (options == nullptr) return NoOptions();
    ir::DepthwiseConv2d a;
    // The option of the same name is redundant and wrong in some files; the shapes decide.
    const ir::Tensor* input = ImageInput(op, 0);
    const ir::Tensor* weights = ImageInput(op, 1);
    if (input != nullptr && weights != nullptr && input->shape[3] > 0) {
      a.depth_multiplier = weights->shape[3] / input->shape[3];
    }
    return ReadConvolution(a, *options, op);
  }

  Result<ir::Attributes> ReadPool(const schema::Pool2DOptions* options, ir::Pool2d::Kind kind,
                                  const ir::Op& op) const {
    if (options == nullptr) return NoOptions();
    ir::Pool2d a;
    a.kind = kind;
    a.filter_h = options->filter_height();
    a.filter_w = options->filter_width();
    a.stride_h = options->stride_h();
    a.stride_w = options->stride_w();
    KINGLET_TRY(a.activation, ReadActivation(options->fused_activation_function()));
    KINGLET_TRY(a.padding, ReadPadding(options->padding(), ImageInput(op, 0), a.filter_h,
                                       a.filter_w, a, 1, 1));
    return a;
  }

  Status ReadMetadata() {
    for (uint32_t i = 0; i < SizeOf(model_.metadata()); ++i) {
      const schema::Metadata& entry = *model_.metadata()->Get(i);
      KINGLET_TRY(const ByteView data, BufferAt(entry.buffer()));
      const size_t name_bytes = entry.name() == nullptr ? 0 : entry.name()->size();
      KINGLET_CHECK(Charge(name_bytes + data.size()));
      if (!graph_.metadata.emplace(TextOf(entry.name()), AsText(data)).second) {
        return Fail(Code::kInvalid, "metadata '{}' twice", TextOf(entry.name()));
      }
    }
    return {};
  }

  const schema::Model& model_;
  const schema::SubGraph* subgraph_ = nullptr;
  uint64_t budget_bytes_;
  std::vector<ir::TensorIndex> mapped_;  // of the file's tensors, in the graph
  ir::Graph graph_;
};

}  // namespace

Result<ir::Graph> ReadModel(ByteView file) {
  if (file.size() < 8 || !flatbuffers::BufferHasIdentifier(file.data(), "TFL3")) {
    return Fail(Code::kInvalid, "not a .tflite file: no 'TFL3' at byte 4");
  }
  if (file.size() > kFileBytesMax) {
    return Fail(Code::kUnsupported, ".tflite file of {} bytes, at most {}", file.size(),
                kFileBytesMax);
  }
  // Flatbuffers are read in place, so they must lie as aligned as they were written.
  Bytes aligned;
  if (reinterpret_cast<uintptr_t>(file.data()) % 16 != 0) {
    aligned.assign(file.begin(), file.end());
    file = aligned;
  }
  flatbuffers::Verifier verifier(file.data(), file.size());
  if (!schema::VerifyModelBuffer(verifier)) {
    return Fail(Code::kInvalid, "damaged .tflite file: its flatbuffer does not verify ({} bytes)",
                file.size());
  }
  return Reader(*schema::GetModel(file.data()), file.size()).Read().map_error([](Error error) {
    // Names come from the file; a message stays one line whatever they hold.
    std::replace_if(
        error.message.begin(), error.message.end(),
        [](char c) { return static_cast<unsigned char>(c) < ' '; }, '?');
    return error;
  });
}

Result<ir::Graph> ReadModelFile(const std::string& path) {
  KINGLET_TRY(const Bytes file, ReadFile(path, kFileBytesMax));
  auto graph = ReadModel(file);
  if (!graph) return Within(path, std::move(graph).error());
  return graph;
}

}  // namespace kinglet::tflite
