#include "src/train/network.h"

#include <cmath>

#include "src/base/random.h"

namespace kinglet::train {
namespace {

void InitializeLayer(const Layer& layer, const LayerLayout& layout, Random& random,
                     Network& network) {
  const float gain = layer.relu ? 2.0F : 1.0F;
  const float deviation = std::sqrt(gain / static_cast<float>(layout.rows));
  for (int32_t row = 0; row < layout.rows; ++row) {
    float* weights =
        &network.parameters[layout.weights + static_cast<size_t>(row) * layout.columns];
    for (int32_t c = 0; c < layer.out.c; ++c) weights[c] = deviation * random.Normal();
  }
  if (!layer.batch_norm) return;
  for (int32_t c = 0; c < layer.out.c; ++c) network.parameters[layout.gamma + c] = 1;
  for (int32_t c = 0; c < layer.out.c; ++c) network.statistics[layout.variance + c] = 1;
}

// Moves one layer's batch norm into its weights and bias: gamma * (sum - mean) / sqrt(variance +
// epsilon) + beta.
void FoldLayer(const Network& from, const Layer& layer, const LayerLayout& in,
               const LayerLayout& out, Network& to) {
  for (int32_t c = 0; c < layer.out.c; ++c) {
    double factor = 1, shift = from.parameters[in.bias + c];
    if (layer.batch_norm) {
      factor = from.parameters[in.gamma + c] /
               std::sqrt(double{from.statistics[in.variance + c]} + kBatchNormEpsilon);
      shift -= from.statistics[in.mean + c] * factor;
    }
    if (layer.input == 0) factor *= from.input_gain;
    for (int32_t row = 0; row < in.rows; ++row) {
      const size_t offset = static_cast<size_t>(row) * in.columns + c;
      to.parameters[out.weights + offset] =
          static_cast<float>(from.parameters[in.weights + offset] * factor);
    }
    to.parameters[out.bias + c] = static_cast<float>(shift);
  }
}

}  // namespace

Layout MakeLayout(const Architecture& architecture) {
  Layout layout;
  size_t parameters = 0, statistics = 0;
  const auto take = [](size_t& next, size_t count) {
    const size_t offset = next;
    next += count;
    return offset;
  };
  for (const Layer& layer : architecture.layers) {
    LayerLayout& place = layout.layers.emplace_back();
    if (!layer.HasWeights()) continue;
    const int32_t taps = layer.kernel_h * layer.kernel_w;
    place.rows = layer.kind == LayerKind::kDepthwise ? taps : taps * layer.in.c;
    place.columns = PaddedChannels(layer.out.c);
    const auto columns = static_cast<size_t>(place.columns);
    place.weights = take(parameters, place.WeightCount());
    place.bias = take(parameters, columns);
    if (!layer.batch_norm) continue;
    place.gamma = take(parameters, columns);
    place.mean = take(statistics, columns);
    place.variance = take(statistics, columns);
  }
  layout.parameter_count = parameters;
  layout.statistic_count = statistics;
  return layout;
}

Network Network::Initialize(Architecture architecture, uint64_t seed) {
  Network network;
  network.architecture = std::move(architecture);
  const Layout layout = MakeLayout(network.architecture);
  network.parameters.assign(layout.parameter_count, 0);
  network.statistics.assign(layout.statistic_count, 0);
  for (size_t i = 0; i < layout.layers.size(); ++i) {
    Random random(seed, i);
    const Layer& layer = network.architecture.layers[i];
    if (layer.HasWeights()) InitializeLayer(layer, layout.layers[i], random, network);
  }
  return network;
}

Digest Network::Hash() const {
  Hasher hasher;
  hasher.AddField(architecture.name);
  hasher.Add({reinterpret_cast<const uint8_t*>(&input_gain), sizeof input_gain});
  return hasher.Add(AsBytes(parameters)).Add(AsBytes(statistics)).Finish();
}

Network FoldBatchNorm(const Network& network) {
  Network folded;
  folded.architecture = WithoutBatchNorm(network.architecture);
  const Layout in = MakeLayout(network.architecture), out = MakeLayout(folded.architecture);
  folded.parameters.assign(out.parameter_count, 0);
  size_t next = 0;  // the folded layer that layers[i] becomes
  for (size_t i = 0; i < in.layers.size(); ++i) {
    const Layer& layer = network.architecture.layers[i];
    if (layer.kind == LayerKind::kDropout) continue;
    if (layer.HasWeights()) FoldLayer(network, layer, in.layers[i], out.layers[next], folded);
    ++next;
  }
  return folded;
}

}  // namespace kinglet::train
