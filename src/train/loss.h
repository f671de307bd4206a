// Softmax cross-entropy over a batch of logits, and its gradient.
#pragma once

#include <cstdint>
#include <span>

#include "src/train/engine.h"

namespace kinglet::train {

struct LossOptions {
  float label_smoothing =
      0;  // this much of the target is spread evenly over all classes (Szegedy et al. 2016)
  std::span<const float> class_weights;  // a class's factor; empty: 1
};

struct LossSum {
  double loss = 0;      // mean over the batch
  int64_t correct = 0;  // samples whose largest logit is their label's
};

// The loss of the engine's last forward pass on labels.size() samples; fills its LogitGradient.
LossSum SoftmaxCrossEntropy(Engine& engine, int32_t classes, std::span<const int32_t> labels,
                            const LossOptions& options);

// softmax(logits) in double; returns the index of the largest logit, the first of equals.
int32_t Softmax(std::span<const float> logits, std::span<double> probabilities);

}  // namespace kinglet::train
