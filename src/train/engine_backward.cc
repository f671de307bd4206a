// The backward half of Engine.
#include <algorithm>

#include "src/train/engine.h"
#include "src/train/pool.h"

namespace kinglet::train {

void Engine::Backward(std::vector<float>& gradient) {
  KINGLET_ASSERT(gradients_.back().size() != 0);
  KINGLET_ASSERT(plan_ != nullptr || mode_ == Mode::kTrain);
  gradient.resize(layout_.parameter_count);
  for (size_t i = 0; i + 1 < activations_.size(); ++i) {
    if (i > 0 && gradients_[i].size() == 0) gradients_[i].Resize(activations_[i].size());
  }
  for (size_t i = states_.size(); i-- > 0;) {
    State& state = states_[i];
    if (layer(i).batch_norm) {
      if (!state.reduced) {
        std::fill(state.norm_partials.begin(), state.norm_partials.end(), 0.0);
        pool_.Run(kGroups, [&](int32_t group) { Reduce(i, Group(group), group); });
      }
      FinishReduce(i, gradient);
    }
    if (layer(i).HasWeights()) {
      const float* weights = plan_ != nullptr ? plan_->layers[i].real_weights.data()
                                              : &network_->parameters[layout_.layers[i].weights];
      state.turned.resize(state.convolution->turned_floats());
      state.convolution->Turn(weights, state.turned.data());
    }
    for (const ActivationIndex input : {layer(i).input, layer(i).other}) {
      if (!CompletesInput(i, input)) continue;
      State& producer = states_[static_cast<size_t>(input) - 1];
      std::fill(producer.norm_partials.begin(), producer.norm_partials.end(), 0.0);
      producer.reduced = true;
    }
    pool_.Run(kGroups, [&](int32_t group) {
      StartBackward(i, group);
      InParts(layer(i), group, [&](Range samples) { BackwardPart(i, samples, group); });
    });
    if (layer(i).HasWeights()) CollectGradients(i, gradient);
  }
}

bool Engine::AddsToInput(size_t index, ActivationIndex input) const {
  return last_consumer_[static_cast<size_t>(input)] != index;
}

// Whether the layer's is the last share of the input's gradient. Batch norm's sums over it are then
// taken while it is in the cache.
bool Engine::CompletesInput(size_t index, ActivationIndex input) const {
  return input > 0 && first_consumer_[static_cast<size_t>(input)] == index &&
         layer(static_cast<size_t>(input) - 1).batch_norm;
}

void Engine::StartBackward(size_t index, int32_t group) {
  if (!layer(index).HasWeights()) return;
  float* partial = weight_partials_[group].data();
  std::fill(partial, partial + layout_.layers[index].WeightCount(), 0.0F);
  std::fill(sum_partials_[group].begin(), sum_partials_[group].end(), 0.0);
}

// Turns the gradient of the layer's output into that of its sums, in place.
void Engine::Gate(size_t index, Range samples, int32_t group) {
  const Layer& l = layer(index);
  const State& state = states_[index];
  const int32_t channels = PaddedChannels(l.out.c);
  const Range values = Values(l.out, samples);
  const int64_t rows = (values.end - values.begin) / channels;
  float* d = gradients_[index + 1].data() + values.begin;
  const float* sums = state.sums.size() > 0 ? state.sums.data() + values.begin : nullptr;
  if (l.batch_norm) {
    const ScaleShift factors = Factors(state);
    kernels_.norm_apply(d, sums, l.relu ? &factors : nullptr, rows, channels, state.a.data(),
                        state.b.data(), state.e.data());
    return;
  }
  const auto gate = plan_ != nullptr ? train::Gate::kUnclamped
                    : l.relu         ? train::Gate::kPositive
                                     : train::Gate::kAll;
  kernels_.gate(d, activations_[index + 1].data() + values.begin, sums, gate, rows, channels,
                l.HasWeights() ? sum_partials_[group].data() : nullptr);
}

void Engine::BackwardPart(size_t index, Range samples, int32_t group) {
  const Layer& l = layer(index);
  const auto input = static_cast<size_t>(l.input);
  const float* x = activations_[input].data();
  float* d = gradients_[index + 1].data();
  float* dx = l.input > 0 ? gradients_[input].data() : nullptr;
  const bool add = AddsToInput(index, l.input);
  if (l.HasWeights()) {
    Gate(index, samples, group);
    states_[index].convolution->Backward(
        x, states_[index].turned.data(), d, samples.begin, samples.end,
        {.dw = weight_partials_[group].data(), .dx = dx, .add_dx = add}, scratch_[group].data());
  } else if (l.kind == LayerKind::kAdd) {
    Gate(index, samples, group);
    PassToInput(index, l.input, samples);
    PassToInput(index, l.other, samples);
  } else if (l.kind == LayerKind::kDropout) {
    const Range values = Values(l.out, samples);
    for (int64_t i = values.begin; i < values.end; ++i) d[i] *= Sums(index)[i];
    PassToInput(index, l.input, samples);
  } else if (dx != nullptr) {
    PoolBackward({l, samples.begin, samples.end}, x, activations_[index + 1].data(), d, dx, add);
  }
  for (const ActivationIndex done : {l.input, l.other}) {
    if (CompletesInput(index, done)) Reduce(static_cast<size_t>(done) - 1, samples, group);
  }
}

// Hands the layer's own gradient on unchanged.
void Engine::PassToInput(size_t index, ActivationIndex input, Range samples) {
  if (input <= 0) return;
  const Range values = Values(layer(index).out, samples);
  const float* d = gradients_[index + 1].data();
  float* dx = gradients_[static_cast<size_t>(input)].data();
  if (AddsToInput(index, input)) {
    kernels_.add(dx + values.begin, d + values.begin, values.end - values.begin);
  } else {
    std::copy(d + values.begin, d + values.end, dx + values.begin);
  }
}

// Batch norm's sums over the gradient of its output.
void Engine::Reduce(size_t index, Range samples, int32_t group) {
  const Layer& l = layer(index);
  State& state = states_[index];
  const int32_t channels = PaddedChannels(l.out.c);
  const Range values = Values(l.out, samples);
  double* sums = &state.norm_partials[static_cast<size_t>(group) * 2 * channels];
  const ScaleShift factors = Factors(state);
  kernels_.norm_reduce(gradients_[index + 1].data() + values.begin,
                       state.sums.data() + values.begin, state.mean.data(),
                       l.relu ? &factors : nullptr, (values.end - values.begin) / channels,
                       channels, sums, sums + channels);
}

// With g the gradient behind the ReLU, h the normalised sums and m the count, batch norm's input
// gradient is gamma * deviation * (g - mean(g) - h * mean(g * h)): linear in g and the sums.
void Engine::FinishReduce(size_t index, std::vector<float>& gradient) {
  State& state = states_[index];
  const LayerLayout& at = layout_.layers[index];
  const auto columns = static_cast<size_t>(at.columns);
  const double count = static_cast<double>(batch_) * layer(index).out.h * layer(index).out.w;
  state.a.resize(columns);
  state.b.resize(columns);
  state.e.resize(columns);
  for (size_t c = 0; c < columns; ++c) {
    double sum = 0, centred = 0;
    for (size_t group = 0; group < kGroups; ++group) {
      sum += state.norm_partials[2 * group * columns + c];
      centred += state.norm_partials[(2 * group + 1) * columns + c];
    }
    const double deviation = state.deviation[c];
    const double a = deviation * network_->parameters[at.gamma + c];
    const double b = -a * deviation * centred * deviation / count;
    gradient[at.bias + c] = static_cast<float>(sum);
    gradient[at.gamma + c] = static_cast<float>(centred * deviation);
    state.a[c] = static_cast<float>(a);
    state.b[c] = static_cast<float>(b);
    state.e[c] = static_cast<float>(-a * sum / count - b * state.mean[c]);
  }
}

void Engine::CollectGradients(size_t index, std::vector<float>& gradient) {
  const LayerLayout& at = layout_.layers[index];
  // In int8 the activations are counted in steps of their scale.
  const float scale = plan_ != nullptr ? plan_->layers[index].input_scale : 1.0F;
  const auto count = static_cast<int64_t>(at.WeightCount());
  constexpr int64_t kChunk = 8192;
  pool_.Run(static_cast<int32_t>((count + kChunk - 1) / kChunk), [&](int32_t chunk) {
    const int64_t begin = chunk * kChunk, end = std::min(count, begin + kChunk);
    for (int64_t i = begin; i < end; ++i) {
      float sum = 0;
      for (const FloatArray& partial : weight_partials_) sum += partial.data()[i];
      gradient[at.weights + static_cast<size_t>(i)] = sum * scale;
    }
  });
  if (layer(index).batch_norm) return;
  for (size_t c = 0; c < static_cast<size_t>(at.columns); ++c) {
    double sum = 0;
    for (const std::vector<double>& partial : sum_partials_) sum += partial[c];
    gradient[at.bias + c] = static_cast<float>(sum);
  }
}

}  // namespace kinglet::train
