// From float weights to the int8 network that is deployed: per-channel symmetric weights
// (-127..127; one scale for a whole fully connected layer, as .tflite has it), asymmetric int8
// activations, int32 biases on the grid of input scale * weight scale.
#pragma once

#include <cstdint>
#include <vector>

#include "src/base/result.h"
#include "src/ir/graph.h"
#include "src/train/network.h"

namespace kinglet::train {

// real = scale * (quantised - zero_point), quantised in -128..127.
struct ActivationQuantization {
  float scale = 1;
  int32_t zero_point = 0;
  bool operator==(const ActivationQuantization&) const = default;
};

// The finest int8 grid that covers [low, high] and holds zero exactly.
ActivationQuantization QuantizationOf(float low, float high);

// One layer's weights as integers; arrays are in the layout of LayerLayout, padding is zero.
struct LayerQuantization {
  std::vector<float> weights;  // whole numbers -127..127
  std::vector<float> scales;   // one a padded column
  std::vector<int32_t> bias;
};
LayerQuantization QuantizeLayer(const Layer& layer, const LayerLayout& layout,
                                const std::vector<float>& parameters, float input_scale);

// A folded network and the fixed quantisation of each of its activations (index as ActivationIndex;
// pools keep their input's).
struct QuantizedNetwork {
  Network network;
  std::vector<ActivationQuantization> activations;
};

// The int8 graph, with a softmax (scale 1/256, zero point -128) behind the logits. Input "features"
// {1, h, w, c}, output "scores" {1, classes}.
ir::Graph ExportGraph(const QuantizedNetwork& quantized);

// An untrained member as it would be deployed, for measuring flash and RAM before training: random
// weights, nominal ranges.
ir::Graph UntrainedGraph(const Architecture& architecture, ActivationQuantization input);

}  // namespace kinglet::train
