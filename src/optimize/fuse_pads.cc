#include "src/optimize/fuse_pads.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

namespace kinglet::optimize {
namespace {

// `pad` and the convolution's own padding; nothing when they are more than a window reaches.
template <typename Convolution>
std::optional<ir::Padding> Joined(const Convolution& a, const ir::Tensor& weights,
                                  const ir::Pad& pad) {
  const ir::Padding joined{a.padding.top + pad.before[1], a.padding.left + pad.before[2],
                           a.padding.bottom + pad.after[1], a.padding.right + pad.after[2]};
  const int32_t reach_h = (weights.shape[1] - 1) * a.dilation_h + 1;
  const int32_t reach_w = (weights.shape[2] - 1) * a.dilation_w + 1;
  if (std::max(joined.top, joined.bottom) >= reach_h) return {};
  if (std::max(joined.left, joined.right) >= reach_w) return {};
  return joined;
}

// Lets `op` pad by itself. False when it is no convolution or cannot.
bool Join(const ir::Graph& graph, ir::Op& op, const ir::Pad& pad) {
  return std::visit(
      [&](auto& a) {
        if constexpr (requires { a.dilation_h; }) {
          const auto joined = Joined(a, graph.tensor(op.inputs[1]), pad);
          if (joined.has_value()) a.padding = *joined;
          return joined.has_value();
        }
        return false;
      },
      op.attributes);
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
    const ir::TensorIndex input = op.inputs.empty() ? ir::kNoTensor : op.inputs[0];
    const ir::Op* const before =
        input == ir::kNoTensor ? nullptr : writer[static_cast<size_t>(input)];
    if (before != nullptr && IsPaddingOfImages(graph, *before) &&
        Join(graph, op, std::get<ir::Pad>(before->attributes))) {
      op.inputs[0] = before->inputs[0];
      result.changes.push_back(fmt::format("{}: pads in the place of {}", op.name, before->name));
    }
    for (const ir::TensorIndex output : op.outputs) writer[static_cast<size_t>(output)] = &op;
  }
  result.graph = std::move(graph);
  return result;
}

}  // namespace kinglet::optimize
