#include "src/train/evaluate.h"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "device/kernels/softmax.h"
#include "src/train/loss.h"

namespace kinglet::train {
namespace {

// Loads samples `index(first) ..` of `data` as the engine's next batch.
template <typename Index>
void LoadBatch(Engine& engine, const Dataset& data, float factor, int64_t first, int64_t count,
               ThreadPool& pool, const Index& index) {
  pool.Run(kGroups, [&](int32_t group) {
    for (int64_t s = count * group / kGroups; s < count * (group + 1) / kGroups; ++s) {
      LoadFeatures(data.Sample(index(first + s)), data.shape, data.quantization.zero_point, factor,
                   engine.Input(static_cast<int32_t>(s)));
    }
  });
}

// The class that the device reports, with its confidence: the largest of the int8 scores, the first
// of equals.
std::pair<int32_t, float> DeviceDecision(const Engine& engine, const Int8Plan& plan, int32_t sample,
                                         std::vector<int8_t>& scores) {
  const ActivationQuantization& q = plan.activations.back();
  const float* logits = engine.Logits(sample);
  for (size_t c = 0; c < scores.size(); ++c) {
    scores[c] = static_cast<int8_t>(std::lround(logits[c] / q.scale) + q.zero_point);
  }
  kernels::Softmax(plan.softmax, scores.data(), scores.data());
  const auto best = std::max_element(scores.begin(), scores.end());
  return {static_cast<int32_t>(best - scores.begin()), static_cast<float>(*best + 128) / 256};
}

}  // namespace

void LoadFeatures(std::span<const int8_t> features, const Shape& shape, int32_t zero_point,
                  float factor, std::span<float> input) {
  const auto channels = static_cast<size_t>(shape.c);
  const auto padded = static_cast<size_t>(PaddedChannels(shape.c));
  for (size_t pixel = 0; pixel < features.size() / channels; ++pixel) {
    const int8_t* from = &features[pixel * channels];
    float* to = &input[pixel * padded];
    for (size_t c = 0; c < channels; ++c) {
      to[c] = factor * static_cast<float>(from[c] - zero_point);
    }
  }
}

Evaluation Evaluate(Engine& engine, int32_t batch, Subject subject, const Dataset& data,
                    ThreadPool& pool) {
  Evaluation evaluation;
  evaluation.classes = data.classes;
  evaluation.confusion.assign(static_cast<size_t>(data.classes) * data.classes, 0);
  std::vector<double> p(static_cast<size_t>(data.classes));
  std::vector<int8_t> scores(p.size());
  const float factor = subject.plan != nullptr ? 1.0F : data.quantization.scale;
  for (int64_t first = 0; first < data.count(); first += batch) {
    const auto count = static_cast<int32_t>(std::min<int64_t>(batch, data.count() - first));
    LoadBatch(engine, data, factor, first, count, pool, [](int64_t i) { return i; });
    if (subject.plan != nullptr) {
      engine.ForwardInt8(*subject.plan, count);
    } else {
      engine.Forward(*subject.network, count, Engine::Mode::kEvaluate);
    }
    for (int32_t s = 0; s < count; ++s) {
      const int32_t label = data.labels[static_cast<size_t>(first) + s];
      int32_t best = Softmax({engine.Logits(s), p.size()}, p);
      auto confidence = static_cast<float>(p[best]);
      evaluation.loss -= std::log(std::max(p[label], 1e-300));
      if (subject.plan != nullptr) {
        std::tie(best, confidence) = DeviceDecision(engine, *subject.plan, s, scores);
      }
      evaluation.predicted.push_back(best);
      evaluation.confidence.push_back(confidence);
      ++evaluation.confusion[static_cast<size_t>(label) * data.classes + best];
    }
  }
  evaluation.loss /= static_cast<double>(data.count());
  return evaluation;
}

std::vector<ActivationQuantization> Calibrate(Engine& engine, int32_t batch, const Network& folded,
                                              const Dataset& data, ThreadPool& pool) {
  constexpr int64_t kSamplesMax = 2048;
  const Architecture& architecture = folded.architecture;
  const int64_t samples = std::min(kSamplesMax, data.count());
  std::vector<float> low(architecture.layers.size(), 0), high(architecture.layers.size(), 0);
  for (int64_t first = 0; first < samples; first += batch) {
    const auto count = static_cast<int32_t>(std::min<int64_t>(batch, samples - first));
    LoadBatch(engine, data, data.quantization.scale, first, count, pool,
              [&](int64_t i) { return i * data.count() / samples; });
    engine.Forward(folded, count, Engine::Mode::kEvaluate);
    for (size_t i = 0; i < low.size(); ++i) {
      const Shape& out = architecture.layers[i].out;
      const int64_t values = int64_t{count} * out.h * out.w * PaddedChannels(out.c);
      const float* x = engine.Activation(static_cast<ActivationIndex>(i) + 1);
      const auto [least, most] = std::minmax_element(x, x + values);
      low[i] = std::min(low[i], *least);
      high[i] = std::max(high[i], *most);
    }
  }
  std::vector<ActivationQuantization> activations{data.quantization};
  for (size_t i = 0; i < low.size(); ++i) {
    const Layer& layer = architecture.layers[i];
    const bool pool_layer =
        layer.kind == LayerKind::kAveragePool || layer.kind == LayerKind::kMaxPool;
    activations.push_back(pool_layer ? activations[static_cast<size_t>(layer.input)]
                                     : QuantizationOf(low[i], high[i]));
  }
  return activations;
}

}  // namespace kinglet::train
