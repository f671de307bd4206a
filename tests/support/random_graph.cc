#include "tests/support/random_graph.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "src/base/random.h"
#include "src/tflite/window.h"

namespace kinglet::testing {
namespace {

class GraphMaker {
 public:
  explicit GraphMaker(uint64_t seed) : random_(seed, 77) {}

  ir::Graph Make() {
    graph_.name = "random";
    const int32_t batches = Between(0, 3) == 0 ? 2 : 1;
    ir::TensorIndex x = AnyTensor({batches, Between(1, 12), Between(1, 12), Between(1, 9)});
    graph_.inputs.push_back(x);
    const int32_t layers = Between(1, 6);
    for (int32_t i = 0; i < layers; ++i) x = ImageLayer(x);
    if (Between(0, 3) == 0) graph_.outputs.push_back(x);
    x = Reshape(x);
    x = FullyConnected(x);
    if (Between(0, 1) == 0) x = Softmax(x);
    graph_.outputs.push_back(x);
    if (Between(0, 1) == 0) graph_.metadata["kinglet.note"] = std::string("made\0from a seed", 16);
    return std::move(graph_);
  }

 private:
  int32_t Between(int32_t low, int32_t high) {
    return low + static_cast<int32_t>(random_.Below(static_cast<uint32_t>(high - low + 1)));
  }
  float Scale() { return random_.Uniform(0.005F, 0.2F); }
  int32_t ZeroPoint() { return Between(-128, 127); }

  ir::Activation AnyActivation() {
    constexpr ir::Activation kAll[] = {ir::Activation::kNone, ir::Activation::kRelu,
                                       ir::Activation::kRelu6, ir::Activation::kReluN1To1};
    return kAll[Between(0, 3)];
  }

  const ir::Tensor& At(ir::TensorIndex index) const { return graph_.tensor(index); }

  ir::TensorIndex AddTensor(ir::Tensor tensor) {
    tensor.name = fmt::format("t{}", graph_.tensors.size());
    graph_.tensors.push_back(std::move(tensor));
    return static_cast<ir::TensorIndex>(graph_.tensors.size() - 1);
  }

  ir::TensorIndex Activation(std::vector<int32_t> shape, float scale, int32_t zero_point) {
    ir::Tensor tensor;
    tensor.shape = std::move(shape);
    tensor.quantization = {{scale}, {zero_point}, 0};
    return AddTensor(std::move(tensor));
  }

  // One whose scale and zero point say nothing in particular.
  ir::TensorIndex AnyTensor(std::vector<int32_t> shape) {
    const float scale = Scale();
    const int32_t zero_point = ZeroPoint();
    return Activation(std::move(shape), scale, zero_point);
  }

  // Random weights with scales that keep the output's spread within int8.
  ir::TensorIndex Weights(std::vector<int32_t> shape, int32_t axis, bool per_channel,
                          int64_t filter_size, float ratio) {
    ir::Tensor tensor;
    tensor.shape = std::move(shape);
    tensor.constant = true;
    tensor.data.resize(static_cast<size_t>(tensor.ElementCount()));
    for (uint8_t& byte : tensor.data) byte = static_cast<uint8_t>(random_.Next() >> 24);
    const int32_t channels = tensor.shape[static_cast<size_t>(axis)];
    const size_t count = per_channel ? static_cast<size_t>(channels) : 1;
    const float typical = ratio * 60 / (5000 * std::sqrt(static_cast<float>(filter_size)));
    for (size_t i = 0; i < count; ++i) {
      tensor.quantization.scales.push_back(typical * random_.Uniform(0.3F, 2.0F));
      tensor.quantization.zero_points.push_back(0);
    }
    tensor.quantization.axis = count > 1 ? axis : 0;
    return AddTensor(std::move(tensor));
  }

  void AddBias(ir::Op& op, int32_t channels) {
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
    for (int32_t c = 0; c < channels; ++c) AppendLe(bias.data, Between(-20000, 20000));
    op.inputs.push_back(AddTensor(std::move(bias)));
  }

