// How far an int8 model is from the float model that it stands for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/progress.h"
#include "src/ir/graph.h"
#include "src/quantize/range.h"
#include "src/quantize/samples.h"

namespace kinglet::quantize {

// Signal and noise of int8 values, as real numbers, beside the float ones.
struct Difference {
  double signal = 0, noise = 0;  // sums of squares
  double largest = 0;            // of all absolute differences

  void Add(double value, double approximation);
  // 10 log10(signal / noise) in dB; nothing when the two are equal.
  std::optional<double> sqnr_db() const;
};

struct LayerDifference {
  std::string name;       // of the operator
  std::string_view kind;  // "conv_2d"
  ir::Quantization grid;  // of its int8 output
  Difference difference;  // of its output, after all int8 operators before it
};

struct OutputDifference {
  std::string name;  // of the tensor
  Difference difference;
  // Rows are what lies along the last dimension: how many there were, and in how many the same
  // element is the largest. 0 when the last dimension is 1.
  size_t rows = 0, rows_agreeing = 0;
};

struct Comparison {
  size_t sample_count = 0;
  std::vector<LayerDifference> layers;  // the worst first; none unless the operators correspond
  std::vector<OutputDifference> outputs;
};

// Runs both graphs on all samples. kInvalid when inputs or outputs differ in number or shape;
// kOverBudget or kUnsupported as the executors.
Result<Comparison> Compare(const ir::Graph& float_graph, const ir::Graph& int8_graph,
                           const Samples& samples, Progress::Show show = Progress::Show::kAuto);

}  // namespace kinglet::quantize
