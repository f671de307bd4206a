#include "src/train/loss.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace kinglet::train {

int32_t Softmax(std::span<const float> logits, std::span<double> probabilities) {
  const auto largest = std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (size_t c = 0; c < logits.size(); ++c) {
    probabilities[c] = std::exp(double{logits[c]} - *largest);
    sum += probabilities[c];
  }
  for (double& p : probabilities) p /= sum;
  return static_cast<int32_t>(largest - logits.begin());
}

LossSum SoftmaxCrossEntropy(Engine& engine, int32_t classes, std::span<const int32_t> labels,
                            const LossOptions& options) {
  LossSum total;
  std::vector<double> p(static_cast<size_t>(classes));
  const double share = 1.0 / static_cast<double>(labels.size());
  const double spread = options.label_smoothing / classes;
  for (size_t s = 0; s < labels.size(); ++s) {
    const auto sample = static_cast<int32_t>(s);
    const auto label = static_cast<size_t>(labels[s]);
    const std::span<const float> logits{engine.Logits(sample), p.size()};
    if (Softmax(logits, p) == labels[s]) ++total.correct;
    const double weight =
        share * (options.class_weights.empty() ? 1.0 : double{options.class_weights[label]});
    float* gradient = engine.LogitGradient(sample);
    for (size_t c = 0; c < p.size(); ++c) {
      const double target = spread + (c == label ? 1 - options.label_smoothing : 0);
      total.loss -= weight * target * std::log(std::max(p[c], 1e-300));
      gradient[c] = static_cast<float>(weight * (p[c] - target));
    }
  }
  return total;
}

}  // namespace kinglet::train
