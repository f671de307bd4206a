#include "tests/support/graph_builder.h"

#include <fmt/format.h>

#include <utility>

namespace kinglet::testing {
namespace {

int32_t OutputSize(int32_t input, const GraphBuilder::Window& w) {
  return (input + 2 * w.padding - w.filter) / w.stride + 1;
}

ir::Padding Symmetric(int32_t padding) { return {padding, padding, padding, padding}; }

}  // namespace

ir::TensorIndex GraphBuilder::Activation(std::vector<int32_t> shape) {
  ir::Tensor tensor;
  tensor.name = fmt::format("activation_{}", graph_.tensors.size());
  tensor.shape = std::move(shape);
  tensor.quantization.scales = {random_.Uniform(0.02F, 0.08F)};
  tensor.quantization.zero_points = {static_cast<int32_t>(random_.Below(40)) - 20};
  graph_.tensors.push_back(std::move(tensor));
  return static_cast<ir::TensorIndex>(graph_.tensors.size()) - 1;
}

ir::TensorIndex GraphBuilder::Weights(std::vector<int32_t> shape, int32_t axis, Scales scales) {
  ir::Tensor tensor;
  tensor.name = fmt::format("weights_{}", graph_.tensors.size());
  tensor.shape = std::move(shape);
  tensor.constant = true;
  tensor.quantization.axis = axis;
  const int32_t scale_count =
      scales == Scales::kPerTensor ? 1 : tensor.shape[static_cast<size_t>(axis)];
  for (int32_t i = 0; i < scale_count; ++i) {
    tensor.quantization.scales.push_back(random_.Uniform(0.002F, 0.02F));
    tensor.quantization.zero_points.push_back(0);
  }
  for (int64_t i = 0; i < tensor.ElementCount(); ++i) {
    tensor.data.push_back(static_cast<uint8_t>(random_.Below(255) + 129));
  }
  graph_.tensors.push_back(std::move(tensor));
  return static_cast<ir::TensorIndex>(graph_.tensors.size()) - 1;
}

ir::TensorIndex GraphBuilder::Bias(int32_t count) {
  ir::Tensor tensor;
  tensor.name = fmt::format("bias_{}", graph_.tensors.size());
  tensor.type = ir::DataType::kInt32;
  tensor.shape = {count};
  tensor.constant = true;
  for (int32_t i = 0; i < count; ++i) {
    AppendLe(tensor.data, static_cast<int32_t>(random_.Below(2001)) - 1000);
  }
  graph_.tensors.push_back(std::move(tensor));
  return static_cast<ir::TensorIndex>(graph_.tensors.size()) - 1;
}

ir::TensorIndex GraphBuilder::AddOp(std::string_view kind, ir::Attributes attributes,
                                    std::vector<ir::TensorIndex> inputs, ir::TensorIndex output) {
  graph_.ops.push_back(
      {fmt::format("{}_{}", kind, graph_.ops.size()), attributes, std::move(inputs), {output}});
  return output;
}

const std::vector<int32_t>& GraphBuilder::Shape(ir::TensorIndex tensor) const {
  return graph_.tensor(tensor).shape;
}

ir::TensorIndex GraphBuilder::Input(std::vector<int32_t> shape) {
  graph_.inputs.push_back(Activation(std::move(shape)));
  return graph_.inputs.back();
}

ir::TensorIndex GraphBuilder::Constant(std::vector<int32_t> shape) {
  const ir::TensorIndex index = Activation(std::move(shape));
  ir::Tensor& tensor = graph_.tensors[static_cast<size_t>(index)];
  tensor.constant = true;
  for (int64_t i = 0; i < tensor.ElementCount(); ++i) {
    tensor.data.push_back(static_cast<uint8_t>(random_.Next()));
  }
  return index;
}

ir::TensorIndex GraphBuilder::Conv(ir::TensorIndex input, int32_t channels, const Window& w) {
  const std::vector<int32_t> in = Shape(input);
  ir::Conv2d conv;
  conv.stride_h = conv.stride_w = w.stride;
  conv.padding = Symmetric(w.padding);
  conv.activation = w.activation.value_or(ir::Activation::kRelu);
  const ir::TensorIndex weights = Weights({channels, w.filter, w.filter, in[3]}, 0);
  const ir::TensorIndex bias = Bias(channels);
  return AddOp("conv", conv, {input, weights, bias},
               Activation({in[0], OutputSize(in[1], w), OutputSize(in[2], w), channels}));
}

ir::TensorIndex GraphBuilder::Depthwise(ir::TensorIndex input, int32_t multiplier,
                                        const Window& w) {
  const std::vector<int32_t> in = Shape(input);
  const int32_t channels = in[3] * multiplier;
  ir::DepthwiseConv2d depthwise;
  depthwise.activation = w.activation.value_or(ir::Activation::kNone);
  depthwise.stride_h = depthwise.stride_w = w.stride;
  depthwise.depth_multiplier = multiplier;
  depthwise.padding = Symmetric(w.padding);
  const ir::TensorIndex weights = Weights({1, w.filter, w.filter, channels}, 3);
  const ir::TensorIndex bias = Bias(channels);
  return AddOp("depthwise", depthwise, {input, weights, bias},
               Activation({in[0], OutputSize(in[1], w), OutputSize(in[2], w), channels}));
}

ir::TensorIndex GraphBuilder::Dense(ir::TensorIndex input, int32_t outputs, Scales scales) {
  const int32_t inputs = Shape(input).back();
  const ir::TensorIndex weights = Weights({outputs, inputs}, 0, scales);
  const ir::TensorIndex bias = random_.Below(2) == 0 ? ir::kNoTensor : Bias(outputs);
  return AddOp("dense", ir::FullyConnected{}, {input, weights, bias},
               Activation({Shape(input)[0], outputs}));
}

ir::TensorIndex GraphBuilder::Add(ir::TensorIndex x, ir::TensorIndex y) {
  return AddOp("add", ir::Add{}, {x, y}, Activation(Shape(x)));
}

ir::TensorIndex GraphBuilder::Pool(ir::TensorIndex input, ir::Pool2d::Kind kind, const Window& w) {
  const std::vector<int32_t> in = Shape(input);
  ir::Pool2d pool;
  pool.kind = kind;
  pool.filter_h = pool.filter_w = w.filter;
  pool.stride_h = pool.stride_w = w.stride;
  pool.padding = Symmetric(w.padding);
  const ir::TensorIndex output =
      Activation({in[0], OutputSize(in[1], w), OutputSize(in[2], w), in[3]});
  graph_.tensors[static_cast<size_t>(output)].quantization = graph_.tensor(input).quantization;
  return AddOp("pool", pool, {input}, output);
}

ir::TensorIndex GraphBuilder::GlobalAverage(ir::TensorIndex input) {
  const std::vector<int32_t> in = Shape(input);
  ir::Pool2d pool;
  pool.filter_h = in[1];
  pool.filter_w = in[2];
  const ir::TensorIndex output = Activation({in[0], 1, 1, in[3]});
  graph_.tensors[static_cast<size_t>(output)].quantization = graph_.tensor(input).quantization;
  return AddOp("average", pool, {input}, output);
}

ir::TensorIndex GraphBuilder::Flatten(ir::TensorIndex input) {
  const std::vector<int32_t> in = Shape(input);
  int32_t size = 1;
  for (size_t i = 1; i < in.size(); ++i) size *= in[i];
  const ir::TensorIndex output = Activation({in[0], size});
  graph_.tensors[static_cast<size_t>(output)].quantization = graph_.tensor(input).quantization;
  return AddOp("flatten", ir::Reshape{}, {input}, output);
}

ir::TensorIndex GraphBuilder::Softmax(ir::TensorIndex input) {
  const ir::TensorIndex output = Activation(Shape(input));
  graph_.tensors[static_cast<size_t>(output)].quantization = {{1.0F / 256}, {-128}, 0};
  return AddOp("softmax", ir::Softmax{}, {input}, output);
}

ir::Graph GraphBuilder::Finish(std::vector<ir::TensorIndex> outputs) {
  graph_.outputs = std::move(outputs);
  return graph_;
}

ir::Graph SmallNetwork() {
  GraphBuilder b("small network", 1);
  ir::TensorIndex x = b.Input({1, 8, 8, 3});
  const ir::TensorIndex stem = x = b.Conv(x, 8, {3, 1, 1});
  x = b.Depthwise(x, 1, {3, 1, 1});
  x = b.Conv(x, 8, {1, 1, 0});
  x = b.Add(stem, x);
  x = b.Pool(x, ir::Pool2d::Kind::kMax, {2, 2, 0});
  x = b.GlobalAverage(x);
  x = b.Flatten(x);
  x = b.Dense(x, 4);
  return b.Finish({b.Softmax(x)});
}

}  // namespace kinglet::testing