  ir::TensorIndex Finish(ir::Op op, ir::TensorIndex output) {
    op.name = fmt::format("{}_{}", ir::OpKindName(op.attributes), graph_.ops.size());
    op.outputs = {output};
    graph_.ops.push_back(std::move(op));
    return output;
  }

  ir::TensorIndex ImageLayer(ir::TensorIndex x) {
    switch (Between(0, 4)) {
      case 0:
        return Conv(x);
      case 1:
        return Depthwise(x);
      case 2:
        return Pool(x);
      case 3:
        return Sum(x);
      default:
        return Softmaxable(x);
    }
  }

  // Either of the format's paddings, and the output size it gives.
  template <typename Attributes>
  std::pair<int32_t, int32_t> Pad(Attributes& a, ir::TensorIndex x, int32_t filter_h,
                                  int32_t filter_w, int32_t dilation_h, int32_t dilation_w) {
    const int32_t h = At(x).shape[1], w = At(x).shape[2];
    const int32_t reach_h = (filter_h - 1) * dilation_h + 1;
    const int32_t reach_w = (filter_w - 1) * dilation_w + 1;
    if (reach_h > h || reach_w > w || Between(0, 1) == 0) {
      a.padding = tflite::SamePadding(
          {h, w, filter_h, filter_w, a.stride_h, a.stride_w, dilation_h, dilation_w});
    }
    return {(h + a.padding.top + a.padding.bottom - reach_h) / a.stride_h + 1,
            (w + a.padding.left + a.padding.right - reach_w) / a.stride_w + 1};
  }

  ir::TensorIndex Conv(ir::TensorIndex x) {
    const int32_t batches = At(x).shape[0], input_c = At(x).shape[3];
    const int32_t groups = input_c % 2 == 0 && Between(0, 3) == 0 ? 2 : 1;
    const int32_t output_c = groups * Between(1, 6);
    const int32_t filter_h = Between(1, 4), filter_w = Between(1, 4);
    ir::Conv2d a;
    a.stride_h = Between(1, 3);
    a.stride_w = Between(1, 3);
    a.dilation_h = filter_h == 1 ? 1 : Between(1, 2);
    a.dilation_w = filter_w == 1 ? 1 : Between(1, 2);
    a.activation = AnyActivation();
    const auto [h, w] = Pad(a, x, filter_h, filter_w, a.dilation_h, a.dilation_w);
    const float scale_out = Scale();
    const ir::TensorIndex weights =
        Weights({output_c, filter_h, filter_w, input_c / groups}, 0, Between(0, 2) != 0,
                filter_h * filter_w * input_c / groups, scale_out / At(x).quantization.scales[0]);
    ir::Op op{{}, a, {x, weights}, {}};
    AddBias(op, output_c);
    return Finish(std::move(op), Activation({batches, h, w, output_c}, scale_out, ZeroPoint()));
  }

  ir::TensorIndex Depthwise(ir::TensorIndex x) {
    const int32_t batches = At(x).shape[0], input_c = At(x).shape[3];
    const int32_t filter_h = Between(1, 4), filter_w = Between(1, 4);
    ir::DepthwiseConv2d a;
    a.depth_multiplier = Between(0, 2) == 0 ? 2 : 1;
    a.stride_h = Between(1, 2);
    a.stride_w = Between(1, 2);
    a.dilation_h = filter_h == 1 ? 1 : Between(1, 3);
    a.dilation_w = filter_w == 1 ? 1 : Between(1, 3);
    a.activation = AnyActivation();
    const auto [h, w] = Pad(a, x, filter_h, filter_w, a.dilation_h, a.dilation_w);
    const int32_t output_c = input_c * a.depth_multiplier;
    const float scale_out = Scale();
    const ir::TensorIndex weights =
        Weights({1, filter_h, filter_w, output_c}, 3, Between(0, 2) != 0, filter_h * filter_w,
                scale_out / At(x).quantization.scales[0]);
    ir::Op op{{}, a, {x, weights}, {}};
    AddBias(op, output_c);
    return Finish(std::move(op), Activation({batches, h, w, output_c}, scale_out, ZeroPoint()));
  }

