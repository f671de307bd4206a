#include "src/tflite/write.h"

#include <algorithm>
#include <optional>
#include <set>

#include "src/ir/float_graph.h"
#include "src/tflite/file_builder.h"

namespace kinglet::tflite {
namespace {

using flatbuffers::Offset;
using schema::BuiltinOperator;
using schema::BuiltinOptions;

constexpr int64_t kConstantBytesMax = int64_t{1} << 30;  // a flatbuffer ends at 2 GB
constexpr int32_t kInitializer = 1;                      // the subgraph behind the model's own

bool IsCopy(const ir::Op& op) { return std::holds_alternative<ir::Copy>(op.attributes); }

// Variables that are the state of an operator are tensors of the format; the others are resources.
std::vector<bool> FindStates(const ir::Graph& graph) {
  std::vector<bool> states(graph.tensors.size(), false);
  for (const ir::Op& op : graph.ops) {
    if (IsCopy(op)) continue;
    for (const ir::TensorIndex index : op.outputs) {
      if (graph.tensor(index).variable) states[static_cast<size_t>(index)] = true;
    }
  }
  return states;
}

// A reader begins with states at their zero point, and nothing but their operator writes them.
Status CheckStates(const ir::Graph& graph, const std::vector<bool>& states) {
  const auto is_state = [&](ir::TensorIndex index) { return states[static_cast<size_t>(index)]; };
  for (size_t i = 0; i < states.size(); ++i) {
    if (!states[i]) continue;
    const ir::Tensor& tensor = graph.tensors[i];
    const bool int8 = tensor.type == ir::DataType::kInt8;
    const auto first = static_cast<uint8_t>(int8 ? tensor.quantization.zero_points[0] : 0);
    if (std::ranges::all_of(tensor.data, [&](uint8_t byte) { return byte == first; })) continue;
    return Fail(Code::kUnsupported, "state '{}' does not begin at its zero point", tensor.name);
  }
  for (const ir::Op& op : graph.ops) {
    if (!IsCopy(op)) continue;
    const bool to_plain = !graph.tensor(op.outputs[0]).variable;
    if (!is_state(op.outputs[0]) && !(to_plain && is_state(op.inputs[0]))) continue;
    return Fail(Code::kUnsupported, "{}: copies the state of an operator", op.name);
  }
  return {};
}

class Writer {
 public:
  explicit Writer(const ir::Graph& graph)
      : graph_(graph), file_(graph), states_(FindStates(graph)) {}

  Result<Bytes> Write() {
    KINGLET_CHECK(CheckStates(graph_, states_));
    file_.AddBuffer({});  // the format's first buffer is empty
    for (size_t i = 0; i < graph_.tensors.size(); ++i) {
      const ir::Tensor& tensor = graph_.tensors[i];
      if (IsResource(static_cast<ir::TensorIndex>(i))) {
        file_.AddHandle(tensor.name);
      } else {
        file_.AddTensor(tensor);
      }
    }
    KINGLET_CHECK(AddHandles());
    for (const ir::Op& op : graph_.ops) KINGLET_CHECK(AddOperator(op));
    std::vector<Offset<schema::SubGraph>> subgraphs = {
        FinishSubgraph(graph_.inputs, graph_.outputs, graph_.name)};
    if (!resources_.empty()) subgraphs.push_back(AddInitializer());
    return Finish(subgraphs);
  }

 private:
  bool IsResource(ir::TensorIndex index) const {
    return index != ir::kNoTensor && graph_.tensor(index).variable &&
           !states_[static_cast<size_t>(index)];
  }

  Offset<schema::SubGraph> FinishSubgraph(const std::vector<int32_t>& inputs,
                                          const std::vector<int32_t>& outputs,
                                          const std::string& name) {
    flatbuffers::FlatBufferBuilder& flat = file_.flat();
    const auto subgraph = schema::CreateSubGraph(
        flat, flat.CreateVector(file_.tensors()), flat.CreateVector(inputs),
        flat.CreateVector(outputs), flat.CreateVector(operators_), flat.CreateString(name));
    file_.DropTensors();
    operators_.clear();
    return subgraph;
  }

  Bytes Finish(const std::vector<Offset<schema::SubGraph>>& subgraphs) {
    flatbuffers::FlatBufferBuilder& flat = file_.flat();
    std::vector<Offset<schema::Metadata>> metadata;
    for (const auto& [name, value] : graph_.metadata) {
      const uint32_t buffer = file_.AddBuffer(AsBytes(value));
      metadata.push_back(schema::CreateMetadata(flat, flat.CreateString(name), buffer));
    }
    const Offset<schema::Model> model =
        schema::CreateModel(flat, 3, flat.CreateVector(codes_), flat.CreateVector(subgraphs),
                            flat.CreateString("Written by Kinglet"),
                            flat.CreateVector(file_.buffers()), 0, flat.CreateVector(metadata));
    schema::FinishModelBuffer(flat, model);
    return Bytes(flat.GetBufferPointer(), flat.GetBufferPointer() + flat.GetSize());
  }

