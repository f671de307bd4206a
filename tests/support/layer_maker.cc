#include "tests/support/layer_maker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "src/tflite/window.h"

namespace kinglet::testing {
namespace {

constexpr auto kInt8 = ir::DataType::kInt8;
constexpr auto kInt16 = ir::DataType::kInt16;

}  // namespace

const std::vector<LayerMaker::Maker>& LayerMaker::Makers() {
  using M = LayerMaker;
  static const std::vector<Maker> makers = [] {
    std::vector<Maker> all = {
        {"conv_2d", {kInt8, kInt16}, &M::Conv},
        {"depthwise_conv_2d", {kInt8, kInt16}, &M::Depthwise},
        {"transpose_conv_2d", {kInt8, kInt16}, &M::TransposeConv},
        {"fully_connected", {kInt8, kInt16}, &M::FullyConnected},
        {"average_pool_2d", {kInt8, kInt16}, &M::Pool<ir::Pool2d::Kind::kAverage>},
        {"max_pool_2d", {kInt8, kInt16}, &M::Pool<ir::Pool2d::Kind::kMax>},
        {"add", {kInt8, kInt16}, &M::Activated<ir::Add>},
        {"sub", {kInt8, kInt16}, &M::Activated<ir::Sub>},
        {"mul", {kInt8, kInt16}, &M::Activated<ir::Mul>},
        {"minimum", {kInt8, kInt16}, &M::Extremum<ir::Extremum::Kind::kMinimum>},
        {"maximum", {kInt8, kInt16}, &M::Extremum<ir::Extremum::Kind::kMaximum>},
        {"prelu", {kInt8, kInt16}, &M::Prelu},
        {"relu", {kInt8, kInt16}, &M::Clip<ir::Activation::kRelu>},
        {"relu6", {kInt8, kInt16}, &M::Clip<ir::Activation::kRelu6>},
        {"relu_n1_to_1", {kInt8, kInt16}, &M::Clip<ir::Activation::kReluN1To1>},
        {"leaky_relu", {kInt8, kInt16}, &M::LeakyRelu},
        {"hard_swish", {kInt8}, &M::HardSwish},
        {"logistic", {kInt8}, &M::Logistic},
        {"tanh", {kInt8}, &M::Tanh},
        {"softmax", {kInt8, kInt16}, &M::Softmax},
        {"reshape", {kInt8, kInt16, ir::DataType::kFloat32}, &M::Reshape},
        {"unidirectional_sequence_lstm", {kInt8, kInt16}, &M::Lstm},
        {"svdf", {kInt8}, &M::Svdf},
        {"copy", {kInt8, kInt16}, &M::Copy},
    };
    const std::vector<Maker> moving = MovingMakers();
    all.insert(all.end(), moving.begin(), moving.end());
    return all;
  }();
  return makers;
}

const std::vector<LayerMaker::Kind>& LayerMaker::Kinds() {
  static const std::vector<Kind> kinds = [] {
    std::vector<Kind> all;
    for (const Maker& maker : Makers()) {
      for (const ir::DataType type : maker.types) all.push_back({maker.name, type});
    }
    return all;
  }();
  return kinds;
}

ir::TensorIndex LayerMaker::Layer(std::string_view kind, ir::TensorIndex x) {
  for (const Maker& maker : Makers()) {
    if (maker.name != kind) continue;
    if (std::ranges::find(maker.types, At(x).type) == maker.types.end()) break;
    return (this->*maker.make)(x);
  }
  return ir::kNoTensor;
}

ir::TensorIndex LayerMaker::Input(std::vector<int32_t> shape, ir::DataType type) {
  const float scale = Scale();
  const int32_t zero_point = ZeroPoint(type);
  graph_.inputs.push_back(Activation(std::move(shape), type, scale, zero_point));
  return graph_.inputs.back();
}

float LayerMaker::Scale() {
  if (draw_ == Draw::kExtreme) return std::exp2(random_.Uniform(-9.0F, 3.0F));
  return random_.Uniform(0.005F, 0.2F);
}

int32_t LayerMaker::ZeroPoint(ir::DataType type) {
  if (type == ir::DataType::kUint8) return Between(0, 255);
  if (type != kInt8) return 0;
  if (draw_ == Draw::kExtreme && OneIn(2)) return OneIn(2) ? -128 : 127;
  return Between(-128, 127);
}

ir::Activation LayerMaker::AnyActivation() {
  constexpr ir::Activation kAll[] = {ir::Activation::kNone, ir::Activation::kRelu,
                                     ir::Activation::kRelu6, ir::Activation::kReluN1To1};
  return kAll[Between(0, 3)];
}

ir::TensorIndex LayerMaker::AddTensor(ir::Tensor tensor) {
  tensor.name = fmt::format("t{}", graph_.tensors.size());
  graph_.tensors.push_back(std::move(tensor));
  return static_cast<ir::TensorIndex>(graph_.tensors.size() - 1);
}

ir::TensorIndex LayerMaker::Activation(std::vector<int32_t> shape, ir::DataType type, float scale,
                                       int32_t zero_point) {
  ir::Tensor tensor;
  tensor.type = type;
  tensor.shape = std::move(shape);
  if (type == kInt8 || type == kInt16 || type == ir::DataType::kUint8) {
    tensor.quantization = {{scale}, {zero_point}, 0};
  }
  return AddTensor(std::move(tensor));
}

ir::TensorIndex LayerMaker::Like(ir::TensorIndex x, std::vector<int32_t> shape) {
  const ir::DataType type = At(x).type;
  const float scale = Scale();
  return Activation(std::move(shape), type, scale, ZeroPoint(type));
}

ir::TensorIndex LayerMaker::SameScale(ir::TensorIndex x, std::vector<int32_t> shape) {
  ir::Tensor tensor;
  tensor.type = At(x).type;
  tensor.shape = std::move(shape);
  tensor.quantization = At(x).quantization;
  return AddTensor(std::move(tensor));
}

void LayerMaker::FillWithNoise(ir::TensorIndex index) {
  ir::Tensor& tensor = graph_.tensors[static_cast<size_t>(index)];
  tensor.constant = true;
  tensor.data.resize(static_cast<size_t>(tensor.ByteCount()));
  for (uint8_t& byte : tensor.data) byte = static_cast<uint8_t>(random_.Next() >> 24);
}

ir::TensorIndex LayerMaker::Other(ir::TensorIndex x, const std::vector<int32_t>& shape) {
  const int32_t kind = Between(0, 2);
  if (kind == 0 && At(x).shape == shape) return x;
  const ir::TensorIndex other = Like(x, shape);
  if (kind == 1) {
    graph_.inputs.push_back(other);
  } else {
    FillWithNoise(other);
  }
  return other;
}

// Scales keep the output's spread within its type.
ir::TensorIndex LayerMaker::Weights(std::vector<int32_t> shape, int32_t axis, bool per_channel,
                                    int64_t filter_size, float ratio) {
  ir::Tensor tensor;
  tensor.shape = std::move(shape);
  const int32_t channels = tensor.shape[static_cast<size_t>(axis)];
  const size_t count = per_channel ? static_cast<size_t>(channels) : 1;
  const float typical = ratio * 60 / (5000 * std::sqrt(static_cast<float>(filter_size)));
  for (size_t i = 0; i < count; ++i) {
    tensor.quantization.scales.push_back(typical * random_.Uniform(0.3F, 2.0F));
    tensor.quantization.zero_points.push_back(0);
  }
  tensor.quantization.axis = count > 1 ? axis : 0;
  const ir::TensorIndex index = AddTensor(std::move(tensor));
  FillWithNoise(index);
  return index;
}

void LayerMaker::AddBias(ir::Op& op, int32_t channels) {
  const bool int16 = At(op.inputs[0]).type == kInt16;
  const int32_t kind = Between(0, 5);
  if (kind == 0) return;
  if (kind == 1) {
    op.inputs.push_back(ir::kNoTensor);
    return;
  }
  ir::Tensor bias;
  bias.type = ir::DataType::kInt32;
  bias.shape = {channels};
  bias.constant = true;
  const bool depthwise = std::holds_alternative<ir::DepthwiseConv2d>(op.attributes);
  if (int16 && (depthwise || OneIn(2))) bias.type = ir::DataType::kInt64;
  const int32_t limit = int16 ? 20000000 : 20000;
  for (int32_t c = 0; c < channels; ++c) {
    const int32_t value = Between(-limit, limit);
    if (bias.type == ir::DataType::kInt64) {
      AppendLe(bias.data, int64_t{value} * (OneIn(2) ? 1 : 128));
    } else {
      AppendLe(bias.data, value);
    }
  }
  op.inputs.push_back(AddTensor(std::move(bias)));
}

ir::TensorIndex LayerMaker::Finish(ir::Attributes attributes, std::vector<ir::TensorIndex> inputs,
                                   ir::TensorIndex output) {
  return FinishMany(std::move(attributes), std::move(inputs), {output});
}

// Either of the format's paddings, and the output size it gives.
template <typename Attributes>
std::pair<int32_t, int32_t> LayerMaker::Pad(Attributes& a, ir::TensorIndex x, int32_t filter_h,
                                            int32_t filter_w, int32_t dilation_h,
                                            int32_t dilation_w) {
  const int32_t h = At(x).shape[1], w = At(x).shape[2];
  const int32_t reach_h = (filter_h - 1) * dilation_h + 1;
  const int32_t reach_w = (filter_w - 1) * dilation_w + 1;
  if (reach_h > h || reach_w > w || OneIn(2)) {
    a.padding = tflite::SamePadding(
        {h, w, filter_h, filter_w, a.stride_h, a.stride_w, dilation_h, dilation_w});
  }
  return {(h + a.padding.top + a.padding.bottom - reach_h) / a.stride_h + 1,
          (w + a.padding.left + a.padding.right - reach_w) / a.stride_w + 1};
}

ir::TensorIndex LayerMaker::Conv(ir::TensorIndex x) {
  if (!IsImage(x)) return ir::kNoTensor;
  const int32_t batches = At(x).shape[0], input_c = At(x).shape[3];
  const int32_t groups = input_c % 2 == 0 && OneIn(4) ? 2 : 1;
  const int32_t output_c = groups * Between(1, 6);
  const int32_t filter_h = Between(1, 4), filter_w = Between(1, 4);
  ir::Conv2d a;
  a.stride_h = Between(1, 3);
  a.stride_w = Between(1, 3);
  a.dilation_h = filter_h == 1 ? 1 : Between(1, 2);
  a.dilation_w = filter_w == 1 ? 1 : Between(1, 2);
  a.activation = AnyActivation();
  const auto [h, w] = Pad(a, x, filter_h, filter_w, a.dilation_h, a.dilation_w);
  const ir::TensorIndex output = Like(x, {batches, h, w, output_c});
  const float ratio = At(output).quantization.scales[0] / At(x).quantization.scales[0];
  const ir::TensorIndex weights = Weights({output_c, filter_h, filter_w, input_c / groups}, 0,
                                          !OneIn(3), filter_h * filter_w * input_c / groups, ratio);
  Finish(a, {x, weights}, output);
  AddBias(graph_.ops.back(), output_c);
  return output;
}

ir::TensorIndex LayerMaker::Depthwise(ir::TensorIndex x) {
  if (!IsImage(x)) return ir::kNoTensor;
  const int32_t batches = At(x).shape[0], input_c = At(x).shape[3];
  const int32_t filter_h = Between(1, 4), filter_w = Between(1, 4);
  ir::DepthwiseConv2d a;
  a.depth_multiplier = OneIn(3) ? Between(2, 3) : 1;
  a.stride_h = Between(1, 2);
  a.stride_w = Between(1, 2);
  a.dilation_h = filter_h == 1 ? 1 : Between(1, 3);
  a.dilation_w = filter_w == 1 ? 1 : Between(1, 3);
  a.activation = AnyActivation();
  const auto [h, w] = Pad(a, x, filter_h, filter_w, a.dilation_h, a.dilation_w);
  const int32_t output_c = input_c * a.depth_multiplier;
  const ir::TensorIndex output = Like(x, {batches, h, w, output_c});
  const float ratio = At(output).quantization.scales[0] / At(x).quantization.scales[0];
  const ir::TensorIndex weights =
      Weights({1, filter_h, filter_w, output_c}, 3, !OneIn(3), filter_h * filter_w, ratio);
  Finish(a, {x, weights}, output);
  AddBias(graph_.ops.back(), output_c);
  return output;
}

ir::TensorIndex LayerMaker::TransposeConv(ir::TensorIndex x) {
  if (!IsImage(x)) return ir::kNoTensor;
  const std::vector<int32_t> in = At(x).shape;
  const int32_t filter_h = Between(1, 4), filter_w = Between(1, 4), output_c = Between(1, 6);
  ir::TransposeConv2d a;
  a.stride_h = Between(1, 3);
  a.stride_w = Between(1, 3);
  a.activation = AnyActivation();
  // SAME: any size that takes as many steps; VALID: room for all filters, and at least a step each.
  const bool same = OneIn(2);
  const auto size = [&](int32_t input, int32_t filter, int32_t stride) {
    if (same) return std::max(1, input * stride - Between(0, stride - 1));
    return (input - 1) * stride + std::max(filter, stride);
  };
  const int32_t h = size(in[1], filter_h, a.stride_h), w = size(in[2], filter_w, a.stride_w);
  if (same) {
    a.padding = tflite::SamePadding({h, w, filter_h, filter_w, a.stride_h, a.stride_w, 1, 1});
  }
  const ir::TensorIndex output = Like(x, {in[0], h, w, output_c});
  const float ratio = At(output).quantization.scales[0] / At(x).quantization.scales[0];
  const ir::TensorIndex weights = Weights({output_c, filter_h, filter_w, in[3]}, 0, !OneIn(3),
                                          filter_h * filter_w * in[3], ratio);
  Finish(a, {x, weights}, output);
  AddBias(graph_.ops.back(), output_c);
  return output;
}

ir::TensorIndex LayerMaker::FullyConnected(ir::TensorIndex x) {
  if (At(x).shape.empty()) return ir::kNoTensor;
  const int32_t input_size = At(x).shape.back();
  const auto batches = static_cast<int32_t>(At(x).ElementCount()) / input_size;
  const int32_t output_size = Between(1, 11);
  const ir::TensorIndex output = Like(x, {batches, output_size});
  const float ratio = At(output).quantization.scales[0] / At(x).quantization.scales[0];
  const ir::TensorIndex weights =
      Weights({output_size, input_size}, 0, OneIn(2), input_size, ratio);
  Finish(ir::FullyConnected{AnyActivation(), OneIn(2)}, {x, weights}, output);
  AddBias(graph_.ops.back(), output_size);
  return output;
}

template <ir::Pool2d::Kind kKind>
ir::TensorIndex LayerMaker::Pool(ir::TensorIndex x) {
  if (!IsImage(x)) return ir::kNoTensor;
  ir::Pool2d a;
  a.kind = kKind;
  a.filter_h = Between(1, 3);
  a.filter_w = Between(1, 3);
  a.stride_h = Between(1, 3);
  a.stride_w = Between(1, 3);
  a.activation = AnyActivation();
  const auto [h, w] = Pad(a, x, a.filter_h, a.filter_w, 1, 1);
  return Finish(a, {x}, SameScale(x, {At(x).shape[0], h, w, At(x).shape[3]}));
}

ir::TensorIndex LayerMaker::Binary(ir::Attributes attributes, ir::TensorIndex x) {
  std::vector<int32_t> shape = At(x).shape, other = shape;
  // Some dimensions of the other repeat, and leading ones may be missing.
  if (OneIn(2)) {
    for (int32_t& size : other) size = OneIn(2) ? 1 : size;
    while (!other.empty() && other[0] == 1 && OneIn(2)) other.erase(other.begin());
  }
  // Where x itself has size 1, the other may be bigger.
  const size_t missing = shape.size() - other.size();
  for (size_t d = missing; d < shape.size(); ++d) {
    if (shape[d] == 1 && OneIn(6)) shape[d] = other[d - missing] = Between(2, 4);
  }
  const ir::TensorIndex y = Other(x, other);
  const ir::TensorIndex output = Like(x, shape);
  if (OneIn(2)) return Finish(std::move(attributes), {y, x}, output);
  return Finish(std::move(attributes), {x, y}, output);
}

ir::TensorIndex LayerMaker::Prelu(ir::TensorIndex x) {
  std::vector<int32_t> shape = At(x).shape;
  for (int32_t& size : shape) size = OneIn(2) ? 1 : size;
  const float scale = Scale();
  const ir::TensorIndex slopes = Activation(shape, kInt8, scale, ZeroPoint(kInt8));
  FillWithNoise(slopes);
  return Finish(ir::Prelu{}, {x, slopes}, Like(x, At(x).shape));
}

ir::TensorIndex LayerMaker::LeakyRelu(ir::TensorIndex x) {
  const float alpha = OneIn(8) ? 0 : random_.Uniform(-0.5F, 1.5F);
  return Finish(ir::LeakyRelu{alpha}, {x}, Like(x, At(x).shape));
}

ir::TensorIndex LayerMaker::HardSwish(ir::TensorIndex x) {
  const float scale = At(x).quantization.scales[0] * std::exp2(random_.Uniform(-5.0F, 5.0F));
  return Finish(ir::HardSwish{}, {x}, Activation(At(x).shape, kInt8, scale, ZeroPoint(kInt8)));
}

ir::TensorIndex LayerMaker::Logistic(ir::TensorIndex x) {
  return Finish(ir::Logistic{}, {x}, Activation(At(x).shape, kInt8, 1.0F / 256, -128));
}

ir::TensorIndex LayerMaker::Tanh(ir::TensorIndex x) {
  return Finish(ir::Tanh{}, {x}, Activation(At(x).shape, kInt8, 1.0F / 128, 0));
}

ir::TensorIndex LayerMaker::Softmax(ir::TensorIndex x) {
  const float beta = random_.Uniform(0.2F, 3.0F);
  const bool int16 = At(x).type == kInt16;
  return Finish(ir::Softmax{beta}, {x},
                int16 ? Activation(At(x).shape, kInt16, 1.0F / 32768, 0)
                      : Activation(At(x).shape, kInt8, 1.0F / 256, -128));
}

ir::TensorIndex LayerMaker::Reshape(ir::TensorIndex x) {
  const auto count = static_cast<int32_t>(At(x).ElementCount());
  const int32_t rows = At(x).shape.empty() ? 1 : At(x).shape[0];
  return Finish(ir::Reshape{}, {x}, SameScale(x, {rows, count / rows}));
}

}  // namespace kinglet::testing
