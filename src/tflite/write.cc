#include "src/tflite/write.h"

#include <algorithm>

#include "src/ir/float_graph.h"
#include "src/tflite/file_builder.h"

namespace kinglet::tflite {
namespace {

using flatbuffers::Offset;
using schema::BuiltinOperator;

constexpr int64_t kConstantBytesMax = int64_t{1} << 30;  // a flatbuffer ends at 2 GB

class Writer {
 public:
  explicit Writer(const ir::Graph& graph) : graph_(graph), file_(graph) {}

  Result<Bytes> Write() {
    file_.AddBuffer({});  // the format's first buffer is empty
    for (const ir::Tensor& tensor : graph_.tensors) file_.AddTensor(tensor);
    for (const ir::Op& op : graph_.ops) KINGLET_CHECK(AddOperator(op));
    flatbuffers::FlatBufferBuilder& flat = file_.flat();
    const Offset<schema::SubGraph> subgraph =
        schema::CreateSubGraph(flat, flat.CreateVector(file_.tensors()),
                               flat.CreateVector(graph_.inputs), flat.CreateVector(graph_.outputs),
                               flat.CreateVector(operators_), flat.CreateString(graph_.name));
    std::vector<Offset<schema::Metadata>> metadata;
    for (const auto& [name, value] : graph_.metadata) {
      const uint32_t buffer = file_.AddBuffer(AsBytes(value));
      metadata.push_back(schema::CreateMetadata(flat, flat.CreateString(name), buffer));
    }
    const Offset<schema::Model> model =
        schema::CreateModel(flat, 3, flat.CreateVector(codes_),
                            flat.CreateVector(std::vector<Offset<schema::SubGraph>>{subgraph}),
                            flat.CreateString("Written by Kinglet"),
                            flat.CreateVector(file_.buffers()), 0, flat.CreateVector(metadata));
    schema::FinishModelBuffer(flat, model);
    return Bytes(flat.GetBufferPointer(), flat.GetBufferPointer() + flat.GetSize());
  }

 private:
  Status AddOperator(const ir::Op& op) {
    KINGLET_TRY(const OperatorParts parts, WriteOperator(file_, op));
    const auto inputs = file_.flat().CreateVector(parts.inputs);
    const auto outputs = file_.flat().CreateVector(op.outputs);
    operators_.push_back(schema::CreateOperator(file_.flat(), CodeIndex(parts), inputs, outputs,
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
    const auto old_code = std::min(parts.code, BuiltinOperator::PLACEHOLDER_FOR_GREATER_OP_CODES);
    codes_.push_back(schema::CreateOperatorCode(file_.flat(), static_cast<int8_t>(old_code), 0,
                                                parts.version, parts.code));
    return static_cast<uint32_t>(codes_.size() - 1);
  }

  const ir::Graph& graph_;
  FileBuilder file_;
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
