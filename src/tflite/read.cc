#include "src/tflite/read.h"

#include <flatbuffers/flatbuffers.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "src/base/files.h"
#include "src/ir/float_graph.h"
#include "src/tflite/initial_values.h"
#include "src/tflite/operator_source.h"
#include "src/tflite/resources.h"
#include "src/tflite/schema_generated.h"
#include "src/tflite/widen.h"

namespace kinglet::tflite {
namespace {

using schema::BuiltinOperator;

constexpr size_t kFileBytesMax = size_t{1} << 30;
constexpr uint32_t kFormatVersion = 3;
constexpr int32_t kResourceVersion = 1;  // of the operators on resource variables
constexpr size_t kNameShownMax = 64;     // characters of a name in a list of operators
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

// "QUANTIZE", "CUSTOM 'TFLite_Detection'", "operator code 250".
std::string OperatorText(const schema::OperatorCode& code) {
  const BuiltinOperator builtin = CodeOf(code);
  if (builtin == BuiltinOperator::CUSTOM) {
    return fmt::format("CUSTOM '{}'", TextOf(code.custom_code()).substr(0, kNameShownMax));
  }
  const char* name = schema::EnumNameBuiltinOperator(builtin);
  if (*name != '\0') return name;
  return fmt::format("operator code {}", static_cast<int32_t>(builtin));
}

// What an initialisation subgraph assigns: tensors with data, by container and name.
using InitialValues = std::map<std::pair<std::string_view, std::string_view>, ir::Tensor>;

// Reads one subgraph.
class Reader {
 public:
  // `budget_bytes`: what may still be copied out of the file.
  Reader(const schema::Model& model, const schema::SubGraph& subgraph, ir::Numbers numbers,
         uint64_t& budget_bytes)
      : model_(model), subgraph_(&subgraph), numbers_(numbers), budget_bytes_(budget_bytes) {}

  // The subgraph as the model itself.
  Result<ir::Graph> Read() {
    auto graph = ReadGraph();
    if (graph.has_value() || is_float() || graph.error().code != Code::kUnsupported ||
        Computed() != ir::Numbers::kFloat) {
      return graph;
    }
    return Fail(Code::kUnsupported,
                "the model computes in float32: 'kinglet quantize' makes an int8 model of it");
  }

  // The subgraph as one that CALL_ONCE runs: its assignments, computed here and now.
  Result<InitialValues> ReadInitializer() {
    KINGLET_CHECK(CheckOperators());
    KINGLET_TRY(resources_, Resources::Find(model_, *subgraph_));
    if (SizeOf(subgraph_->inputs()) > 0 || !resources_->initializers().empty()) {
      return Fail(Code::kUnsupported, "must have no inputs and no CALL_ONCE");
    }
    initializes_ = true;
    KINGLET_CHECK(ReadTensors());
    KINGLET_CHECK(ReadOperators());
    std::vector<ir::TensorIndex> wanted;
    for (const auto& [variable, value] : assigned_) wanted.push_back(value);
    KINGLET_CHECK(ComputeConstants(graph_, wanted));
    InitialValues values;
    for (const auto& [variable, value] : assigned_) {
      KINGLET_CHECK(Charge(graph_.tensor(value).data.size()));
      const ResourceVariable& v = resources_->variables()[static_cast<size_t>(variable)];
      values[{v.container, v.shared_name}] = graph_.tensor(value);
    }
    return values;
  }

 private:
  bool is_float() const { return numbers_ == ir::Numbers::kFloat; }

