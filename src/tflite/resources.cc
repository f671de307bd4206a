#include "src/tflite/resources.h"

#include <algorithm>
#include <limits>

#include "src/tflite/operator_source.h"

namespace kinglet::tflite {
namespace {

using schema::BuiltinOperator;

constexpr uint32_t kAfterAll = std::numeric_limits<uint32_t>::max();

std::string_view ViewOf(const flatbuffers::String* text) {
  return text == nullptr ? std::string_view{} : text->string_view();
}

template <typename T>
bool SameElements(const flatbuffers::Vector<T>* a, const flatbuffers::Vector<T>* b) {
  const size_t size = SizeOf(a);
  if (size != SizeOf(b)) return false;
  return size == 0 || std::equal(a->Data(), a->Data() + size * sizeof(T), b->Data());
}

bool SameScale(const schema::Tensor& a, const schema::Tensor& b) {
  const auto *x = a.quantization(), *y = b.quantization();
  if (x == nullptr || y == nullptr) return x == y;
  return SameElements(x->scale(), y->scale()) && SameElements(x->zero_point(), y->zero_point()) &&
         x->quantized_dimension() == y->quantized_dimension();
}

}  // namespace

bool IsResourceOperator(BuiltinOperator code) {
  return code == BuiltinOperator::VAR_HANDLE || code == BuiltinOperator::READ_VARIABLE ||
         code == BuiltinOperator::ASSIGN_VARIABLE || code == BuiltinOperator::CALL_ONCE;
}

std::string ResourceVariable::Name() const {
  if (container.empty()) return std::string(shared_name);
  return fmt::format("{}/{}", container, shared_name);
}

Result<Resources> Resources::Find(const schema::Model& model, const schema::SubGraph& subgraph) {
  Resources resources(model, subgraph);
  for (uint32_t i = 0; i < SizeOf(subgraph.operators()); ++i) {
    const schema::Operator& op = *subgraph.operators()->Get(i);
    const BuiltinOperator code = CodeOf(*model.operator_codes()->Get(op.opcode_index()));
    if (!IsResourceOperator(code)) continue;
    Status status;
    if (code == BuiltinOperator::VAR_HANDLE) status = resources.AddHandle(op);
    if (code == BuiltinOperator::READ_VARIABLE) status = resources.AddRead(op);
    if (code == BuiltinOperator::ASSIGN_VARIABLE) status = resources.AddAssignment(op, i);
    if (code == BuiltinOperator::CALL_ONCE) status = resources.AddInitializer(op);
    if (!status) {
      return Within(fmt::format("operator {}, {}", i, schema::EnumNameBuiltinOperator(code)),
                    std::move(status).error());
    }
  }
  resources.FindLastReaders();
  resources.FindContents();
  return resources;
}

Status Resources::CheckOperands(const schema::Operator& op, size_t inputs, size_t outputs) const {
  if (SizeOf(op.inputs()) != inputs || SizeOf(op.outputs()) != outputs) {
    return Fail(Code::kInvalid, "{} inputs and {} outputs: must be {} and {}", SizeOf(op.inputs()),
                SizeOf(op.outputs()), inputs, outputs);
  }
  for (const auto* indices : {op.inputs(), op.outputs()}) {
    for (uint32_t i = 0; i < SizeOf(indices); ++i) {
      const int32_t index = indices->Get(i);
      if (index >= 0 && static_cast<size_t>(index) < SizeOf(subgraph_->tensors())) continue;
      return Fail(Code::kInvalid, "tensor {} of {}", index, SizeOf(subgraph_->tensors()));
    }
  }
  return {};
}

Status Resources::AddHandle(const schema::Operator& op) {
  KINGLET_CHECK(CheckOperands(op, 0, 1));
  const auto* options = op.builtin_options_as_VarHandleOptions();
  if (options == nullptr) return Fail(Code::kInvalid, "its options are missing");
  const int32_t tensor = op.outputs()->Get(0);
  if (subgraph_->tensors()->Get(static_cast<uint32_t>(tensor))->type() !=
      schema::TensorType::RESOURCE) {
    return Fail(Code::kInvalid, "tensor {} is no resource", tensor);
  }
  const std::string_view container = ViewOf(options->container());
  const std::string_view name = ViewOf(options->shared_name());
  const auto [entry, added] =
      by_name_.try_emplace({container, name}, static_cast<int32_t>(variables_.size()));
  if (added) {
    ResourceVariable& variable = variables_.emplace_back();
    variable.container = container;
    variable.shared_name = name;
    variable.handle = tensor;
    assignments_.emplace_back();
  }
  if (by_handle_.try_emplace(tensor, entry->second).second) return {};
  return Fail(Code::kInvalid, "tensor {} is a handle already", tensor);
}

Result<int32_t> Resources::HandleInput(const schema::Operator& op) const {
  const int32_t variable = VariableOf(op.inputs()->Get(0));
  if (variable >= 0) return variable;
  return Fail(Code::kInvalid, "tensor {} is no handle that a VAR_HANDLE before it makes",
              op.inputs()->Get(0));
}

Status Resources::CheckContent(int32_t variable, int32_t tensor) {
  const int32_t first = first_content_.try_emplace(variable, tensor).first->second;
  const schema::Tensor& held = *subgraph_->tensors()->Get(static_cast<uint32_t>(first));
  const schema::Tensor& given = *subgraph_->tensors()->Get(static_cast<uint32_t>(tensor));
  if (held.type() == given.type() && SameElements(held.shape(), given.shape()) &&
      held.type() != schema::TensorType::RESOURCE) {
    return {};
  }
  return Fail(Code::kUnsupported, "tensors {} and {}: what variable '{}' holds must have one {}",
              first, tensor, variables_[static_cast<size_t>(variable)].Name(), "type and shape");
}

Status Resources::AddRead(const schema::Operator& op) {
  KINGLET_CHECK(CheckOperands(op, 1, 1));
  KINGLET_TRY(const int32_t variable, HandleInput(op));
  used_ = true;
  const int32_t result = op.outputs()->Get(0);
  const bool again = !last_reader_.try_emplace(result, 0).second;
  if (again || subgraph_->tensors()->Get(static_cast<uint32_t>(result))->is_variable()) {
    return Fail(Code::kInvalid, "result {} is {}", result, again ? "written before" : "a variable");
  }
  return CheckContent(variable, result);
}

Status Resources::AddAssignment(const schema::Operator& op, uint32_t index) {
  KINGLET_CHECK(CheckOperands(op, 2, 0));
  KINGLET_TRY(const int32_t variable, HandleInput(op));
  used_ = true;
  ResourceVariable& assigned = variables_[static_cast<size_t>(variable)];
  const int32_t value = op.inputs()->Get(1);
  if (assigned.first_assigned < 0) assigned.first_assigned = value;
  assignments_[static_cast<size_t>(variable)].push_back(index);
  return CheckContent(variable, value);
}

Status Resources::AddInitializer(const schema::Operator& op) {
  KINGLET_CHECK(CheckOperands(op, 0, 0));
  const auto* options = op.builtin_options_as_CallOnceOptions();
  if (options == nullptr) return Fail(Code::kInvalid, "its options are missing");
  if (used_) {
    return Fail(Code::kUnsupported, "must stand before the first use of a variable");
  }
  const int32_t index = options->init_subgraph_index();
  if (index < 1 || static_cast<size_t>(index) >= SizeOf(model_->subgraphs())) {
    return Fail(Code::kInvalid, "subgraph {} of {}", index, SizeOf(model_->subgraphs()));
  }
  const auto subgraph = static_cast<uint32_t>(index);
  if (std::ranges::find(initializers_, subgraph) == initializers_.end()) {
    initializers_.push_back(subgraph);
  }
  return {};
}

void Resources::FindLastReaders() {
  if (last_reader_.empty()) return;
  for (uint32_t i = 0; i < SizeOf(subgraph_->operators()); ++i) {
    const auto* inputs = subgraph_->operators()->Get(i)->inputs();
    for (uint32_t k = 0; k < SizeOf(inputs); ++k) {
      const auto found = last_reader_.find(inputs->Get(k));
      if (found != last_reader_.end()) found->second = i;
    }
  }
  for (uint32_t i = 0; i < SizeOf(subgraph_->outputs()); ++i) {
    const auto found = last_reader_.find(subgraph_->outputs()->Get(i));
    if (found != last_reader_.end()) found->second = kAfterAll;
  }
}

void Resources::FindContents() {
  for (uint32_t i = 0; i < SizeOf(subgraph_->operators()); ++i) {
    const schema::Operator& op = *subgraph_->operators()->Get(i);
    const BuiltinOperator code = CodeOf(*model_->operator_codes()->Get(op.opcode_index()));
    int32_t tensor = -1;
    if (code == BuiltinOperator::ASSIGN_VARIABLE) tensor = op.inputs()->Get(1);
    if (code == BuiltinOperator::READ_VARIABLE && last_reader_.at(op.outputs()->Get(0)) > 0) {
      tensor = op.outputs()->Get(0);
    }
    if (tensor < 0) continue;
    auto& variable = variables_[static_cast<size_t>(VariableOf(op.inputs()->Get(0)))];
    if (variable.content < 0) variable.content = tensor;
  }
}

int32_t Resources::VariableOf(int32_t tensor) const {
  const auto found = by_handle_.find(tensor);
  return found == by_handle_.end() ? -1 : found->second;
}

bool Resources::ReadsInPlace(uint32_t op) const {
  const schema::Operator& read = *subgraph_->operators()->Get(op);
  const int32_t variable = VariableOf(read.inputs()->Get(0)), result = read.outputs()->Get(0);
  const auto tensor = [&](int32_t index) -> const schema::Tensor& {
    return *subgraph_->tensors()->Get(static_cast<uint32_t>(index));
  };
  const ResourceVariable& v = variables_[static_cast<size_t>(variable)];
  const std::vector<uint32_t>& assignments = assignments_[static_cast<size_t>(variable)];
  const auto next = std::ranges::upper_bound(assignments, op);
  const uint32_t last_reader = last_reader_.at(result);
  if (last_reader == 0) return true;
  return SameScale(tensor(v.content), tensor(result)) && last_reader != kAfterAll &&
         (next == assignments.end() || *next > last_reader);
}

}  // namespace kinglet::tflite
