// Where each activation of a model lies in the arena: worked out once at compile time, exactly.
#pragma once

#include <cstdint>
#include <vector>

#include "src/ir/graph.h"
#include "src/ir/lower.h"

namespace kinglet::compile {

struct MemoryPlan {
  static constexpr int64_t kNotInArena = -1;  // constants, and tensors nobody writes

  std::vector<int64_t> offsets;  // per tensor of the graph, from the arena's start
  // Per call and argument: where its tensor or scratch memory lies.
  std::vector<std::vector<int64_t>> argument_offsets;
  uint32_t arena_bytes = 0;        // everything an inference needs besides the stack
  uint32_t alignment_bytes = 1;    // of the arena's address
  uint32_t peak_live_bytes = 0;    // the least that a planner without overlaps could reach
  uint32_t lower_bound_bytes = 0;  // no plan under the same rules is smaller
  bool optimal = false;            // arena_bytes is proven least
};

// A tensor lives from the operator that writes it to the last that reads it; inputs from before the
// first operator, outputs until after the last, variables always. An operator's output may overlap
// an input that dies there as far as the kernel's rule allows (in place, or diagonally, after
// Blacker et al., "Diagonal Memory Optimisation", 2020); a reshape shares its input's bytes. So an
// inference may overwrite the model's inputs. A kernel's scratch memory lives during its call, and
// a tensor is followed by the tail that the kernels around it touch. kOverBudget when all this
// together reaches 2 GiB.
Result<MemoryPlan> PlanMemory(const ir::Graph& graph, const std::vector<ir::KernelCall>& calls);

}  // namespace kinglet::compile
