// A model on its way to source code: kernel calls, the place of every tensor, and the constant
// arrays, each once.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "src/compile/memory_plan.h"
#include "src/compile/target.h"
#include "src/ir/graph.h"
#include "src/ir/lower.h"

namespace kinglet::compile {

struct ConstantArray {
  std::string name;  // as in the generated code: "kLayer3Weights"
  ir::DataType type = ir::DataType::kInt8;
  Bytes data;  // little-endian elements
};

struct Step {
  std::string name;  // as in the generated code: "Layer3", "Layer3Call1" when it has several calls
  ir::KernelCall call;
  std::vector<int32_t> arrays;  // per argument of the call: index into Program::arrays, or -1
  bool moves_nothing = false;   // a copy of bytes that stay where they are: no call is needed
  bool ends_layer = false;      // the operator's last call
};

struct Program {
  MemoryPlan plan;
  std::vector<Step> steps;            // one or more per operator of the graph, in its order
  std::vector<ConstantArray> arrays;  // arrays with equal content are one
};

// Verifies and lowers `graph` for `target`. Errors name the operator or tensor.
Result<Program> MakeProgram(const ir::Graph& graph, const Target& target = {});

// Writes into `arena` what the variables hold before the first inference.
void ResetState(const ir::Graph& graph, const Program& program, Bytes& arena);

// Called after each operator with its index and its outputs, the variables that it writes among
// them.
using StepObserver = std::function<void(size_t op_index, const std::vector<ByteView>& outputs)>;

// Runs `program` on the host exactly as the generated code will run: kernels on tensors inside
// `arena` (plan.arena_bytes), which already holds the inputs and what the variables held after the
// last inference.
void RunProgram(const ir::Graph& graph, const Program& program, Bytes& arena,
                const StepObserver& observer = {});

// Bytes begin <= i < end of the arena.
struct ArenaRange {
  uint32_t begin = 0, end = 0;
};

// The parts of the arena whose content after an inference follows from its content before: all but
// what kernels last used as scratch memory or tail. In order, not touching each other.
std::vector<ArenaRange> PredictableRanges(const ir::Graph& graph, const Program& program);

}  // namespace kinglet::compile
