#include "src/ir/print.h"

#include <fmt/ranges.h>

namespace kinglet::ir {
namespace {

std::string_view ActivationName(Activation activation) {
  switch (activation) {
    case Activation::kNone:
      return "";
    case Activation::kRelu:
      return " relu";
    case Activation::kRelu6:
      return " relu6";
    case Activation::kReluN1To1:
      return " relu_n1_to_1";
    case Activation::kTanh:
      return " tanh";
    case Activation::kSignBit:
      return " sign_bit";
  }
  return "";
}

std::string PaddingText(const Padding& p) {
  if (p == Padding{}) return "";
  return fmt::format(" pad {},{},{},{}", p.top, p.left, p.bottom, p.right);
}

template <typename Convolution>
std::string ConvolutionText(const Convolution& a) {
  std::string text = fmt::format(" stride {}x{}", a.stride_h, a.stride_w);
  if (a.dilation_h != 1 || a.dilation_w != 1) {
    text += fmt::format(" dilation {}x{}", a.dilation_h, a.dilation_w);
  }
  return text + PaddingText(a.padding) + std::string(ActivationName(a.activation));
}

struct AttributesText {
  template <typename OpAttributes>
  std::string operator()(const OpAttributes&) const {
    return "";
  }
  std::string operator()(const Conv2d& a) const { return ConvolutionText(a); }
  std::string operator()(const DepthwiseConv2d& a) const {
    return fmt::format(" multiplier {}{}", a.depth_multiplier, ConvolutionText(a));
  }
  std::string operator()(const TransposeConv2d& a) const {
    return fmt::format(" stride {}x{}{}{}", a.stride_h, a.stride_w, PaddingText(a.padding),
                       ActivationName(a.activation));
  }
  std::string operator()(const FullyConnected& a) const {
    return std::string(ActivationName(a.activation)) + (a.keep_dims ? " keep_dims" : "");
  }
  std::string operator()(const Add& a) const { return std::string(ActivationName(a.activation)); }
  std::string operator()(const Sub& a) const { return std::string(ActivationName(a.activation)); }
  std::string operator()(const Mul& a) const { return std::string(ActivationName(a.activation)); }
  std::string operator()(const LeakyRelu& a) const { return fmt::format(" alpha {}", a.alpha); }
  std::string operator()(const Pool2d& a) const {
    return fmt::format(" window {}x{} stride {}x{}{}{}", a.filter_h, a.filter_w, a.stride_h,
                       a.stride_w, PaddingText(a.padding), ActivationName(a.activation));
  }
  std::string operator()(const Concatenation& a) const { return fmt::format(" axis {}", a.axis); }
  std::string operator()(const Split& a) const { return fmt::format(" axis {}", a.axis); }
  std::string operator()(const Pack& a) const { return fmt::format(" axis {}", a.axis); }
  std::string operator()(const Unpack& a) const { return fmt::format(" axis {}", a.axis); }
  std::string operator()(const Pad& a) const {
    return fmt::format(" before {} after {}", fmt::join(a.before, ","), fmt::join(a.after, ","));
  }
  std::string operator()(const Slice& a) const {
    return fmt::format(" begin {} sizes {} strides {}", fmt::join(a.begin, ","),
                       fmt::join(a.sizes, ","), fmt::join(a.strides, ","));
  }
  std::string operator()(const Gather& a) const {
    return fmt::format(" axis {} batch_dims {}", a.axis, a.batch_dims);
  }
  std::string operator()(const Transpose& a) const {
    return fmt::format(" permutation {}", fmt::join(a.permutation, ","));
  }
  std::string operator()(const Resize& a) const {
    return std::string(a.align_corners ? " align_corners" : "") +
           (a.half_pixel_centers ? " half_pixel_centers" : "");
  }
  std::string operator()(const Reduce& a) const {
    return fmt::format(" axes {}{}", fmt::join(a.axes, ","), a.keep_dims ? " keep_dims" : "");
  }
  std::string operator()(const ArgExtremum& a) const { return fmt::format(" axis {}", a.axis); }
  std::string operator()(const Softmax& a) const { return fmt::format(" beta {}", a.beta); }
  std::string operator()(const UnidirectionalSequenceLstm& a) const {
    return fmt::format("{} cell_clip {}", a.time_major ? " time_major" : "", a.cell_clip);
  }
  std::string operator()(const Svdf& a) const {
    return fmt::format(" rank {}{}", a.rank, ActivationName(a.activation));
  }
};

// "%3 int8[1,25,5,64] 0.0235*(q+128)"; constants, variables and weights scaled per channel
// say so.
std::string TensorText(const Graph& graph, TensorIndex index) {
  if (index == kNoTensor) return "none";
  const Tensor& tensor = graph.tensor(index);
  const std::string_view keeps = tensor.constant ? "const " : (tensor.variable ? "var " : "");
  std::string text = fmt::format("%{} {}{}[{}]", index, keeps, DataTypeName(tensor.type),
                                 fmt::join(tensor.shape, ","));
  const Quantization& q = tensor.quantization;
  if (q.scales.size() == 1) text += fmt::format(" {}*(q{:+})", q.scales[0], -q.zero_points[0]);
  if (q.scales.size() > 1) text += fmt::format(" scales along axis {}", q.axis);
  return text;
}

std::string ListText(const Graph& graph, const std::vector<TensorIndex>& indices) {
  std::string text;
  for (const TensorIndex index : indices) {
    text += (text.empty() ? "" : "; ") + TensorText(graph, index);
  }
  return text;
}

}  // namespace

std::string Print(const Graph& graph) {
  std::string text = fmt::format("graph {}: ({})\n", graph.name, ListText(graph, graph.inputs));
  for (const Op& op : graph.ops) {
    text += fmt::format("  {}: {}{} ({}) -> {}", op.name, OpKindName(op.attributes),
                        std::visit(AttributesText{}, op.attributes), ListText(graph, op.inputs),
                        ListText(graph, op.outputs));
    const int64_t macs = OpMacs(graph, op);
    text += macs == 0 ? "\n" : fmt::format(", {} MACs\n", macs);
  }
  return text + fmt::format("  return ({})\n", ListText(graph, graph.outputs));
}

}  // namespace kinglet::ir