  Result<ir::Graph> ReadGraph() {
    if (is_float() && Computed() == ir::Numbers::kQuantized) {
      return Fail(Code::kUnsupported, "the model is quantised already: use it as it is");
    }
    KINGLET_CHECK(CheckOperators());
    KINGLET_TRY(resources_, Resources::Find(model_, *subgraph_));
    KINGLET_CHECK(ReadInitializers());
    graph_.name = TextOf(subgraph_->name());
    if (graph_.name.empty()) graph_.name = "main";
    KINGLET_CHECK(ReadTensors());
    KINGLET_CHECK(ReadOperators());
    KINGLET_TRY(graph_.inputs, MapTensors(subgraph_->inputs(), "graph inputs"));
    KINGLET_TRY(graph_.outputs, MapTensors(subgraph_->outputs(), "graph outputs"));
    KINGLET_CHECK(ReadMetadata());
    KINGLET_CHECK(CheckVariables());
    KINGLET_CHECK(is_float() ? ir::VerifyFloat(graph_) : ir::Verify(graph_));
    return std::move(graph_);
  }

  BuiltinOperator CodeAt(uint32_t op_index) const {
    return CodeOf(
        *model_.operator_codes()->Get(subgraph_->operators()->Get(op_index)->opcode_index()));
  }

  Status ReadInitializers() {
    for (const uint32_t index : resources_->initializers()) {
      Reader reader(model_, *model_.subgraphs()->Get(index), numbers_, budget_bytes_);
      auto values = reader.ReadInitializer();
      if (!values) {
        return Within(fmt::format("initialisation subgraph {}", index), std::move(values).error());
      }
      for (auto& [name, value] : *values) initial_[name] = std::move(value);
    }
    return {};
  }

  Status ReadOperators() {
    for (uint32_t i = 0; i < SizeOf(subgraph_->operators()); ++i) {
      const bool resource = IsResourceOperator(CodeAt(i));
      KINGLET_CHECK((resource ? ReadResourceOperator(i) : ReadOperator(i)).map_error([&](Error e) {
        const auto& code =
            *model_.operator_codes()->Get(subgraph_->operators()->Get(i)->opcode_index());
        return Within(fmt::format("operator {}, {}", i, OperatorText(code)), std::move(e)).value();
      }));
    }
    return {};
  }

  // Variables that are no resources are the state of an operator, or nothing that we know.
  Status CheckVariables() {
    std::vector<bool> kept(graph_.tensors.size(), false);
    for (const ResourceVariable& variable : resources_->variables()) {
      const ir::TensorIndex index = mapped_[static_cast<size_t>(variable.handle)];
      if (index != ir::kNoTensor) kept[static_cast<size_t>(index)] = true;
    }
    for (const ir::Op& op : graph_.ops) {
      for (const ir::TensorIndex index : op.outputs) {
        if (index != ir::kNoTensor) kept[static_cast<size_t>(index)] = true;
      }
    }
    for (size_t i = 0; i < kept.size(); ++i) {
      if (!graph_.tensors[i].variable || kept[i]) continue;
      return Fail(Code::kUnsupported, "variable '{}' is no operator's state",
                  graph_.tensors[i].name);
    }
    return {};
  }

  // Parts of a flatbuffer may be shared, so that a small file could unfold into a big graph. Every
  // copy out of the file is charged.
  Status Charge(uint64_t bytes) {
    if (bytes > budget_bytes_) {
      return Fail(Code::kInvalid, ".tflite file unfolds into more than 8 times its size");
    }
    budget_bytes_ -= bytes;
    return {};
  }

  // What the operators give: any quantised numbers, or else float32; nothing when neither.
  std::optional<ir::Numbers> Computed() const {
    bool floats = false;
    for (uint32_t i = 0; i < SizeOf(subgraph_->operators()); ++i) {
      const auto* outputs = subgraph_->operators()->Get(i)->outputs();
      for (uint32_t j = 0; j < SizeOf(outputs); ++j) {
        const auto index = static_cast<uint32_t>(outputs->Get(j));
        if (index >= SizeOf(subgraph_->tensors())) continue;
        const schema::TensorType type = subgraph_->tensors()->Get(index)->type();
        floats = floats || type == schema::TensorType::FLOAT32;
        if (type == schema::TensorType::INT8 || type == schema::TensorType::UINT8 ||
            type == schema::TensorType::INT16) {
          return ir::Numbers::kQuantized;
        }
      }
    }
    if (floats) return ir::Numbers::kFloat;
    return std::nullopt;
  }

