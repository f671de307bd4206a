#include "src/tflite/file_builder.h"

namespace kinglet::tflite {
namespace {

using flatbuffers::Offset;

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

}  // namespace

uint32_t FileBuilder::AddBuffer(ByteView data) {
  Offset<flatbuffers::Vector<uint8_t>> vector;
  if (!data.empty()) {
    flat_.ForceVectorAlignment(data.size(), 1, 16);
    vector = flat_.CreateVector(data.data(), data.size());
  }
  buffers_.push_back(schema::CreateBuffer(flat_, vector));
  return static_cast<uint32_t>(buffers_.size() - 1);
}

int32_t FileBuilder::AddTensor(const ir::Tensor& tensor) {
  const uint32_t buffer = tensor.constant ? AddBuffer(tensor.data) : 0;
  Offset<schema::QuantizationParameters> quantization;
  if (tensor.quantization.present()) {
    const ir::Quantization& q = tensor.quantization;
    const std::vector<int64_t> zero_points(q.zero_points.begin(), q.zero_points.end());
    quantization = schema::CreateQuantizationParameters(
        flat_, 0, 0, flat_.CreateVector(q.scales), flat_.CreateVector(zero_points),
        schema::QuantizationDetails::NONE, 0, q.axis);
  }
  const auto shape = flat_.CreateVector(tensor.shape);
  const auto name = flat_.CreateString(tensor.name);
  tensors_.push_back(schema::CreateTensor(flat_, shape, FromDataType(tensor.type), buffer, name,
                                          quantization, tensor.variable, 0, 0, true));
  return static_cast<int32_t>(tensors_.size() - 1);
}

int32_t FileBuilder::AddHandle(std::string_view name) {
  const auto shape = flat_.CreateVector(std::vector<int32_t>{});
  const auto text = flat_.CreateString(name);
  tensors_.push_back(schema::CreateTensor(flat_, shape, schema::TensorType::RESOURCE, 0, text, 0,
                                          false, 0, 0, true));
  return static_cast<int32_t>(tensors_.size() - 1);
}

int32_t FileBuilder::AddIntegers(std::string_view name, const std::vector<int32_t>& values,
                                 int32_t columns) {
  ir::Tensor tensor;
  tensor.name = name;
  tensor.type = ir::DataType::kInt32;
  tensor.shape = {static_cast<int32_t>(values.size())};
  if (columns > 0) tensor.shape = {tensor.shape[0] / columns, columns};
  tensor.constant = true;
  for (const int32_t value : values) AppendLe(tensor.data, value);
  return AddTensor(tensor);
}

int32_t FileBuilder::AddInteger(std::string_view name, int32_t value) {
  ir::Tensor tensor;
  tensor.name = name;
  tensor.type = ir::DataType::kInt32;
  tensor.constant = true;
  AppendLe(tensor.data, value);
  return AddTensor(tensor);
}

}  // namespace kinglet::tflite
