#include "src/train/quantize.h"

#include <algorithm>
#include <cmath>

#include "src/ir/int8_grid.h"

namespace kinglet::train {
namespace {

constexpr int32_t kWeightMax = 127;
// A bias of at most 2^22 steps: then a channel whose weights died keeps a scale that its bias can
// be expressed in.
constexpr float kBiasStepsMax = 4194304;
constexpr float kScaleMin = 1e-12F;

bool OneScale(const Layer& layer) { return layer.kind == LayerKind::kFullyConnected; }

ir::Quantization Quantized(const ActivationQuantization& q) { return {{q.scale}, {q.zero_point}}; }

class Exporter {
 public:
  explicit Exporter(const QuantizedNetwork& quantized)
      : quantized_(quantized), layout_(MakeLayout(quantized.network.architecture)) {}

  ir::Graph Export() && {
    const Architecture& architecture = quantized_.network.architecture;
    graph_.name = architecture.name;
    const Shape& in = architecture.input;
    activations_.push_back(
        AddTensor("features", {1, in.h, in.w, in.c}, Quantized(quantized_.activations[0])));
    graph_.inputs = {activations_[0]};
    for (size_t i = 0; i < architecture.layers.size(); ++i) AddLayer(i);
    const ir::TensorIndex scores =
        AddTensor("scores", {1, architecture.classes()}, {{1.0F / 256}, {-128}});
    graph_.ops.push_back({"softmax", ir::Softmax{}, {activations_.back()}, {scores}});
    graph_.outputs = {scores};
    return std::move(graph_);
  }

 private:
  ir::TensorIndex AddTensor(std::string name, std::vector<int32_t> shape,
                            ir::Quantization quantization) {
    ir::Tensor& tensor = graph_.tensors.emplace_back();
    tensor.name = std::move(name);
    tensor.shape = std::move(shape);
    tensor.quantization = std::move(quantization);
    return static_cast<ir::TensorIndex>(graph_.tensors.size()) - 1;
  }

  void AddLayer(size_t index) {
    const Layer& layer = quantized_.network.architecture.layers[index];
    ir::Op op;
    op.name = layer.name;
    op.attributes = Attributes(layer);
    op.inputs = {activations_[static_cast<size_t>(layer.input)]};
    if (layer.kind == LayerKind::kAdd) {
      op.inputs.push_back(activations_[static_cast<size_t>(layer.other)]);
    }
    if (layer.HasWeights()) AddConstants(layer, layout_.layers[index], op);
    const Shape& out = layer.out;
    std::vector<int32_t> shape{1, out.h, out.w, out.c};
    if (layer.kind == LayerKind::kFullyConnected) shape = {1, out.c};
    activations_.push_back(AddTensor(layer.name + "/output", std::move(shape),
                                     Quantized(quantized_.activations[index + 1])));
    op.outputs = {activations_.back()};
    graph_.ops.push_back(std::move(op));
  }

  static ir::Attributes Attributes(const Layer& layer) {
    const ir::Activation activation = layer.relu ? ir::Activation::kRelu : ir::Activation::kNone;
    switch (layer.kind) {
      case LayerKind::kConv:
        return ir::Conv2d{.stride_h = layer.stride_h,
                          .stride_w = layer.stride_w,
                          .padding = layer.padding,
                          .activation = activation};
      case LayerKind::kDepthwise:
        return ir::DepthwiseConv2d{.stride_h = layer.stride_h,
                                   .stride_w = layer.stride_w,
                                   .padding = layer.padding,
                                   .activation = activation};
      case LayerKind::kFullyConnected:
        return ir::FullyConnected{.activation = activation};
      case LayerKind::kAdd:
        return ir::Add{.activation = activation};
      case LayerKind::kAveragePool:
      case LayerKind::kMaxPool:
        return ir::Pool2d{.kind = layer.kind == LayerKind::kMaxPool ? ir::Pool2d::Kind::kMax
                                                                    : ir::Pool2d::Kind::kAverage,
                          .filter_h = layer.kernel_h,
                          .filter_w = layer.kernel_w,
                          .stride_h = layer.stride_h,
                          .stride_w = layer.stride_w,
                          .padding = layer.padding};
      case LayerKind::kDropout:
        break;
    }
    KINGLET_ASSERT(layer.kind != LayerKind::kDropout);
    return ir::Reshape{};
  }