  // A DEQUANTIZE of a float model, whose constant is read as what comes out of it.
  bool IsFolded(const schema::Operator& op) const {
    const schema::OperatorCode& code = *model_.operator_codes()->Get(op.opcode_index());
    return is_float() && CodeOf(code) == BuiltinOperator::DEQUANTIZE;
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
      if (IsFolded(*subgraph_->operators()->Get(i))) continue;
      const schema::OperatorCode& code = *model_.operator_codes()->Get(index);
      if (IsResourceOperator(CodeOf(code)) && code.version() <= kResourceVersion) continue;
      const OperatorRule* rule = FindRule(CodeOf(code));
      if (rule == nullptr) {
        unsupported[OperatorText(code)].push_back(i);
      } else if (code.version() > rule->version_max) {
        unsupported[fmt::format("{} version {}", OperatorText(code), code.version())].push_back(i);
      }
    }
    if (unsupported.empty()) return {};
    std::string list;
    for (const auto& [name, places] : unsupported) {
      list += (list.empty() ? "" : "; ") + name + " at ";
      for (size_t i = 0; i < places.size(); ++i) {
        list += (i == 0 ? "" : ", ") + PlaceText(places[i]);
      }
    }
    return Fail(Code::kUnsupported, "operators that are not supported (counted from 0): {}", list);
  }

  // "3 'dense/gelu'": operators have no names, so that of what it computes.
  std::string PlaceText(uint32_t op_index) const {
    const auto* outputs = subgraph_->operators()->Get(op_index)->outputs();
    const size_t output = SizeOf(outputs) == 0 ? SIZE_MAX : static_cast<size_t>(outputs->Get(0));
    if (output >= SizeOf(subgraph_->tensors())) return std::to_string(op_index);
    const schema::Tensor& tensor = *subgraph_->tensors()->Get(static_cast<uint32_t>(output));
    return fmt::format("{} '{}'", op_index, TextOf(tensor.name()).substr(0, kNameShownMax));
  }

  // Reads the tensors that operators, inputs and outputs name, in the file's order.
  Status ReadTensors() {
    const size_t count = SizeOf(subgraph_->tensors());
    KINGLET_CHECK(Charge(count * sizeof(ir::TensorIndex)));
    mapped_.assign(count, ir::kNoTensor);
    std::vector<bool> used(count, false);
    const auto mark = [&](const flatbuffers::Vector<int32_t>* indices,
                          const OperatorRule* rule = nullptr) {
      for (uint32_t i = 0; i < SizeOf(indices); ++i) {
        if (rule != nullptr && !rule->Keeps(i)) continue;
        const auto index = static_cast<size_t>(indices->Get(i));
        if (index < count) used[index] = true;
      }
    };
    for (uint32_t i = 0; i < SizeOf(subgraph_->operators()); ++i) {
      const schema::Operator& op = *subgraph_->operators()->Get(i);
      if (CodeAt(i) == BuiltinOperator::READ_VARIABLE) mark(op.outputs());
      if (CodeAt(i) == BuiltinOperator::ASSIGN_VARIABLE) mark(op.inputs());
      if (IsResourceOperator(CodeAt(i))) continue;
      mark(op.inputs(), IsFolded(op) ? nullptr : &RuleOf(op));
      mark(op.outputs());
    }
    mark(subgraph_->inputs());
    mark(subgraph_->outputs());
    for (uint32_t i = 0; i < SizeOf(subgraph_->operators()); ++i) {
      const schema::Operator& op = *subgraph_->operators()->Get(i);
      if (!IsFolded(op)) continue;
      KINGLET_TRY(const FoldedTensors folded, FoldedAt(i, count));
      used[folded.output] = false;
    }
    LeaveOutResources(used);
    for (uint32_t i = 0; i < count; ++i) {
      if (!used[i]) continue;
      mapped_[i] = static_cast<ir::TensorIndex>(graph_.tensors.size());
      const int32_t variable = resources_->VariableOf(static_cast<int32_t>(i));
      KINGLET_CHECK(variable < 0 ? ReadTensor(i) : ReadVariable(variable));
    }
    for (uint32_t i = 0; i < SizeOf(subgraph_->operators()); ++i) {
      if (!IsFolded(*subgraph_->operators()->Get(i))) continue;
      KINGLET_TRY(const FoldedTensors folded, FoldedAt(i, count));
      const ir::TensorIndex source = mapped_[folded.input];
      if (source == ir::kNoTensor || !graph_.tensor(source).constant) {
        return Fail(Code::kUnsupported, "operator {}, DEQUANTIZE: only constants are supported", i);
      }
      mapped_[folded.output] = source;
    }
    for (uint32_t i = 0; i < SizeOf(subgraph_->operators()); ++i) {
      if (!IsReadInPlace(i)) continue;
      const schema::Operator& op = *subgraph_->operators()->Get(i);
      mapped_[static_cast<size_t>(op.outputs()->Get(0))] = VariableTensor(op.inputs()->Get(0));
    }
    return {};
  }

