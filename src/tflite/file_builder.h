// The flatbuffer under construction, for those who write an operator's options. Internal to
// WriteModel.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <string_view>
#include <utility>
#include <vector>

#include "src/ir/graph.h"
#include "src/tflite/schema_generated.h"

namespace kinglet::tflite {

class FileBuilder {
 public:
  explicit FileBuilder(const ir::Graph& graph) : graph_(graph) {}

  const ir::Graph& graph() const { return graph_; }
  const ir::Tensor& Input(const ir::Op& op, size_t i) const { return graph_.tensor(op.inputs[i]); }
  const ir::Tensor& Output(const ir::Op& op, size_t i = 0) const {
    return graph_.tensor(op.outputs[i]);
  }
  flatbuffers::FlatBufferBuilder& flat() { return flat_; }

  // Index of a new buffer with `data`; the format's first buffer must be empty.
  uint32_t AddBuffer(ByteView data);
  // Index of a new tensor of the file. The graph's tensors come first, so that they keep theirs.
  int32_t AddTensor(const ir::Tensor& tensor);
  // The handle of a resource variable.
  int32_t AddHandle(std::string_view name);
  // A constant of int32 values that an operator of the format takes as an input, where ours has an
  // attribute: in one dimension, or in rows of `columns`.
  int32_t AddIntegers(std::string_view name, const std::vector<int32_t>& values,
                      int32_t columns = 0);
  int32_t AddInteger(std::string_view name, int32_t value);

  const std::vector<flatbuffers::Offset<schema::Buffer>>& buffers() const { return buffers_; }
  const std::vector<flatbuffers::Offset<schema::Tensor>>& tensors() const { return tensors_; }
  // Begins another subgraph, without tensors.
  void DropTensors() { tensors_.clear(); }

 private:
  const ir::Graph& graph_;
  flatbuffers::FlatBufferBuilder flat_;
  std::vector<flatbuffers::Offset<schema::Buffer>> buffers_;
  std::vector<flatbuffers::Offset<schema::Tensor>> tensors_;
};

// An operator as the format says it: code, the version that introduced what it uses, options, and
// its inputs among the file's tensors.
struct OperatorParts {
  schema::BuiltinOperator code;
  int32_t version = 1;
  schema::BuiltinOptions options_type = schema::BuiltinOptions::NONE;
  flatbuffers::Offset<void> options;
  std::vector<int32_t> inputs;
};

// Of operators that move, pick or sum up elements.
Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Reshape& a);
Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Concatenation& a);
Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Split& a);
Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Pack& a);
Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Unpack& a);
Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Pad& a);
Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Slice& a);
Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Gather& a);
Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Transpose& a);
Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Resize& a);
Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::Reduce& a);
Result<OperatorParts> Write(FileBuilder& file, const ir::Op& op, const ir::ArgExtremum& a);

// kUnsupported names an operator that the format cannot express.
Result<OperatorParts> WriteOperator(FileBuilder& file, const ir::Op& op);

}  // namespace kinglet::tflite
