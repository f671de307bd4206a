// What a classifier got right: confusion matrix, recall, accuracy with its interval.
#pragma once

#include <cstdint>
#include <vector>

#include "src/base/result.h"
#include "src/base/wilson.h"
#include "src/ir/graph.h"
#include "src/train/dataset.h"
#include "src/train/network.h"

namespace kinglet::train {

struct Evaluation {
  int32_t classes = 0;
  std::vector<int64_t> confusion;  // [truth, predicted], row by row
  std::vector<int32_t> predicted;  // a sample
  std::vector<float> confidence;   // of the predicted class, 0 to 1, a sample
  double loss = 0;                 // mean cross-entropy

  int64_t count() const { return static_cast<int64_t>(predicted.size()); }
  int64_t correct() const;
  double accuracy() const;
  Interval accuracy_interval() const;  // 95 %, Wilson
  // Share of a class's samples that were recognised; 0 for a class without samples.
  double recall(int32_t label) const;
  // Mean recall over the classes that have samples.
  double balanced_accuracy() const;
};

// The float network (batch norm with its running statistics) on every sample.
Evaluation EvaluateFloat(const Network& network, const Dataset& data, int threads);

// The int8 network in the trainer's simulation, whose outputs equal the executor's byte for byte,
// and which is many times faster. kInvalid when a weight is not finite.
Result<Evaluation> EvaluateInt8(const QuantizedNetwork& quantized, const Dataset& data,
                                int threads);

// An int8 classifier graph on the reference executor: the bytes that the device computes. kInvalid
// when the graph's input or output does not fit the data.
Result<Evaluation> EvaluateGraph(const ir::Graph& graph, const Dataset& data, int threads);

}  // namespace kinglet::train
