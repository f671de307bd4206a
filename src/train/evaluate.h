// Runs an engine over a data set: for the trainer's own epochs and for the functions of metrics.h.
#pragma once

#include "src/train/engine.h"
#include "src/train/metrics.h"

namespace kinglet::train {

// Writes one sample into an engine's input: value = factor * (feature - zero point).
void LoadFeatures(std::span<const int8_t> features, const Shape& shape, int32_t zero_point,
                  float factor, std::span<float> input);

// What to evaluate: exactly one of the two.
struct Subject {
  const Network* network = nullptr;  // in float
  const Int8Plan* plan = nullptr;    // in simulated int8
};
// Uses the engine's batches of `batch` samples.
Evaluation Evaluate(Engine& engine, int32_t batch, Subject subject, const Dataset& data,
                    ThreadPool& pool);

// The activation ranges of a folded network over up to 2,048 samples spread over `data`, as
// quantisations; the input's and those behind pools follow from their source.
std::vector<ActivationQuantization> Calibrate(Engine& engine, int32_t batch, const Network& folded,
                                              const Dataset& data, ThreadPool& pool);

}  // namespace kinglet::train
