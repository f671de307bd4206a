// The texts of a generated folder, one function per file. Internal to Compile.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/base/bytes.h"
#include "src/compile/measure.h"
#include "src/compile/program.h"
#include "src/ir/graph.h"

namespace kinglet::compile {

// What the self-test must see for the inputs made from `seed`.
struct GoldenVector {
  uint32_t seed = 0;
  std::vector<Bytes> outputs;  // per graph output
  uint32_t arena_hash = 0;     // Fnv1a32 of the whole arena afterwards, which began as zeros
};

struct Emission {
  const ir::Graph& graph;
  const Program& program;
  const ModelNumbers& numbers;
  std::string name;    // identifier
  std::string digest;  // of the model's code and constants, hexadecimal
  bool layer_hook = false;
  std::vector<GoldenVector> golden;
  std::vector<std::string> kernel_sources;  // sorted
};

std::string EmitModelHeader(const Emission& e);
std::string EmitModelSource(const Emission& e);
std::string EmitCHeader(const Emission& e);
std::string EmitCSource(const Emission& e);
std::string EmitGoldenHeader(const Emission& e);
std::string EmitSelfTestHeader(const Emission& e);
std::string EmitSelfTestSource(const Emission& e);
std::string EmitSelfTestMain(const Emission& e);
std::string EmitCMakeLists(const Emission& e);
std::string EmitReadme(const Emission& e);

}  // namespace kinglet::compile
