#include "src/train/architecture.h"

#include <algorithm>

namespace kinglet::train {
namespace {

// .tflite's SAME: as many outputs as input / stride, rounded up; the odd zero goes behind.
int32_t SamePadding(int32_t in, int32_t kernel, int32_t stride) {
  const int32_t out = (in + stride - 1) / stride;
  return std::max(0, (out - 1) * stride + kernel - in);
}

int64_t WeightsOf(const Layer& layer) {
  const int64_t taps = int64_t{layer.kernel_h} * layer.kernel_w;
  return layer.kind == LayerKind::kDepthwise ? taps * layer.out.c : taps * layer.in.c * layer.out.c;
}

}  // namespace

int64_t Architecture::WeightCount() const {
  int64_t count = 0;
  for (const Layer& layer : layers) {
    if (layer.HasWeights()) count += WeightsOf(layer) + layer.out.c;
  }
  return count;
}

int64_t Architecture::Macs() const {
  int64_t macs = 0;
  for (const Layer& layer : layers) {
    if (layer.HasWeights()) macs += WeightsOf(layer) * layer.out.h * layer.out.w;
  }
  return macs;
}

Builder::Builder(std::string name, Shape input) {
  KINGLET_ASSERT(input.h > 0 && input.w > 0 && input.c > 0);
  architecture_.name = std::move(name);
  architecture_.input = input;
}

ActivationIndex Builder::Append(Layer layer, const char* kind_name) {
  layer.name = fmt::format("{}_{}", kind_name, architecture_.layers.size());
  architecture_.layers.push_back(std::move(layer));
  return static_cast<ActivationIndex>(architecture_.layers.size());
}

Layer Builder::Windowed(LayerKind kind, ActivationIndex input, Window window) const {
  Layer layer;
  layer.kind = kind;
  layer.input = input;
  layer.in = shape(input);
  layer.kernel_h = window.h, layer.kernel_w = window.w;
  layer.stride_h = window.stride_h, layer.stride_w = window.stride_w;
  if (window.padding == PaddingKind::kSame) {
    const int32_t rows = SamePadding(layer.in.h, window.h, window.stride_h);
    const int32_t columns = SamePadding(layer.in.w, window.w, window.stride_w);
    layer.padding = {rows / 2, columns / 2, rows - rows / 2, columns - columns / 2};
  }
  const ir::Padding& padding = layer.padding;
  const int32_t rows = layer.in.h + padding.top + padding.bottom - window.h;
  const int32_t columns = layer.in.w + padding.left + padding.right - window.w;
  KINGLET_ASSERT(rows >= 0 && columns >= 0);
  layer.out = {rows / window.stride_h + 1, columns / window.stride_w + 1, layer.in.c};
  return layer;
}

ActivationIndex Builder::Conv(ActivationIndex input, Window window, int32_t channels, Norm norm,
                              Relu relu) {
  Layer layer = Windowed(LayerKind::kConv, input, window);
  layer.out.c = channels;
  layer.batch_norm = norm == Norm::kBatch;
  layer.relu = relu == Relu::kYes;
  return Append(std::move(layer), "conv");
}

ActivationIndex Builder::Depthwise(ActivationIndex input, Window window, Norm norm, Relu relu) {
  Layer layer = Windowed(LayerKind::kDepthwise, input, window);
  layer.batch_norm = norm == Norm::kBatch;
  layer.relu = relu == Relu::kYes;
  return Append(std::move(layer), "depthwise");
}

ActivationIndex Builder::FullyConnected(ActivationIndex input, int32_t channels, Norm norm,
                                        Relu relu) {
  const Shape& in = shape(input);
  Layer layer = Windowed(LayerKind::kFullyConnected, input,
                         {.h = in.h, .w = in.w, .padding = PaddingKind::kValid});
  layer.out.c = channels;
  layer.batch_norm = norm == Norm::kBatch;
  layer.relu = relu == Relu::kYes;
  return Append(std::move(layer), "fully_connected");
}

ActivationIndex Builder::Add(ActivationIndex a, ActivationIndex b, Relu relu) {
  KINGLET_ASSERT(a != b && shape(a) == shape(b));
  Layer layer;
  layer.kind = LayerKind::kAdd;
  layer.input = a, layer.other = b;
  layer.in = layer.out = shape(a);
  layer.relu = relu == Relu::kYes;
  return Append(std::move(layer), "add");
}

ActivationIndex Builder::AveragePool(ActivationIndex input, Window window) {
  return Append(Windowed(LayerKind::kAveragePool, input, window), "average_pool");
}

ActivationIndex Builder::GlobalAveragePool(ActivationIndex input) {
  const Shape& in = shape(input);
  return AveragePool(input, {.h = in.h, .w = in.w, .padding = PaddingKind::kValid});
}

ActivationIndex Builder::MaxPool(ActivationIndex input, Window window) {
  return Append(Windowed(LayerKind::kMaxPool, input, window), "max_pool");
}

ActivationIndex Builder::Dropout(ActivationIndex input, float share) {
  KINGLET_ASSERT(share >= 0 && share < 1);
  Layer layer;
  layer.kind = LayerKind::kDropout;
  layer.input = input;
  layer.in = layer.out = shape(input);
  layer.dropout = share;
  return Append(std::move(layer), "dropout");
}

Architecture WithoutBatchNorm(const Architecture& architecture) {
  Architecture plain;
  plain.name = architecture.name;
  plain.input = architecture.input;
  std::vector<ActivationIndex> renamed{0};
  for (Layer layer : architecture.layers) {
    const ActivationIndex input = renamed[static_cast<size_t>(layer.input)];
    if (layer.kind == LayerKind::kDropout) {
      renamed.push_back(input);
      continue;
    }
    layer.input = input;
    if (layer.other >= 0) layer.other = renamed[static_cast<size_t>(layer.other)];
    layer.batch_norm = false;
    plain.layers.push_back(std::move(layer));
    renamed.push_back(static_cast<ActivationIndex>(plain.layers.size()));
  }
  return plain;
}

}  // namespace kinglet::train