  bool IsReadInPlace(uint32_t op_index) const {
    return !initializes_ && CodeAt(op_index) == BuiltinOperator::READ_VARIABLE &&
           resources_->ReadsInPlace(op_index);
  }

  // Of the graph, for a handle of the file.
  ir::TensorIndex VariableTensor(int32_t handle) const {
    const auto variable = static_cast<size_t>(resources_->VariableOf(handle));
    return mapped_[static_cast<size_t>(resources_->variables()[variable].handle)];
  }

  // A variable takes the place of its first handle; nothing takes that of others, and of what is
  // read in place.
  void LeaveOutResources(std::vector<bool>& used) const {
    for (size_t i = 0; i < used.size(); ++i) {
      if (resources_->VariableOf(static_cast<int32_t>(i)) >= 0) used[i] = false;
    }
    if (initializes_) return;
    for (const ResourceVariable& variable : resources_->variables()) {
      if (variable.content >= 0) used[static_cast<size_t>(variable.handle)] = true;
    }
    for (uint32_t i = 0; i < SizeOf(subgraph_->operators()); ++i) {
      if (!IsReadInPlace(i)) continue;
      used[static_cast<size_t>(subgraph_->operators()->Get(i)->outputs()->Get(0))] = false;
    }
  }

  // A resource variable: what its content says of it, and what it holds before the first inference.
  Status ReadVariable(int32_t index) {
    const ResourceVariable& variable = resources_->variables()[static_cast<size_t>(index)];
    const std::string name = variable.Name();
    if (!names_.insert(name).second) {
      return Fail(Code::kUnsupported, "two variables '{}'", name);
    }
    KINGLET_CHECK(ReadTensor(static_cast<uint32_t>(variable.content)));
    ir::Tensor& tensor = graph_.tensors.back();
    tensor.name = name;
    tensor.constant = false;
    tensor.data.clear();
    const auto found = initial_.find({variable.container, variable.shared_name});
    if (found != initial_.end()) {
      const ir::Tensor& value = found->second;
      if (value.type != tensor.type || value.shape != tensor.shape) {
        return Fail(Code::kUnsupported, "variable '{}': its first value has another type or shape",
                    name);
      }
      KINGLET_CHECK(Charge(value.data.size()));
      tensor.variable = true;
      tensor.data = value.data;
      return {};
    }
    if (variable.first_assigned < 0) {
      return Fail(Code::kInvalid, "variable '{}' is read, but nothing assigns it", name);
    }
    // As the reference: every byte is the zero point, whatever the type.
    const schema::Tensor& assigned =
        *subgraph_->tensors()->Get(static_cast<uint32_t>(variable.first_assigned));
    return MakeVariable(tensor, FirstZeroPoint(assigned));
  }

