// What a model costs, exactly, without generating code: for the plan before training and for
// reports.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/compile/program.h"
#include "src/ir/graph.h"

namespace kinglet::compile {

// Whether all bytes are the same, so that no array needs to hold them. `bytes` is not empty.
bool IsUniform(ByteView bytes);

struct LayerNumbers {
  std::string name;                  // the operator's
  std::string kind;                  // "conv_2d", as in ir::OpKindName
  std::vector<std::string> kernels;  // functions that run it: "Conv2d"; none when nothing moves
  int64_t macs = 0;
  uint64_t weights_bytes = 0;  // constant arrays that no earlier layer has brought
  uint64_t output_bytes = 0;
  uint32_t output_offset = 0;  // in the arena
};

struct ModelNumbers {
  uint64_t weights_bytes = 0;  // all constant arrays: weights, biases, multipliers, shifts
  uint64_t arena_bytes = 0;
  uint64_t peak_live_bytes = 0;  // see MemoryPlan
  bool arena_optimal = false;
  uint32_t arena_alignment_bytes = 0;
  std::vector<uint32_t> input_offsets, output_offsets;  // in the arena, in the graph's order
  int64_t macs = 0;
  std::vector<LayerNumbers> layers;  // one per operator
};

// Of the model after all passes. Errors as MakeProgram.
Result<ModelNumbers> Measure(const ir::Graph& graph, const Target& target = {});

// The same for a program that is there already, and its graph.
ModelNumbers Measure(const ir::Graph& graph, const Program& program);

}  // namespace kinglet::compile
