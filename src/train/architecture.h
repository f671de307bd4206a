// What a trainable network looks like: layers in execution order, each with its input, its shape
// and its options. A plain value; it holds no weights (see network.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/ir/graph.h"

namespace kinglet::train {

// One sample's activations, NHWC without the N.
struct Shape {
  int32_t h = 1, w = 1, c = 1;
  int64_t size() const { return int64_t{h} * w * c; }
  bool operator==(const Shape&) const = default;
};

enum class LayerKind : uint8_t {
  kConv,            // also fully connected: a kernel that covers its whole input
  kFullyConnected,  // the same arithmetic as kConv; exported as fully connected
  kDepthwise,       // one filter a channel
  kAdd,             // two inputs of one shape
  kAveragePool,
  kMaxPool,
  kDropout,  // only while training in float
};

// An activation is named by a number: 0 is the network's input, i + 1 the output of layers[i].
using ActivationIndex = int32_t;

struct Layer {
  LayerKind kind = LayerKind::kConv;
  std::string name;  // unique; becomes the operator's name
  ActivationIndex input = 0;
  ActivationIndex other = -1;  // the second input of kAdd
  int32_t kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1;
  ir::Padding padding;
  bool batch_norm = false;  // between the sum and the ReLU; then there is no bias. kConv,
                            // kFullyConnected, kDepthwise
  bool relu = false;        // kConv, kFullyConnected, kDepthwise, kAdd
  float dropout = 0;        // kDropout: the share of values that is zeroed
  Shape in, out;

  bool HasWeights() const {
    return kind == LayerKind::kConv || kind == LayerKind::kFullyConnected ||
           kind == LayerKind::kDepthwise;
  }
  bool operator==(const Layer&) const = default;
};

struct Architecture {
  std::string name;
  Shape input;
  std::vector<Layer> layers;  // the last one's output are the logits, shape {1, 1, classes}

  int32_t classes() const { return layers.back().out.c; }
  const Shape& shape(ActivationIndex index) const {
    return index == 0 ? input : layers[static_cast<size_t>(index) - 1].out;
  }
  // Weights and biases once batch norm is folded.
  int64_t WeightCount() const;
  // Multiply-accumulates of one inference.
  int64_t Macs() const;
  bool operator==(const Architecture&) const = default;
};

enum class PaddingKind : uint8_t { kSame, kValid };
enum class Norm : uint8_t { kBias, kBatch };
enum class Relu : uint8_t { kNo, kYes };

struct Window {
  int32_t h = 1, w = 1, stride_h = 1, stride_w = 1;
  PaddingKind padding = PaddingKind::kSame;
};

// Puts an architecture together layer by layer; each call returns the new activation. Shapes must
// fit (asserted).
class Builder {
 public:
  Builder(std::string name, Shape input);

  ActivationIndex Conv(ActivationIndex input, Window window, int32_t channels, Norm norm,
                       Relu relu);
  ActivationIndex Depthwise(ActivationIndex input, Window window, Norm norm, Relu relu);
  ActivationIndex FullyConnected(ActivationIndex input, int32_t channels, Norm norm, Relu relu);
  ActivationIndex Add(ActivationIndex a, ActivationIndex b, Relu relu);
  ActivationIndex AveragePool(ActivationIndex input, Window window);
  ActivationIndex GlobalAveragePool(ActivationIndex input);
  ActivationIndex MaxPool(ActivationIndex input, Window window);
  ActivationIndex Dropout(ActivationIndex input, float share);

  const Shape& shape(ActivationIndex index) const { return architecture_.shape(index); }
  Architecture Take() && { return std::move(architecture_); }

 private:
  ActivationIndex Append(Layer layer, const char* kind_name);
  Layer Windowed(LayerKind kind, ActivationIndex input, Window window) const;

  Architecture architecture_;
};

// The deployed form: no dropout, batch norm replaced by a bias.
Architecture WithoutBatchNorm(const Architecture& architecture);

}  // namespace kinglet::train