  static uint8_t FirstZeroPoint(const schema::Tensor& tensor) {
    const auto* q = tensor.quantization();
    if (q == nullptr || SizeOf(q->zero_point()) == 0) return 0;
    return static_cast<uint8_t>(LoadLe<int64_t>({q->zero_point()->Data(), sizeof(int64_t)}, 0));
  }

  // `tensor` keeps its content, which is `byte` everywhere at first.
  Status MakeVariable(ir::Tensor& tensor, uint8_t byte) {
    uint64_t bytes = ir::DataTypeBytes(tensor.type);
    for (const int32_t dimension : tensor.shape) {
      if (dimension < 1) {
        return Fail(Code::kInvalid, "variable '{}': dimension {}", tensor.name, dimension);
      }
      bytes *= static_cast<uint64_t>(dimension);
      if (bytes > budget_bytes_) break;
    }
    KINGLET_CHECK(Charge(bytes));
    tensor.variable = true;
    tensor.data.assign(static_cast<size_t>(bytes), byte);
    return {};
  }

  struct FoldedTensors {
    size_t input, output;
  };
  Result<FoldedTensors> FoldedAt(uint32_t op_index, size_t tensor_count) const {
    const schema::Operator& op = *subgraph_->operators()->Get(op_index);
    if (SizeOf(op.inputs()) == 1 && SizeOf(op.outputs()) == 1) {
      const FoldedTensors folded = {static_cast<size_t>(op.inputs()->Get(0)),
                                    static_cast<size_t>(op.outputs()->Get(0))};
      if (folded.input < tensor_count && folded.output < tensor_count) return folded;
    }
    return Fail(Code::kInvalid, "operator {}, DEQUANTIZE: takes 1 input and gives 1 output",
                op_index);
  }

