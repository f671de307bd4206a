#include "tests/support/as_float.h"

namespace kinglet::testing {
namespace {

// The scale of element i.
float ScaleOf(const ir::Tensor& tensor, size_t i) {
  const ir::Quantization& q = tensor.quantization;
  if (q.scales.size() == 1) return q.scales[0];
  size_t run = 1;
  for (size_t d = static_cast<size_t>(q.axis) + 1; d < tensor.shape.size(); ++d) {
    run *= static_cast<size_t>(tensor.shape[d]);
  }
  return q.scales[i / run % q.scales.size()];
}

int32_t IntegerAt(const ir::Tensor& tensor, size_t i) {
  switch (tensor.type) {
    case ir::DataType::kInt16:
      return LoadLe<int16_t>(tensor.data, i * sizeof(int16_t));
    case ir::DataType::kInt32:
      return LoadLe<int32_t>(tensor.data, i * sizeof(int32_t));
    default:
      return static_cast<int8_t>(tensor.data[i]);
  }
}

bool IsWeighted(const ir::Op& op) {
  return std::holds_alternative<ir::Conv2d>(op.attributes) ||
         std::holds_alternative<ir::DepthwiseConv2d>(op.attributes) ||
         std::holds_alternative<ir::FullyConnected>(op.attributes);
}

Bytes BiasAsFloat(const ir::Graph& graph, const ir::Op& op) {
  const ir::Tensor& bias = graph.tensor(op.inputs[2]);
  const ir::Tensor& weights = graph.tensor(op.inputs[1]);
  const std::vector<float>& scales = weights.quantization.scales;
  const float input_scale = graph.tensor(op.inputs[0]).quantization.scales[0];
  Bytes data;
  for (size_t c = 0; c < static_cast<size_t>(bias.ElementCount()); ++c) {
    const float scale = input_scale * scales[scales.size() == 1 ? 0 : c];
    AppendLe(data, scale * static_cast<float>(IntegerAt(bias, c)));
  }
  return data;
}

}  // namespace

ir::Graph AsFloat(const ir::Graph& graph) {
  ir::Graph floats = graph;
  for (ir::Tensor& tensor : floats.tensors) {
    const ir::Tensor source = tensor;
    tensor.type = ir::DataType::kFloat32;
    tensor.quantization = {};
    tensor.data.clear();
    if (!source.constant) continue;
    for (size_t i = 0; i < static_cast<size_t>(source.ElementCount()); ++i) {
      const ir::Quantization& q = source.quantization;
      const int32_t zero_point = q.zero_points.size() == 1 ? q.zero_points[0] : 0;
      const float scale = q.present() ? ScaleOf(source, i) : 1;
      AppendLe(tensor.data, scale * static_cast<float>(IntegerAt(source, i) - zero_point));
    }
  }
  for (const ir::Op& op : graph.ops) {
    if (!IsWeighted(op) || op.inputs.size() < 3 || op.inputs[2] == ir::kNoTensor) continue;
    floats.tensors[static_cast<size_t>(op.inputs[2])].data = BiasAsFloat(graph, op);
  }
  return floats;
}

}  // namespace kinglet::testing
