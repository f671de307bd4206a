#include "src/optimize/fuse_pads.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

namespace kinglet::optimize {
namespace {

// The padding of a convolution; null for other kinds.
ir::Padding* PaddingOf(ir::Op& op) {
  if (auto* conv = std::get_if<ir::Conv2d>(&op.attributes)) return &conv->padding;
  if (auto* depthwise = std::get_if<ir::DepthwiseConv2d>(&op.attributes)) {
    return &depthwise->padding;
  }
  return nullptr;
}

// Every element is the tensor's zero point.
bool IsZeroPoint(const ir::Tensor& value) {
  const int32_t zero_point = value.quantization.zero_points[0];
  if (value.type == ir::DataType::kInt8) {
    return static_cast<int8_t>(value.data[0]) == static_cast<int8_t>(zero_point);
  }
  return value.type == ir::DataType::kInt16 && LoadLe<int16_t>(value.data, 0) == zero_point;
}

// Pads only rows and columns of images, with what a convolution takes for nothing.
bool IsPaddingOfImages(const ir::Graph& graph, const ir::Op& op) {
  const auto* pad = std::get_if<ir::Pad>(&op.attributes);
  if (pad == nullptr || pad->before.size() != 4) return false;
  for (const size_t d : {0U, 3U}) {
    if (pad->before[d] != 0 || pad->after[d] != 0) return false;
  }
  const ir::Tensor &in = graph.tensor(op.inputs[0]), &out = graph.tensor(op.outputs[0]);
  if (in.quantization != out.quantization || in.variable ||
      (in.type != ir::DataType::kInt8 && in.type != ir::DataType::kInt16)) {
    return false;
  }
  const bool has_value = op.inputs.size() > 1 && op.inputs[1] != ir::kNoTensor;
  return !has_value || IsZeroPoint(graph.tensor(op.inputs[1]));
}

}  // namespace

Result<Rewritten> FusePads(ir::Graph graph) {
  Rewritten result;
  std::vector<const ir::Op*> writer(graph.tensors.size(), nullptr);
  for (ir::Op& op : graph.ops) {
    ir::Padding* const padding = PaddingOf(op);
    const ir::Op* const before =
        padding == nullptr ? nullptr : writer[static_cast<size_t>(op.inputs[0])];
    if (before != nullptr && IsPaddingOfImages(graph, *before)) {
      const auto& pad = std::get<ir::Pad>(before->attributes);
      padding->top += pad.before[1];
      padding->bottom += pad.after[1];
      padding->left += pad.before[2];
      padding->right += pad.after[2];
      op.inputs[0] = before->inputs[0];
      result.changes.push_back(fmt::format("{}: pads in the place of {}", op.name, before->name));
    }
    for (const ir::TensorIndex output : op.outputs) writer[static_cast<size_t>(output)] = &op;
  }
  result.graph = std::move(graph);
  return result;
}

}  // namespace kinglet::optimize
