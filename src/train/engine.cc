#include "src/train/engine.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "device/kernels/requantize.h"
#include "src/base/random.h"
#include "src/train/pool.h"

namespace kinglet::train {
namespace {

int64_t PaddedSize(const Shape& shape) {
  return int64_t{shape.h} * shape.w * PaddedChannels(shape.c);
}

bool IsPool(const Layer& layer) {
  return layer.kind == LayerKind::kAveragePool || layer.kind == LayerKind::kMaxPool;
}

}  // namespace

void FloatArray::Resize(size_t count) {
  constexpr size_t kLine = 64;
  const size_t bytes = (count * sizeof(float) + kLine - 1) / kLine * kLine;
  data_.reset(static_cast<float*>(std::aligned_alloc(kLine, std::max(bytes, kLine))));
  KINGLET_ASSERT(data_ != nullptr);
  std::memset(data_.get(), 0, bytes);
  count_ = count;
}

Engine::Engine(const Architecture& architecture, int32_t batch_max, ThreadPool& pool,
               const Kernels& kernels)
    : architecture_(architecture),
      layout_(MakeLayout(architecture)),
      batch_max_(batch_max),
      pool_(pool),
      kernels_(kernels),
      states_(architecture.layers.size()),
      activations_(architecture.layers.size() + 1),
      gradients_(architecture.layers.size() + 1),
      first_consumer_(architecture.layers.size() + 1, SIZE_MAX),
      last_consumer_(architecture.layers.size() + 1, SIZE_MAX),
      scratch_(kGroups),
      weight_partials_(kGroups),
      sum_partials_(kGroups),
      integer_sums_(kGroups) {
  const auto floats = [&](const Shape& shape) {
    return static_cast<size_t>(PaddedSize(shape) * batch_max);
  };
  size_t scratch = 0, weights = 0, channels = 0, block = 0;
  activations_[0].Resize(floats(architecture_.input));
  for (size_t i = 0; i < states_.size(); ++i) {
    const Layer& l = layer(i);
    for (const ActivationIndex input : {l.input, l.other}) {
      if (input < 0) continue;
      const auto at = static_cast<size_t>(input);
      if (first_consumer_[at] == SIZE_MAX) first_consumer_[at] = i;
      last_consumer_[at] = i;
    }
    activations_[i + 1].Resize(floats(l.out));
    if (l.HasWeights()) {
      State& state = states_[i];
      state.convolution = std::make_unique<Convolution>(l, layout_.layers[i], kernels_);
      scratch = std::max(scratch, state.convolution->scratch_floats());
      weights = std::max(weights, layout_.layers[i].WeightCount());
      block = std::max(block,
                       static_cast<size_t>(state.convolution->block() * layout_.layers[i].columns));
    }
    if (l.batch_norm || l.kind == LayerKind::kDropout) states_[i].sums.Resize(floats(l.out));
    if (l.batch_norm) {
      states_[i].norm_partials.resize(size_t{2} * kGroups * PaddedChannels(l.out.c));
    }
    channels = std::max(channels, static_cast<size_t>(PaddedChannels(l.out.c)));
  }
  logits_.Resize(floats(architecture_.layers.back().out));
  for (FloatArray& array : scratch_) array.Resize(scratch);
  for (FloatArray& array : weight_partials_) array.Resize(weights);
  for (std::vector<double>& sums : sum_partials_) sums.resize(2 * channels);
  for (std::vector<int32_t>& sums : integer_sums_) sums.resize(block);
}

std::span<float> Engine::Input(int32_t sample) {
  const auto size = static_cast<size_t>(PaddedSize(architecture_.input));
  return {activations_[0].data() + static_cast<size_t>(sample) * size, size};
}

const float* Engine::Logits(int32_t sample) const {
  return logits_.data() + sample * PaddedSize(architecture_.layers.back().out);
}

float* Engine::LogitGradient(int32_t sample) {
  FloatArray& gradient = gradients_.back();
  if (gradient.size() == 0) gradient.Resize(logits_.size());
  return gradient.data() + sample * PaddedSize(architecture_.layers.back().out);
}

const float* Engine::Activation(ActivationIndex index) const {
  return activations_[static_cast<size_t>(index)].data();
}

Engine::Range Engine::Group(int32_t group) const {
  return {int64_t{batch_} * group / kGroups, int64_t{batch_} * (group + 1) / kGroups};
}

Engine::Range Engine::Values(const Shape& shape, Range samples) {
  return {samples.begin * PaddedSize(shape), samples.end * PaddedSize(shape)};
}

void Engine::Start(int32_t batch) {
  KINGLET_ASSERT(batch > 0 && batch <= batch_max_);
  batch_ = batch;
  for (State& state : states_) state.pending = state.reduced = false;
}

void Engine::Forward(const Network& network, int32_t batch, Mode mode, uint64_t dropout_seed) {
  Start(batch);
  network_ = &network;
  plan_ = nullptr;
  mode_ = mode;
  dropout_seed_ = dropout_seed;
  if (network.input_gain != 1) {
    pool_.Run(kGroups, [&](int32_t group) {
      const Range values = Values(architecture_.input, Group(group));
      float* x = activations_[0].data();
      for (int64_t i = values.begin; i < values.end; ++i) x[i] *= network.input_gain;
    });
  }
  for (size_t i = 0; i < states_.size(); ++i) {
    if (layer(i).HasWeights()) PrepareScale(i);
    pool_.Run(kGroups, [&](int32_t group) {
      if (layer(i).batch_norm) {
        std::fill(sum_partials_[group].begin(), sum_partials_[group].end(), 0.0);
      }
      InParts(layer(i), group, [&](Range samples) { ForwardPart(i, samples, group); });
    });
    MarkApplied(layer(i));
    if (layer(i).batch_norm && mode_ == Mode::kTrain) FinishStatistics(i);
  }
  const auto last = static_cast<ActivationIndex>(states_.size());
  pool_.Run(kGroups, [&](int32_t group) { ApplyPending(last, Group(group)); });
  FinishLogits();
}

void Engine::ForwardInt8(const Int8Plan& plan, int32_t batch) {
  Start(batch);
  network_ = nullptr;
  plan_ = &plan;
  for (size_t i = 0; i < states_.size(); ++i) {
    if (!IsPool(layer(i)) && states_[i].sums.size() == 0) {
      states_[i].sums.Resize(activations_[i + 1].size());
    }
    pool_.Run(kGroups, [&](int32_t group) {
      InParts(layer(i), group, [&](Range samples) { ForwardInt8Part(i, samples, group); });
    });
  }
  FinishLogits();
}

void Engine::FinishLogits() {
  const float scale = plan_ == nullptr ? 1.0F : plan_->activations.back().scale;
  const int64_t count = batch_ * PaddedSize(architecture_.layers.back().out);
  const float* from = activations_.back().data();
  for (int64_t i = 0; i < count; ++i) logits_.data()[i] = from[i] * scale;
}

// What turns sums into outputs where that is known before the sums are: a bias, or batch norm's
// running statistics.
void Engine::PrepareScale(size_t index) {
  State& state = states_[index];
  const LayerLayout& at = layout_.layers[index];
  const auto columns = static_cast<size_t>(at.columns);
  state.scale.assign(columns, 1);
  const float* bias = &network_->parameters[at.bias];
  state.shift.assign(bias, bias + columns);
  if (!layer(index).batch_norm || mode_ == Mode::kTrain) return;
  for (size_t c = 0; c < columns; ++c) {
    const float variance = network_->statistics[at.variance + c];
    state.scale[c] = network_->parameters[at.gamma + c] / std::sqrt(variance + kBatchNormEpsilon);
    state.shift[c] -= network_->statistics[at.mean + c] * state.scale[c];
  }
}

void Engine::ApplyPending(ActivationIndex activation, Range samples) {
  if (activation <= 0) return;
  const size_t index = static_cast<size_t>(activation) - 1;
  const State& state = states_[index];
  if (!state.pending) return;
  const Shape& out = layer(index).out;
  const int32_t channels = PaddedChannels(out.c);
  const Range values = Values(out, samples);
  kernels_.scale_shift(state.sums.data() + values.begin, (values.end - values.begin) / channels,
                       channels, Factors(state), layer(index).relu,
                       activations_[index + 1].data() + values.begin);
}

void Engine::MarkApplied(const Layer& layer) {
  for (const ActivationIndex input : {layer.input, layer.other}) {
    if (input > 0) states_[static_cast<size_t>(input) - 1].pending = false;
  }
}

void Engine::ForwardPart(size_t index, Range samples, int32_t group) {
  const Layer& l = layer(index);
  ApplyPending(l.input, samples);
  ApplyPending(l.other, samples);
  const Range values = Values(l.out, samples);
  const float* x = activations_[static_cast<size_t>(l.input)].data();
  float* out = activations_[index + 1].data();
  if (l.HasWeights()) {
    ForwardSums(index, samples, group);
  } else if (IsPool(l)) {
    PoolForward({l, samples.begin, samples.end}, x, out);
  } else if (l.kind == LayerKind::kAdd) {
    const float* other = activations_[static_cast<size_t>(l.other)].data();
    kernels_.add_two(x + values.begin, other + values.begin, l.relu, values.end - values.begin,
                     out + values.begin);
  } else {
    ForwardDropout(index, samples);
  }
}

void Engine::ForwardSums(size_t index, Range samples, int32_t group) {
  const Layer& l = layer(index);
  const State& state = states_[index];
  const Convolution& convolution = *state.convolution;
  const LayerLayout& at = layout_.layers[index];
  const bool statistics = l.batch_norm && mode_ == Mode::kTrain;
  const float* x = activations_[static_cast<size_t>(l.input)].data();
  float* out = activations_[index + 1].data();
  float* sums = statistics ? Sums(index) : out;
  double* moments = sum_partials_[group].data();

  const int64_t end = samples.end * convolution.positions_per_sample();
  int64_t first = samples.begin * convolution.positions_per_sample();
  for (; first < end; first += convolution.block()) {
    const int64_t count = std::min(convolution.block(), end - first);
    convolution.Forward(x, &network_->parameters[at.weights], first, count, sums,
                        scratch_[group].data());
    float* block = sums + first * at.columns;
    if (statistics) {
      kernels_.channel_moments(block, count, at.columns, moments, moments + at.columns);
    } else {
      kernels_.scale_shift(block, count, at.columns, Factors(state), l.relu, block);
    }
  }
}

void Engine::ForwardDropout(size_t index, Range samples) {
  const Layer& l = layer(index);
  const int64_t size = PaddedSize(l.out);
  const float* x = activations_[static_cast<size_t>(l.input)].data();
  float* factors = Sums(index);
  float* out = activations_[index + 1].data();
  for (int64_t s = samples.begin; s < samples.end; ++s) {
    Random random(dropout_seed_, static_cast<uint64_t>(s) * states_.size() + index);
    for (int64_t i = s * size; i < (s + 1) * size; ++i) {
      const bool keep = mode_ == Mode::kEvaluate || random.Uniform() >= l.dropout;
      factors[i] = mode_ == Mode::kEvaluate ? 1.0F : keep ? 1 / (1 - l.dropout) : 0.0F;
      out[i] = x[i] * factors[i];
    }
  }
}

void Engine::FinishStatistics(size_t index) {
  State& state = states_[index];
  const LayerLayout& at = layout_.layers[index];
  const auto columns = static_cast<size_t>(at.columns);
  const double count = static_cast<double>(batch_) * layer(index).out.h * layer(index).out.w;
  state.mean.resize(columns);
  state.deviation.resize(columns);
  state.variance.resize(columns);
  for (size_t c = 0; c < columns; ++c) {
    double sum = 0, squares = 0;
    for (const std::vector<double>& partial : sum_partials_) {
      sum += partial[c];
      squares += partial[columns + c];
    }
    const double mean = sum / count;
    const double variance = std::max(0.0, squares / count - mean * mean);
    const double deviation = 1 / std::sqrt(variance + kBatchNormEpsilon);
    const float* parameters = network_->parameters.data();
    state.mean[c] = static_cast<float>(mean);
    state.variance[c] = static_cast<float>(variance);
    state.deviation[c] = static_cast<float>(deviation);
    state.scale[c] = state.deviation[c] * parameters[at.gamma + c];
    state.shift[c] = parameters[at.bias + c] - state.mean[c] * state.scale[c];
  }
  state.pending = true;
}

void Engine::UpdateStatistics(float momentum, std::vector<float>& statistics) const {
  for (size_t i = 0; i < states_.size(); ++i) {
    if (!layer(i).batch_norm) continue;
    const LayerLayout& at = layout_.layers[i];
    const State& state = states_[i];
    const float count = static_cast<float>(batch_) * static_cast<float>(layer(i).out.h) *
                        static_cast<float>(layer(i).out.w);
    const float unbiased = count > 1 ? count / (count - 1) : 1.0F;
    for (size_t c = 0; c < state.mean.size(); ++c) {
      float& mean = statistics[at.mean + c];
      float& variance = statistics[at.variance + c];
      mean += momentum * (state.mean[c] - mean);
      variance += momentum * (state.variance[c] * unbiased - variance);
    }
  }
}

void Engine::ForwardInt8Part(size_t index, Range samples, int32_t group) {
  const Layer& l = layer(index);
  const float* x = activations_[static_cast<size_t>(l.input)].data();
  float* out = activations_[index + 1].data();
  if (l.HasWeights()) {
    ForwardInt8Sums(index, samples, group);
  } else if (l.kind == LayerKind::kAveragePool) {
    PoolForwardInteger({l, samples.begin, samples.end}, x, plan_->activations[index + 1].zero_point,
                       out);
  } else if (l.kind == LayerKind::kMaxPool) {
    PoolForward({l, samples.begin, samples.end}, x, out);
  } else {
    KINGLET_ASSERT(l.kind == LayerKind::kAdd);
    ForwardInt8Add(index, samples);
  }
}

// device/kernels/portable/add.cc, on values less their zero points.
void Engine::ForwardInt8Add(size_t index, Range samples) {
  const Layer& l = layer(index);
  const kernels::AddParams& p = plan_->layers[index].add;
  const float* x = activations_[static_cast<size_t>(l.input)].data();
  const float* other = activations_[static_cast<size_t>(l.other)].data();
  float* sums = Sums(index);
  float* out = activations_[index + 1].data();
  const auto term = [](float value, int32_t multiplier, int32_t shift) {
    const int32_t shifted =
        kernels::WrappingShiftLeft(static_cast<int32_t>(value), kernels::kAddLeftShift);
    return kernels::MultiplyByQuantizedMultiplier(shifted, multiplier, shift);
  };
  const Range values = Values(l.out, samples);
  for (int64_t i = values.begin; i < values.end; ++i) {
    const int32_t sum = kernels::WrappingAdd(term(x[i], p.input1_multiplier, p.input1_shift),
                                             term(other[i], p.input2_multiplier, p.input2_shift));
    const int32_t scaled = kernels::WrappingAdd(
        kernels::MultiplyByQuantizedMultiplier(sum, p.output_multiplier, p.output_shift),
        p.output_zero_point);
    const int32_t clamped = kernels::Clamp(scaled, p.activation_min, p.activation_max);
    sums[i] = static_cast<float>(kernels::WrappingSubtract(scaled, p.output_zero_point));
    out[i] = static_cast<float>(clamped - p.output_zero_point);
  }
}

void Engine::ForwardInt8Sums(size_t index, Range samples, int32_t group) {
  const Layer& l = layer(index);
  const Convolution& convolution = *states_[index].convolution;
  const Int8Layer& plan = plan_->layers[index];
  const int32_t columns = layout_.layers[index].columns;
  const float* x = activations_[static_cast<size_t>(l.input)].data();
  int32_t* sums = integer_sums_[group].data();
  const int64_t end = samples.end * convolution.positions_per_sample();
  int64_t first = samples.begin * convolution.positions_per_sample();
  for (; first < end; first += convolution.block()) {
    const int64_t count = std::min(convolution.block(), end - first);
    convolution.ForwardInteger(x, plan.weights.data(), first, count, sums, scratch_[group].data());
    float* scaled = Sums(index) + first * columns;
    float* out = activations_[index + 1].data() + first * columns;
    for (int64_t position = 0; position < count; ++position) {
      const int64_t row = position * columns;
      for (int32_t c = 0; c < l.out.c; ++c) {
        const int32_t value =
            kernels::WrappingAdd(kernels::MultiplyByQuantizedMultiplier(
                                     kernels::WrappingAdd(sums[row + c], plan.bias[c]),
                                     plan.multipliers[c], plan.shifts[c]),
                                 plan.output_zero_point);
        const int32_t clamped = kernels::Clamp(value, plan.activation_min, plan.activation_max);
        scaled[row + c] =
            static_cast<float>(kernels::WrappingSubtract(value, plan.output_zero_point));
        out[row + c] = static_cast<float>(clamped - plan.output_zero_point);
      }
    }
  }
}

}  // namespace kinglet::train