  void AddConstants(const Layer& layer, const LayerLayout& layout, ir::Op& op) {
    const ActivationQuantization& in = quantized_.activations[static_cast<size_t>(layer.input)];
    const LayerQuantization q =
        QuantizeLayer(layer, layout, quantized_.network.parameters, in.scale);
    const int32_t channels = layer.out.c;
    const bool depthwise = layer.kind == LayerKind::kDepthwise;
    std::vector<int32_t> shape{channels, layer.kernel_h, layer.kernel_w, layer.in.c};
    if (depthwise) shape = {1, layer.kernel_h, layer.kernel_w, channels};
    if (layer.kind == LayerKind::kFullyConnected) shape = {channels, layout.rows};

    ir::Quantization weights, bias;
    weights.axis = depthwise ? 3 : 0;
    const int32_t scales = OneScale(layer) ? 1 : channels;
    for (int32_t c = 0; c < scales; ++c) {
      weights.scales.push_back(q.scales[c]);
      bias.scales.push_back(in.scale * q.scales[c]);
    }
    weights.zero_points.assign(scales, 0);
    bias.zero_points.assign(scales, 0);

    op.inputs.push_back(AddTensor(layer.name + "/weights", std::move(shape), std::move(weights)));
    ir::Tensor& weight_tensor = graph_.tensors.back();
    weight_tensor.constant = true;
    const auto put = [&](int32_t row, int32_t c) {
      const float value = q.weights[static_cast<size_t>(row) * layout.columns + c];
      weight_tensor.data.push_back(static_cast<uint8_t>(static_cast<int8_t>(value)));
    };
    // Convolutions are OHWI in the file, tap by channel here; depthwise ones have the same order in
    // both.
    const int32_t outer = depthwise ? layout.rows : channels;
    const int32_t inner = depthwise ? channels : layout.rows;
    for (int32_t i = 0; i < outer; ++i) {
      for (int32_t j = 0; j < inner; ++j) depthwise ? put(i, j) : put(j, i);
    }

    op.inputs.push_back(AddTensor(layer.name + "/bias", {channels}, std::move(bias)));
    ir::Tensor& bias_tensor = graph_.tensors.back();
    bias_tensor.type = ir::DataType::kInt32;
    bias_tensor.constant = true;
    for (int32_t c = 0; c < channels; ++c) AppendLe(bias_tensor.data, q.bias[c]);
  }

  const QuantizedNetwork& quantized_;
  const Layout layout_;
  ir::Graph graph_;
  std::vector<ir::TensorIndex> activations_;
};

}  // namespace

ActivationQuantization QuantizationOf(float low, float high) {
  const ir::Quantization grid = ir::Int8Grid(low, high);
  return {grid.scales[0], grid.zero_points[0]};
}

LayerQuantization QuantizeLayer(const Layer& layer, const LayerLayout& layout,
                                const std::vector<float>& parameters, float input_scale) {
  const auto columns = static_cast<size_t>(layout.columns);
  const float* weights = &parameters[layout.weights];
  const float* bias = &parameters[layout.bias];
  LayerQuantization q;
  q.scales.assign(columns, kScaleMin);
  for (size_t i = 0; i < layout.WeightCount(); ++i) {
    float& scale = q.scales[i % columns];
    scale = std::max(scale, std::fabs(weights[i]) / kWeightMax);
  }
  for (size_t c = 0; c < columns; ++c) {
    q.scales[c] = std::max(q.scales[c], std::fabs(bias[c]) / (input_scale * kBiasStepsMax));
  }
  if (OneScale(layer)) {
    q.scales.assign(columns, *std::max_element(q.scales.begin(), q.scales.end()));
  }
  q.weights.resize(layout.WeightCount());
  for (size_t i = 0; i < layout.WeightCount(); ++i) {
    const float steps = std::nearbyint(weights[i] / q.scales[i % columns]);
    q.weights[i] = std::clamp(steps, -float{kWeightMax}, float{kWeightMax});
  }
  q.bias.resize(columns);
  for (size_t c = 0; c < columns; ++c) {
    q.bias[c] = static_cast<int32_t>(std::lround(bias[c] / (double{input_scale} * q.scales[c])));
  }
  return q;
}

ir::Graph ExportGraph(const QuantizedNetwork& quantized) { return Exporter(quantized).Export(); }

ir::Graph UntrainedGraph(const Architecture& architecture, ActivationQuantization input) {
  QuantizedNetwork quantized;
  quantized.network = FoldBatchNorm(Network::Initialize(architecture, 1));
  quantized.activations.push_back(input);
  for (const Layer& layer : quantized.network.architecture.layers) {
    const bool pool = layer.kind == LayerKind::kAveragePool || layer.kind == LayerKind::kMaxPool;
    quantized.activations.push_back(pool         ? quantized.activations[layer.input]
                                    : layer.relu ? QuantizationOf(0, 6)
                                                 : QuantizationOf(-6, 6));
  }
  return ExportGraph(quantized);
}

}  // namespace kinglet::train
