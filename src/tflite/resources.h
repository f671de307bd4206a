// Resource variables of a .tflite file: which tensors are handles of which variable, and what reads
// and assigns it. Internal to ReadModel.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/result.h"
#include "src/tflite/schema_generated.h"

namespace kinglet::tflite {

// VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE, CALL_ONCE: no operators of ours.
bool IsResourceOperator(schema::BuiltinOperator code);

struct ResourceVariable {
  std::string_view container, shared_name;
  int32_t handle = -1;  // the first tensor that stands for it
  // The tensor with its type, shape and scale: the first that is assigned to it, or that is read
  // from it and has readers itself. -1: nobody uses it.
  int32_t content = -1;
  int32_t first_assigned = -1;  // the first value that it is assigned

  std::string Name() const;
};

// Of one subgraph, whose operators all have known codes. Indices are those of its tensors and
// operators.
class Resources {
 public:
  // kInvalid, kUnsupported: handles that nothing makes, tensors that are not alike, CALL_ONCE
  // behind a use of variables.
  static Result<Resources> Find(const schema::Model& model, const schema::SubGraph& subgraph);

  const std::vector<ResourceVariable>& variables() const { return variables_; }
  // The subgraphs that CALL_ONCE names.
  const std::vector<uint32_t>& initializers() const { return initializers_; }
  // The variable that `tensor` is a handle of; -1 for other tensors.
  int32_t VariableOf(int32_t tensor) const;
  // Whether nobody can tell what READ_VARIABLE operator `op` read from the variable itself: it is
  // of the same scale, no graph output, and nothing is assigned before its last reader has run; or
  // nobody reads it.
  bool ReadsInPlace(uint32_t op) const;

 private:
  Resources(const schema::Model& model, const schema::SubGraph& subgraph)
      : model_(&model), subgraph_(&subgraph) {}

  Status AddHandle(const schema::Operator& op);
  Status AddRead(const schema::Operator& op);
  Status AddAssignment(const schema::Operator& op, uint32_t index);
  Status AddInitializer(const schema::Operator& op);
  Result<int32_t> HandleInput(const schema::Operator& op) const;
  Status CheckContent(int32_t variable, int32_t tensor);
  Status CheckOperands(const schema::Operator& op, size_t inputs, size_t outputs) const;
  void FindLastReaders();
  void FindContents();

  const schema::Model* model_;
  const schema::SubGraph* subgraph_;
  std::vector<ResourceVariable> variables_;
  std::map<std::pair<std::string_view, std::string_view>, int32_t> by_name_;
  std::map<int32_t, int32_t> by_handle_;
  std::vector<std::vector<uint32_t>> assignments_;  // per variable: operators, rising
  std::map<int32_t, int32_t> first_content_;        // of those that are read or assigned
  std::vector<uint32_t> initializers_;
  // Of tensors that were read from variables; 0: nobody reads them.
  std::map<int32_t, uint32_t> last_reader_;
  bool used_ = false;  // a variable has been read or assigned
};

}  // namespace kinglet::tflite