  // CALL_ONCE and the handles of all resource variables that operators name.
  Status AddHandles() {
    std::set<ir::TensorIndex> named;
    for (const ir::Op& op : graph_.ops) {
      for (const auto* list : {&op.inputs, &op.outputs}) {
        std::ranges::copy_if(*list, std::inserter(named, named.end()),
                             [&](ir::TensorIndex index) { return IsResource(index); });
      }
    }
    resources_.assign(named.begin(), named.end());
    if (resources_.empty()) return {};
    std::set<std::string_view> names;
    for (const ir::TensorIndex index : resources_) {
      const std::string& name = graph_.tensor(index).name;
      if (names.insert(name).second) continue;
      return Fail(Code::kUnsupported, "graph '{}': two variables '{}'", graph_.name, name);
    }
    const auto options = schema::CreateCallOnceOptions(file_.flat(), kInitializer).Union();
    AddParts({BuiltinOperator::CALL_ONCE, 1, BuiltinOptions::CallOnceOptions, options, {}}, {});
    for (const ir::TensorIndex index : resources_) AddHandle(index, index);
    return {};
  }

  // VAR_HANDLE of the graph's `variable`, into tensor `handle` of the subgraph.
  void AddHandle(ir::TensorIndex variable, int32_t handle) {
    const auto name = file_.flat().CreateString(graph_.tensor(variable).name);
    const auto options = schema::CreateVarHandleOptions(file_.flat(), 0, name).Union();
    AddParts({BuiltinOperator::VAR_HANDLE, 1, BuiltinOptions::VarHandleOptions, options, {}},
             {handle});
  }

  // A subgraph that assigns each resource variable what it holds at first.
  Offset<schema::SubGraph> AddInitializer() {
    for (const ir::TensorIndex index : resources_) {
      const ir::Tensor& variable = graph_.tensor(index);
      const int32_t handle = file_.AddHandle(variable.name);
      AddHandle(index, handle);
      ir::Tensor value = variable;
      value.constant = true;
      value.variable = false;
      AddAssign(handle, file_.AddTensor(value));
    }
    return FinishSubgraph({}, {}, "initialisation");
  }

  void AddAssign(int32_t handle, int32_t value) {
    const auto options = schema::CreateAssignVariableOptions(file_.flat()).Union();
    AddParts({BuiltinOperator::ASSIGN_VARIABLE,
              1,
              BuiltinOptions::AssignVariableOptions,
              options,
              {handle, value}},
             {});
  }

  void AddRead(int32_t handle, int32_t result) {
    const auto options = schema::CreateReadVariableOptions(file_.flat()).Union();
    AddParts(
        {BuiltinOperator::READ_VARIABLE, 1, BuiltinOptions::ReadVariableOptions, options, {handle}},
        {result});
  }

  // The tensor with what `variable` holds at this place in the order.
  int32_t ReadHere(ir::TensorIndex variable) {
    ir::Tensor result = graph_.tensor(variable);
    result.variable = false;
    const int32_t index = file_.AddTensor(result);
    AddRead(variable, index);
    return index;
  }

  Status AddOperator(const ir::Op& op) {
    if (IsCopy(op)) {
      const ir::TensorIndex from = op.inputs[0], to = op.outputs[0];
      if (!IsResource(to)) {
        AddRead(from, to);
      } else {
        AddAssign(to, IsResource(from) ? ReadHere(from) : from);
      }
      return {};
    }
    ir::Op plain = op;
    for (const ir::TensorIndex index : std::set(op.inputs.begin(), op.inputs.end())) {
      if (IsResource(index)) std::ranges::replace(plain.inputs, index, ReadHere(index));
    }
    KINGLET_TRY(const OperatorParts parts, WriteOperator(file_, plain));
    // In the format an operator's state is an input alone.
    std::erase_if(plain.outputs, [&](ir::TensorIndex i) { return graph_.tensor(i).variable; });
    AddParts(parts, plain.outputs);
    return {};
  }

  void AddParts(const OperatorParts& parts, const std::vector<int32_t>& outputs) {
    const auto inputs = file_.flat().CreateVector(parts.inputs);
    const auto out = file_.flat().CreateVector(outputs);
    operators_.push_back(schema::CreateOperator(file_.flat(), CodeIndex(parts), inputs, out,
                                                parts.options_type, parts.options));
  }

  // Operators of one code and version share an entry.
  uint32_t CodeIndex(const OperatorParts& parts) {
    const std::pair<BuiltinOperator, int32_t> key{parts.code, parts.version};
    for (size_t i = 0; i < code_keys_.size(); ++i) {
      if (code_keys_[i] == key) return static_cast<uint32_t>(i);
    }
    code_keys_.push_back(key);
    const auto old_code = std::min(parts.code, BuiltinOperator::PLACEHOLDER_FOR_GREATER_OP_CODES);
    codes_.push_back(schema::CreateOperatorCode(file_.flat(), static_cast<int8_t>(old_code), 0,
                                                parts.version, parts.code));
    return static_cast<uint32_t>(codes_.size() - 1);
  }

  const ir::Graph& graph_;
  FileBuilder file_;
  const std::vector<bool> states_;          // per tensor: the state of an operator
  std::vector<ir::TensorIndex> resources_;  // variables that are resources in the file
  std::vector<Offset<schema::Operator>> operators_;
  std::vector<Offset<schema::OperatorCode>> codes_;
  std::vector<std::pair<BuiltinOperator, int32_t>> code_keys_;
};

Result<Bytes> WriteVerified(const ir::Graph& graph) {
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

}  // namespace

Result<Bytes> WriteModel(const ir::Graph& graph) {
  KINGLET_CHECK(ir::Verify(graph));
  return WriteVerified(graph);
}

Result<Bytes> WriteFloatModel(const ir::Graph& graph) {
  KINGLET_CHECK(ir::VerifyFloat(graph));
  return WriteVerified(graph);
}

}  // namespace kinglet::tflite
