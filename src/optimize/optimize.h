// The pass manager: every rewriting of a model that changes no byte of its outputs, in order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/result.h"
#include "src/ir/graph.h"

namespace kinglet::optimize {

struct PassInfo {
  std::string_view name;     // "fold_constants"
  std::string_view purpose;  // one line
};

// In the order in which they run.
std::vector<PassInfo> Passes();

struct Options {
  std::vector<std::string> disabled;  // names of passes to leave out
};

// Runs none of the passes: the model's own operators stay as they are.
Options NoPasses();

// A graph in figures.
struct GraphSize {
  size_t ops = 0;
  int64_t macs = 0;
  int64_t constant_bytes = 0;  // of the constant tensors, scales not among them
  bool operator==(const GraphSize&) const = default;
};
GraphSize SizeOf(const ir::Graph& graph);

struct PassReport {
  std::string name;
  bool enabled = true;
  double milliseconds = 0;           // with the verification behind it
  std::vector<std::string> changes;  // one line each
  GraphSize before, after;
};

struct Optimized {
  ir::Graph graph;
  std::vector<PassReport> passes;  // one for each of Passes()
};

// `graph` must have passed Verify. The result has the same inputs and outputs and gives the same
// bytes for the same inputs; it is verified after each pass. kNotFound when a disabled name is not
// a pass; kUnsupported as ir::Lower.
Result<Optimized> Optimize(ir::Graph graph, const Options& options = {});

}  // namespace kinglet::optimize
