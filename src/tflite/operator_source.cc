#include "src/tflite/operator_source.h"

#include <algorithm>

namespace kinglet::tflite {

schema::BuiltinOperator CodeOf(const schema::OperatorCode& code) {
  const auto old_code = static_cast<schema::BuiltinOperator>(code.deprecated_builtin_code());
  return std::max(old_code, code.builtin_code());
}

Result<ByteView> BufferAt(const schema::Model& model, uint32_t index) {
  if (index >= SizeOf(model.buffers())) {
    // Buffer 0 stands for "no data", so even a file without buffers may name it.
    if (index == 0) return ByteView{};
    return Fail(Code::kInvalid, "buffer {} of {}", index, SizeOf(model.buffers()));
  }
  const schema::Buffer& buffer = *model.buffers()->Get(index);
  if (buffer.offset() > 1 || buffer.size() > 1) {
    return Fail(Code::kUnsupported, "buffer {}: data behind the flatbuffer is not supported",
                index);
  }
  if (buffer.data() == nullptr) return ByteView{};
  return ByteView{buffer.data()->data(), buffer.data()->size()};
}

const ir::Tensor* OperatorSource::At(const flatbuffers::Vector<int32_t>* indices, size_t i) const {
  if (i >= SizeOf(indices)) return nullptr;
  const auto index = static_cast<size_t>(indices->Get(static_cast<uint32_t>(i)));
  if (index >= mapped_.size() || mapped_[index] == ir::kNoTensor) return nullptr;
  return &graph_.tensor(mapped_[index]);
}

bool OperatorSource::IsVariable(size_t i) const {
  if (i >= input_count()) return false;
  const auto index = static_cast<size_t>(op_.inputs()->Get(static_cast<uint32_t>(i)));
  return index < SizeOf(subgraph_.tensors()) &&
         subgraph_.tensors()->Get(static_cast<uint32_t>(index))->is_variable();
}

const ir::Tensor* OperatorSource::ImageInput(size_t i) const {
  const ir::Tensor* tensor = Input(i);
  return tensor != nullptr && tensor->shape.size() == 4 ? tensor : nullptr;
}

Result<std::vector<int64_t>> OperatorSource::Integers(size_t i, std::string_view what,
                                                      size_t count_max) const {
  const auto index =
      static_cast<size_t>(i < input_count() ? op_.inputs()->Get(static_cast<uint32_t>(i)) : -1);
  if (index >= SizeOf(subgraph_.tensors())) {
    return Fail(Code::kInvalid, "input {}, {}, is missing", i, what);
  }
  const schema::Tensor& tensor = *subgraph_.tensors()->Get(static_cast<uint32_t>(index));
  const bool wide = tensor.type() == schema::TensorType::INT64;
  if (!wide && tensor.type() != schema::TensorType::INT32) {
    return Fail(Code::kUnsupported, "input {}, {}, is {}: must be int32 or int64", i, what,
                schema::EnumNameTensorType(tensor.type()));
  }
  KINGLET_TRY(const ByteView data, BufferAt(model_, tensor.buffer()));
  const size_t bytes = wide ? sizeof(int64_t) : sizeof(int32_t);
  // An empty list has no data either, but says so in its shape.
  const bool empty =
      tensor.shape() != nullptr && std::ranges::find(*tensor.shape(), 0) != tensor.shape()->end();
  if (data.empty() && !empty) {
    return Fail(Code::kUnsupported, "input {}, {}, is computed: only constants are supported", i,
                what);
  }
  if (data.size() / bytes > count_max) {
    return Fail(Code::kInvalid, "input {}, {}, holds {} values: at most {}", i, what,
                data.size() / bytes, count_max);
  }
  std::vector<int64_t> values;
  for (size_t at = 0; at + bytes <= data.size(); at += bytes) {
    values.push_back(wide ? LoadLe<int64_t>(data, at) : int64_t{LoadLe<int32_t>(data, at)});
  }
  return values;
}

Result<int64_t> OperatorSource::Integer(size_t i, std::string_view what) const {
  KINGLET_TRY(const std::vector<int64_t> values, Integers(i, what));
  if (values.size() == 1) return values[0];
  return Fail(Code::kInvalid, "input {}, {}, holds {} values: must be 1", i, what, values.size());
}

Result<int32_t> OperatorSource::Axis(int64_t axis, size_t rank) {
  const auto dimensions = static_cast<int64_t>(rank);
  if (axis < -dimensions || axis >= dimensions) {
    return Fail(Code::kInvalid, "axis {} of {} dimensions", axis, rank);
  }
  return static_cast<int32_t>(axis < 0 ? axis + dimensions : axis);
}

}  // namespace kinglet::tflite
