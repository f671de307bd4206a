#include "src/train/optimizer.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace kinglet::train {
namespace {

struct Slice {
  size_t begin, count;
  bool decays;
};

// The parameters in pieces of one kind, small enough to share out to threads.
std::vector<Slice> Slices(const Network& network) {
  constexpr size_t kSliceMax = 8192;
  std::vector<Slice> slices;
  const auto add = [&](size_t begin, size_t end, bool decays) {
    for (; begin < end; begin += kSliceMax) {
      slices.push_back({begin, std::min(kSliceMax, end - begin), decays});
    }
  };
  size_t done = 0;
  const Layout layout = MakeLayout(network.architecture);
  for (const LayerLayout& layer : layout.layers) {
    if (layer.WeightCount() == 0) continue;
    add(done, layer.weights, false);
    done = layer.weights + layer.WeightCount();
    add(layer.weights, done, true);
  }
  add(done, network.parameters.size(), false);
  return slices;
}

}  // namespace

OptimizerState OptimizerState::Make(OptimizerKind kind, size_t parameter_count) {
  OptimizerState state;
  state.kind = kind;
  state.first.assign(parameter_count, 0);
  if (kind == OptimizerKind::kAdamW) state.second.assign(parameter_count, 0);
  return state;
}

void OptimizerStep(StepSize size, const std::vector<float>& gradient, ThreadPool& pool,
                   OptimizerState& state, Network& network) {
  const Kernels& kernels = BestKernels();
  const std::vector<Slice> slices = Slices(network);
  const auto step = static_cast<double>(++state.steps);
  // In double: in float the powers' rounding shows in the first steps.
  const double first_correction = 1 - std::pow(0.9, step);
  const double second_correction = 1 - std::pow(0.999, step);
  pool.Run(static_cast<int32_t>(slices.size()), [&](int32_t i) {
    const Slice& slice = slices[static_cast<size_t>(i)];
    const auto count = static_cast<int64_t>(slice.count);
    const float decay = slice.decays ? size.learning_rate * size.weight_decay : 0;
    const float* g = &gradient[slice.begin];
    float* weights = &network.parameters[slice.begin];
    float* first = &state.first[slice.begin];
    if (state.kind == OptimizerKind::kMomentum) {
      kernels.momentum({.learning_rate = size.learning_rate, .decay = decay}, g, count, first,
                       weights);
      return;
    }
    AdamStep adam;
    adam.learning_rate = static_cast<float>(size.learning_rate / first_correction);
    adam.variance_scale = static_cast<float>(1 / std::sqrt(second_correction));
    adam.decay = decay;
    kernels.adam(adam, g, count, first, &state.second[slice.begin], weights);
  });
}

float CosineLearningRate(float peak, int64_t step, int64_t warmup_steps, int64_t total_steps) {
  if (step < warmup_steps) {
    return peak * static_cast<float>(step + 1) / static_cast<float>(warmup_steps);
  }
  const double done = static_cast<double>(step - warmup_steps) /
                      static_cast<double>(std::max<int64_t>(1, total_steps - warmup_steps));
  return static_cast<float>(peak * 0.5 * (1 + std::cos(std::numbers::pi * std::min(done, 1.0))));
}

}  // namespace kinglet::train