  Status ReadTensor(uint32_t index) {
    const schema::Tensor& source = *subgraph_->tensors()->Get(index);
    const size_t name_bytes = source.name() == nullptr ? 0 : source.name()->size();
    KINGLET_CHECK(Charge(sizeof(ir::Tensor) + name_bytes + SizeOf(source.shape()) * 4));
    ir::Tensor tensor;
    tensor.name = TextOf(source.name());
    const bool half = is_float() && source.type() == schema::TensorType::FLOAT16;
    const std::optional<ir::DataType> type =
        half ? ir::DataType::kFloat32 : ToDataType(source.type());
    if (!type.has_value()) {
      return Fail(Code::kUnsupported, "tensor {} '{}': type {} is not supported", index,
                  tensor.name, schema::EnumNameTensorType(source.type()));
    }
    tensor.type = *type;
    if (source.sparsity() != nullptr || source.external_buffer() != 0) {
      return Fail(Code::kUnsupported, "tensor {} '{}': sparse and external tensors {}", index,
                  tensor.name, "are not supported");
    }
    if (source.shape() != nullptr) {
      tensor.shape.assign(source.shape()->begin(), source.shape()->end());
    }
    KINGLET_CHECK(ReadQuantization(source, index, tensor));
    KINGLET_TRY(const ByteView data, BufferAt(model_, source.buffer()));
    KINGLET_CHECK(Charge(data.size()));
    if (source.is_variable()) {
      if (!data.empty()) {
        return Fail(Code::kUnsupported, "tensor {} '{}': a variable with data", index, tensor.name);
      }
      // The reference resets int8 variables to their zero point, others to 0.
      const bool int8 = tensor.type == ir::DataType::kInt8;
      KINGLET_CHECK(MakeVariable(tensor, int8 ? FirstZeroPoint(source) : uint8_t{0}));
    } else {
      tensor.constant = !data.empty();
      tensor.data.assign(data.begin(), data.end());
    }
    if (half && tensor.constant) {
      KINGLET_CHECK(Charge(data.size() * 2));
      WidenHalves(tensor);
    } else if (is_float() && tensor.constant && tensor.type == ir::DataType::kInt8 &&
               tensor.quantization.present()) {
      KINGLET_CHECK(Charge(data.size() * 4));
      KINGLET_CHECK(WidenInt8(tensor));
    }
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

  Result<ir::TensorIndex> MapTensor(int32_t index, std::string_view what) const {
    if (index == -1) return ir::kNoTensor;
    if (index < 0 || static_cast<size_t>(index) >= mapped_.size()) {
      return Fail(Code::kInvalid, "{}: tensor {} of {}", what, index, mapped_.size());
    }
    if (resources_->VariableOf(index) >= 0) {
      return Fail(Code::kUnsupported, "{}: tensor {} is the handle of a variable", what, index);
    }
    return mapped_[static_cast<size_t>(index)];
  }

  Result<std::vector<ir::TensorIndex>> MapTensors(const flatbuffers::Vector<int32_t>* indices,
                                                  std::string_view what) {
    KINGLET_CHECK(Charge(SizeOf(indices) * sizeof(ir::TensorIndex)));
    std::vector<ir::TensorIndex> result;
    for (uint32_t i = 0; i < SizeOf(indices); ++i) {
      KINGLET_TRY(const ir::TensorIndex index, MapTensor(indices->Get(i), what));
      result.push_back(index);
    }
    return result;
  }

  // The inputs that stay tensors, in our order.
  Result<std::vector<ir::TensorIndex>> MapInputs(const schema::Operator& source) {
    KINGLET_CHECK(Charge(SizeOf(source.inputs()) * sizeof(ir::TensorIndex)));
    const OperatorRule& rule = RuleOf(source);
    std::vector<ir::TensorIndex> result;
    for (size_t i = 0; i < SizeOf(source.inputs()); ++i) {
      const int32_t kept = rule.KeptInput(i);
      if (kept < 0) break;
      if (static_cast<size_t>(kept) >= SizeOf(source.inputs())) continue;
      KINGLET_TRY(const ir::TensorIndex index,
                  MapTensor(source.inputs()->Get(static_cast<uint32_t>(kept)), "inputs"));
      result.push_back(index);
    }
    return result;
  }

  // CheckOperators has seen to it that there is one.
  const OperatorRule& RuleOf(const schema::Operator& op) const {
    return *FindRule(CodeOf(*model_.operator_codes()->Get(op.opcode_index())));
  }

  Status ReadOperator(uint32_t index) {
    const schema::Operator& source = *subgraph_->operators()->Get(index);
    if (IsFolded(source)) return {};
    KINGLET_CHECK(Charge(sizeof(ir::Op)));
    ir::Op op;
    KINGLET_TRY(op.inputs, MapInputs(source));
    KINGLET_TRY(op.outputs, MapTensors(source.outputs(), "outputs"));
    const OperatorRule& rule = RuleOf(source);
    KINGLET_TRY(op.attributes, rule.read({model_, *subgraph_, source, graph_, mapped_}));
    if (rule.arrange != nullptr) rule.arrange(op);
    AddOp(std::move(op));
    return {};
  }

  void AddOp(ir::Op op) {
    op.name = fmt::format("{}_{}", ir::OpKindName(op.attributes), graph_.ops.size());
    graph_.ops.push_back(std::move(op));
  }

  Status ReadResourceOperator(uint32_t index) {
    const BuiltinOperator code = CodeAt(index);
    const schema::Operator& source = *subgraph_->operators()->Get(index);
    if (code == BuiltinOperator::READ_VARIABLE) {
      if (initializes_) return Fail(Code::kUnsupported, "in an initialisation subgraph");
      if (IsReadInPlace(index)) return {};
      const ir::TensorIndex result = mapped_[static_cast<size_t>(source.outputs()->Get(0))];
      KINGLET_CHECK(Charge(sizeof(ir::Op)));
      AddOp({"", ir::Copy{}, {VariableTensor(source.inputs()->Get(0))}, {result}});
    }
    if (code == BuiltinOperator::ASSIGN_VARIABLE) {
      KINGLET_TRY(const ir::TensorIndex value, MapTensor(source.inputs()->Get(1), "value"));
      if (initializes_) {
        assigned_[resources_->VariableOf(source.inputs()->Get(0))] = value;
        return {};
      }
      KINGLET_CHECK(Charge(sizeof(ir::Op)));
      AddOp({"", ir::Copy{}, {value}, {VariableTensor(source.inputs()->Get(0))}});
    }
    return {};
  }

  Status ReadMetadata() {
    for (uint32_t i = 0; i < SizeOf(model_.metadata()); ++i) {
      const schema::Metadata& entry = *model_.metadata()->Get(i);
      KINGLET_TRY(const ByteView data, BufferAt(model_, entry.buffer()));
      const size_t name_bytes = entry.name() == nullptr ? 0 : entry.name()->size();
      KINGLET_CHECK(Charge(name_bytes + data.size()));
      if (!graph_.metadata.emplace(TextOf(entry.name()), AsText(data)).second) {
        return Fail(Code::kInvalid, "metadata '{}' twice", TextOf(entry.name()));
      }
    }
    return {};
  }

  const schema::Model& model_;
  const schema::SubGraph* subgraph_;
  const ir::Numbers numbers_;
  uint64_t& budget_bytes_;
  bool initializes_ = false;  // the subgraph is one that CALL_ONCE runs
  std::optional<Resources> resources_;
  InitialValues initial_;                        // of the variables that CALL_ONCE assigns
  std::map<int32_t, ir::TensorIndex> assigned_;  // by an initialisation subgraph, per variable
  std::set<std::string> names_;                  // of resource variables
  std::vector<ir::TensorIndex> mapped_;          // of the file's tensors, in the graph
  ir::Graph graph_;
};

Result<ir::Graph> ReadMain(const schema::Model& model, ir::Numbers numbers, size_t file_bytes) {
  if (model.version() != kFormatVersion) {
    return Fail(Code::kUnsupported, ".tflite schema version {}, this reads {}", model.version(),
                kFormatVersion);
  }
  if (SizeOf(model.subgraphs()) == 0) {
    return Fail(Code::kInvalid, ".tflite file without a subgraph");
  }
  uint64_t budget_bytes = 8 * static_cast<uint64_t>(file_bytes) + (1U << 20);
  return Reader(model, *model.subgraphs()->Get(0), numbers, budget_bytes).Read();
}

Result<ir::Graph> ReadAs(ir::Numbers numbers, ByteView file) {
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
  return ReadMain(*schema::GetModel(file.data()), numbers, file.size()).map_error([](Error error) {
    // Names come from the file; a message stays one line whatever they hold.
    std::replace_if(
        error.message.begin(), error.message.end(),
        [](char c) { return static_cast<unsigned char>(c) < ' '; }, '?');
    return error;
  });
}

Result<ir::Graph> ReadFileAs(ir::Numbers numbers, const std::string& path) {
  KINGLET_TRY(const Bytes file, ReadFile(path, kFileBytesMax));
  auto graph = ReadAs(numbers, file);
  if (!graph) return Within(path, std::move(graph).error());
  return graph;
}

}  // namespace

Result<ir::Graph> ReadModel(ByteView file) { return ReadAs(ir::Numbers::kQuantized, file); }

Result<ir::Graph> ReadModelFile(const std::string& path) {
  return ReadFileAs(ir::Numbers::kQuantized, path);
}

Result<ir::Graph> ReadFloatModel(ByteView file) { return ReadAs(ir::Numbers::kFloat, file); }

Result<ir::Graph> ReadFloatModelFile(const std::string& path) {
  return ReadFileAs(ir::Numbers::kFloat, path);
}

}  // namespace kinglet::tflite
