// One operator of a .tflite file, for those who read its attributes. Internal to ReadModel.
#pragma once

#include <array>
#include <string_view>
#include <vector>

#include "src/ir/graph.h"
#include "src/tflite/schema_generated.h"

namespace kinglet::tflite {

template <typename T>
size_t SizeOf(const flatbuffers::Vector<T>* vector) {
  return vector == nullptr ? 0 : vector->size();
}

schema::BuiltinOperator CodeOf(const schema::OperatorCode& code);

// The data of buffer `index`; empty when it has none.
Result<ByteView> BufferAt(const schema::Model& model, uint32_t index);

class OperatorSource {
 public:
  // `graph` holds the tensors that were read; `mapped` says which of them each of the file's is.
  OperatorSource(const schema::Model& model, const schema::SubGraph& subgraph,
                 const schema::Operator& op, const ir::Graph& graph,
                 const std::vector<ir::TensorIndex>& mapped)
      : model_(model), subgraph_(subgraph), op_(op), graph_(graph), mapped_(mapped) {}

  const schema::Operator& op() const { return op_; }
  schema::BuiltinOperator code() const {
    return CodeOf(*model_.operator_codes()->Get(op_.opcode_index()));
  }
  size_t input_count() const { return SizeOf(op_.inputs()); }
  size_t output_count() const { return SizeOf(op_.outputs()); }

  // Counted as in the file; null when the operator has no such tensor or it was not read.
  const ir::Tensor* Input(size_t i) const { return At(op_.inputs(), i); }
  const ir::Tensor* Output(size_t i) const { return At(op_.outputs(), i); }
  // Whether the file calls input `i` a variable, which keeps its content between inferences.
  bool IsVariable(size_t i) const;
  // Of 4 dimensions, else null. Verify refuses operators where that is wrong.
  const ir::Tensor* ImageInput(size_t i) const;

  // The elements of input `i`, which must be constant int32 or int64 values, `count_max` at most;
  // `what` it is appears in the error. A file may name one long list from many operators.
  Result<std::vector<int64_t>> Integers(size_t i, std::string_view what,
                                        size_t count_max = 64) const;
  // Such a list of exactly one.
  Result<int64_t> Integer(size_t i, std::string_view what) const;
  // `axis`, which may count from the end, of a tensor with `rank` dimensions.
  static Result<int32_t> Axis(int64_t axis, size_t rank);

 private:
  const ir::Tensor* At(const flatbuffers::Vector<int32_t>* indices, size_t i) const;

  const schema::Model& model_;
  const schema::SubGraph& subgraph_;
  const schema::Operator& op_;
  const ir::Graph& graph_;
  const std::vector<ir::TensorIndex>& mapped_;
};

// How an operator of the format becomes one of ours.
struct OperatorRule {
  schema::BuiltinOperator code;
  int32_t version_max;  // the latest whose parameters `read` knows
  Result<ir::Attributes> (*read)(const OperatorSource& source);
  // The inputs that stay tensors, in our order; none: all, as they stand. The rest become
  // attributes.
  std::array<int8_t, 3> inputs = {-1, -1, -1};
  // Puts the tensors of an operator with memory into our order, after `read`.
  void (*arrange)(ir::Op& op) = nullptr;

  // Our input i is the file's input KeptInput(i); -1 when there is none.
  int32_t KeptInput(size_t i) const {
    if (inputs[0] < 0) return static_cast<int32_t>(i);
    return i < inputs.size() ? inputs[i] : -1;
  }
  bool Keeps(size_t file_input) const {
    if (inputs[0] < 0) return true;
    for (const int8_t kept : inputs) {
      if (kept == static_cast<int32_t>(file_input)) return true;
    }
    return false;
  }
};

// The attributes of operators that move, pick or sum up elements, whose parameters are inputs in
// the format.
Result<ir::Attributes> ReadReshape(const OperatorSource& source);
Result<ir::Attributes> ReadSqueeze(const OperatorSource& source);
Result<ir::Attributes> ReadExpandDims(const OperatorSource& source);
Result<ir::Attributes> ReadConcatenation(const OperatorSource& source);
Result<ir::Attributes> ReadSplit(const OperatorSource& source);
Result<ir::Attributes> ReadSplitV(const OperatorSource& source);
Result<ir::Attributes> ReadPack(const OperatorSource& source);
Result<ir::Attributes> ReadUnpack(const OperatorSource& source);
Result<ir::Attributes> ReadPad(const OperatorSource& source);
Result<ir::Attributes> ReadSlice(const OperatorSource& source);
Result<ir::Attributes> ReadStridedSlice(const OperatorSource& source);
Result<ir::Attributes> ReadGather(const OperatorSource& source);
Result<ir::Attributes> ReadTranspose(const OperatorSource& source);
Result<ir::Attributes> ReadResizeBilinear(const OperatorSource& source);
Result<ir::Attributes> ReadResizeNearestNeighbor(const OperatorSource& source);
Result<ir::Attributes> ReadMean(const OperatorSource& source);
Result<ir::Attributes> ReadSum(const OperatorSource& source);
Result<ir::Attributes> ReadArgMin(const OperatorSource& source);
Result<ir::Attributes> ReadArgMax(const OperatorSource& source);

// Null when the operator is not supported.
const OperatorRule* FindRule(schema::BuiltinOperator code);

}  // namespace kinglet::tflite