  ir::TensorIndex Pool(ir::TensorIndex x) {
    ir::Pool2d a;
    a.kind = Between(0, 1) == 0 ? ir::Pool2d::Kind::kAverage : ir::Pool2d::Kind::kMax;
    a.filter_h = Between(1, 3);
    a.filter_w = Between(1, 3);
    a.stride_h = Between(1, 3);
    a.stride_w = Between(1, 3);
    a.activation = AnyActivation();
    const auto [h, w] = Pad(a, x, a.filter_h, a.filter_w, 1, 1);
    const ir::Quantization q = At(x).quantization;
    return Finish({{}, a, {x}, {}}, Activation({At(x).shape[0], h, w, At(x).shape[3]}, q.scales[0],
                                               q.zero_points[0]));
  }

  // With itself, with a constant, or with another input of the graph.
  ir::TensorIndex Sum(ir::TensorIndex x) {
    const std::vector<int32_t> shape = At(x).shape;
    ir::TensorIndex other = x;
    const int32_t kind = Between(0, 2);
    if (kind == 1) {
      other = AnyTensor(shape);
      graph_.inputs.push_back(other);
    } else if (kind == 2) {
      other = AnyTensor(shape);
      ir::Tensor& constant = graph_.tensors[static_cast<size_t>(other)];
      constant.constant = true;
      constant.data.resize(static_cast<size_t>(constant.ElementCount()));
      for (uint8_t& byte : constant.data) byte = static_cast<uint8_t>(random_.Next() >> 24);
    }
    const ir::TensorIndex sum = AnyTensor(shape);
    return Finish({{}, ir::Add{AnyActivation()}, {x, other}, {}}, sum);
  }

  ir::TensorIndex Softmaxable(ir::TensorIndex x) {
    if (Between(0, 3) != 0) return Conv(x);
    return Softmax(x);
  }

  ir::TensorIndex Softmax(ir::TensorIndex x) {
    return Finish({{}, ir::Softmax{random_.Uniform(0.2F, 3.0F)}, {x}, {}},
                  Activation(At(x).shape, 1.0F / 256, -128));
  }

  ir::TensorIndex Reshape(ir::TensorIndex x) {
    const int32_t batches = At(x).shape[0];
    const auto count = static_cast<int32_t>(At(x).ElementCount());
    const ir::Quantization q = At(x).quantization;
    return Finish({{}, ir::Reshape{}, {x}, {}},
                  Activation({batches, count / batches}, q.scales[0], q.zero_points[0]));
  }

  ir::TensorIndex FullyConnected(ir::TensorIndex x) {
    const int32_t batches = At(x).shape[0], input_size = At(x).shape[1];
    const int32_t output_size = Between(1, 11);
    const float scale_out = Scale();
    const ir::TensorIndex weights = Weights({output_size, input_size}, 0, Between(0, 1) == 0,
                                            input_size, scale_out / At(x).quantization.scales[0]);
    ir::Op op{{}, ir::FullyConnected{AnyActivation(), Between(0, 1) == 0}, {x, weights}, {}};
    AddBias(op, output_size);
    return Finish(std::move(op), Activation({batches, output_size}, scale_out, ZeroPoint()));
  }

  Random random_;
  ir::Graph graph_;
};

}  // namespace

ir::Graph RandomGraph(uint64_t seed) { return GraphMaker(seed).Make(); }

std::vector<Bytes> RandomInputs(const ir::Graph& graph, uint64_t seed) {
  Random random(seed, 78);
  std::vector<Bytes> inputs;
  for (const ir::TensorIndex index : graph.inputs) {
    Bytes& input = inputs.emplace_back(static_cast<size_t>(graph.tensor(index).ByteCount()));
    for (uint8_t& byte : input) byte = static_cast<uint8_t>(random.Next() >> 24);
  }
  return inputs;
}

}  // namespace kinglet::testing
