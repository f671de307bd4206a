// Optimisers over a network's flat parameters. Weights decay; biases and batch norm's parameters do
// not.
#pragma once

#include <cstdint>
#include <vector>

#include "src/train/kernels.h"
#include "src/train/network.h"
#include "src/train/thread_pool.h"

namespace kinglet::train {

enum class OptimizerKind : uint8_t {
  kAdamW,     // Loshchilov and Hutter 2019; beta 0.9 and 0.999, epsilon 1e-8
  kMomentum,  // stochastic gradient descent, momentum 0.9, decoupled decay
};

// Its state is a plain value, so that a checkpoint can hold it.
struct OptimizerState {
  OptimizerKind kind = OptimizerKind::kAdamW;
  int64_t steps = 0;
  std::vector<float> first;   // AdamW's first moment, or the velocity
  std::vector<float> second;  // AdamW's second moment
  static OptimizerState Make(OptimizerKind kind, size_t parameter_count);
};

struct StepSize {
  float learning_rate = 0;
  float weight_decay = 0;  // times the learning rate
};

void OptimizerStep(StepSize size, const std::vector<float>& gradient, ThreadPool& pool,
                   OptimizerState& state, Network& network);

// Cosine from `peak` to 0 behind a linear warm-up; `step` counts from 0.
float CosineLearningRate(float peak, int64_t step, int64_t warmup_steps, int64_t total_steps);

}  // namespace kinglet::train
