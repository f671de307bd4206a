// Verify(): first every tensor for itself, then who writes and reads it, then every operator
// against its tensors.
#include <cmath>
#include <limits>
#include <set>
#include <span>

#include "device/kernels/requantize.h"
#include "device/kernels/softmax.h"
#include "src/ir/graph.h"

namespace kinglet::ir {
namespace {

// With these limits all index arithmetic of the kernels fits 32 bits.
constexpr size_t kRankMax = 8;
constexpr int64_t kDimensionMax = 1 << 24;
constexpr int64_t kTensorBytesMax = std::numeric_limits<int32_t>::max();
constexpr int64_t kWindowStepMax = 65535;  // stride, dilation, padding
constexpr int64_t kPoolWindowMax = 1 << 20;

std::string ShapeText(std::span<const int32_t> shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    text += (i == 0 ? "" : ",") + std::to_string(shape[i]);
  }
  return text + "]";
}

Status VerifyTensor(const Tensor& tensor, size_t index) {
  const std::string name = fmt::format("tensor {} '{}'", index, tensor.name);
  if (tensor.shape.size() > kRankMax) {
    return Fail(Code::kUnsupported, "{}: {} dimensions, at most {}", name, tensor.shape.size(),
                kRankMax);
  }
  int64_t bytes = DataTypeBytes(tensor.type);
  for (const int32_t dimension : tensor.shape) {
    if (dimension < 1 || dimension > kDimensionMax) {
      return Fail(Code::kInvalid, "{}: shape {}: each dimension must be 1 to {}", name,
                  ShapeText(tensor.shape), kDimensionMax);
    }
    bytes *= dimension;
    if (bytes > kTensorBytesMax) {
      return Fail(Code::kUnsupported, "{}: shape {}: more than {} bytes", name,
                  ShapeText(tensor.shape), kTensorBytesMax);
    }
  }
  const int64_t expected = tensor.constant ? bytes : 0;
  if (static_cast<int64_t>(tensor.data.size()) != expected) {
    return Fail(Code::kInvalid, "{}: {} bytes of data, its shape and type need {}", name,
                tensor.data.size(), expected);
  }
  const Quantization& quantization = tensor.quantization;
  if (quantization.zero_points.size() != quantization.scales.size()) {
    return Fail(Code::kInvalid, "{}: {} scales but {} zero points", name,
                quantization.scales.size(), quantization.zero_points.size());
  }
  for (const float scale : quantization.scales) {
    if (!std::isfinite(scale) || scale < 0) {
      return Fail(Code::kInvalid, "{}: scale {}: must be finite and not negative", name, scale);
    }
  }
  if (quantization.scales.size() > 1) {
    const int32_t axis = quantization.axis;
    if (axis < 0 || axis >= static_cast<int32_t>(tensor.shape.size()) ||
        tensor.shape[static_cast<size_t>(axis)] !=
            static_cast<int64_t>(quantization.scales.size())) {
      return Fail(Code::kInvalid, "{}: {} scales along axis {} of shape {}", name,
                  quantization.scales.size(), axis, ShapeText(tensor.shape));
    }
  }
  return {};
}

// Whether each tensor holds something at this point of the execution.
class Flow {
 public:
  explicit Flow(const Graph& graph) : graph_(graph), written_(graph.tensors.size(), false) {}

  Status Check() {
    if (graph_.inputs.empty() || graph_.outputs.empty() || graph_.ops.empty()) {
      return Fail(Code::kInvalid, "graph '{}': {} inputs, {} outputs, {} operators: none may be 0",
                  graph_.name, graph_.inputs.size(), graph_.outputs.size(), graph_.ops.size());
    }
    for (const TensorIndex index : graph_.inputs) KINGLET_CHECK(Write("graph input", index));
    std::set<std::string_view> names;
    for (const Op& op : graph_.ops) {
      if (op.name.empty() || !names.insert(op.name).second) {
        return Fail(Code::kInvalid, "operator '{}': names must be unique and not empty", op.name);
      }
      for (const TensorIndex index : op.inputs) {
        if (index != kNoTensor) KINGLET_CHECK(Read(op.name, index));
      }
      for (const TensorIndex index : op.outputs) KINGLET_CHECK(Write(op.name, index));
    }
    return CheckOutputs();
  }

 private:
  Status InRange(std::string_view who, TensorIndex index) const {
    if (index < 0 || static_cast<size_t>(index) >= graph_.tensors.size()) {
      return Fail(Code::kInvalid, "{}: tensor {}: the graph has {} tensors", who, index,
                  graph_.tensors.size());
    }
    return {};
  }

  Status Write(std::string_view who, TensorIndex index) {
    KINGLET_CHECK(InRange(who, index));
    if (graph_.tensor(index).constant || written_[static_cast<size_t>(index)]) {
      return Fail(Code::kInvalid, "{}: writes tensor {} '{}', which {}", who, index,
                  graph_.tensor(index).name,
                  graph_.tensor(index).constant ? "is constant" : "was written before");
    }
    written_[static_cast<size_t>(index)] = true;
    return {};
  }

  Status Read(std::string_view who, TensorIndex index) const {
    KINGLET_CHECK(InRange(who, index));
    if (!graph_.tensor(index).constant && !written_[static_cast<size_t>(index)]) {
      return Fail(Code::kInvalid, "{}: reads tensor {} '{}' before anything writes it", who, index,
                  graph_.tensor(index).name);
    }
    return {};
  }

  Status CheckOutputs() const {
    std::set<TensorIndex> made;
    for (const Op& op : graph_.ops) made.insert(op.outputs.begin(), op.outputs.end());
    std::set<TensorIndex> seen;
    for (const TensorIndex index : graph_.outputs) {
      if (!made.contains(index) || !seen.insert(index).second) {
        return Fail(Code::kInvalid, "graph output tensor {}: must be written by one operator {}",
                    index, "and be named once");
      }
    }
    return {};
  }

  const Graph& graph_;
  std::vector<bool> written_;
};

// One operator against its tensors.
class OpVerifier {
 public:
  OpVerifier(const Graph& graph, const Op& op) : graph_(graph), op_(op) {}

  Status operator()(const Conv2d& a) const {
    KINGLET_CHECK(Counts(2, 3));
    KINGLET_CHECK(Image(Input(0), "input"));
    KINGLET_CHECK(Image(Output(), "output"));
    const Tensor& weights = Input(1);
    KINGLET_CHECK(Weights(weights, 4, 0));
    KINGLET_CHECK(Bias(weights.shape[0]));
    const int32_t input_c = Input(0).shape[3], filter_c = weights.shape[3];
    if (input_c % filter_c != 0 || weights.shape[0] % (input_c / filter_c) != 0 ||
        Output().shape[3] != weights.shape[0]) {
      return Mismatch(weights);
    }
    KINGLET_CHECK(FilterSize(weights.ElementCount() / weights.shape[0]));
    KINGLET_CHECK(FusedActivation(a.activation));
    return Windows({weights.shape[1], a.stride_h, a.dilation_h, a.padding.top, a.padding.bottom},
                   {weights.shape[2], a.stride_w, a.dilation_w, a.padding.left, a.padding.right});
  }

  Status operator()(const DepthwiseConv2d& a) const {
    KINGLET_CHECK(Counts(2, 3));
    KINGLET_CHECK(Image(Input(0), "input"));
    KINGLET_CHECK(Image(Output(), "output"));
    const Tensor& weights = Input(1);
    KINGLET_CHECK(Weights(weights, 4, 3));
    KINGLET_CHECK(Bias(weights.shape[3]));
    if (weights.shape[0] != 1 || a.depth_multiplier < 1 ||
        static_cast<int64_t>(Input(0).shape[3]) * a.depth_multiplier != weights.shape[3] ||
        Output().shape[3] != weights.shape[3]) {
      return Mismatch(weights);
    }
    KINGLET_CHECK(FilterSize(weights.ElementCount() / weights.shape[3]));
    KINGLET_CHECK(FusedActivation(a.activation));
    return Windows({weights.shape[1], a.stride_h, a.dilation_h, a.padding.top, a.padding.bottom},
                   {weights.shape[2], a.stride_w, a.dilation_w, a.padding.left, a.padding.right});
  }

  Status operator()(const FullyConnected& a) const {
    KINGLET_CHECK(Counts(2, 3));
    KINGLET_CHECK(Activations(Input(0), "input"));
    KINGLET_CHECK(Activations(Output(), "output"));
    const Tensor& weights = Input(1);
    KINGLET_CHECK(Weights(weights, 2, 0));
    KINGLET_CHECK(Bias(weights.shape[0]));
    const int64_t batches = Input(0).ElementCount() / weights.shape[1];
    if (batches * weights.shape[1] != Input(0).ElementCount() ||
        batches * weights.shape[0] != Output().ElementCount() || Output().shape.empty() ||
        Output().shape.back() != weights.shape[0]) {
      return Mismatch(weights);
    }
    KINGLET_CHECK(FilterSize(weights.shape[1]));
    return FusedActivation(a.activation);
  }

  Status operator()(const Add& a) const {
    KINGLET_CHECK(Counts(2, 2));
    KINGLET_CHECK(Activations(Input(0), "first input"));
    KINGLET_CHECK(Activations(Input(1), "second input"));
    KINGLET_CHECK(Activations(Output(), "output"));
    if (Input(0).shape != Input(1).shape) {
      return Fail(Code::kUnsupported, "{}: adds shapes {} and {}: they must be the same", op_.name,
                  ShapeText(Input(0).shape), ShapeText(Input(1).shape));
    }
    KINGLET_CHECK(SameElementCount());
    return FusedActivation(a.activation);
  }

  Status operator()(const Pool2d& a) const {
    KINGLET_CHECK(Counts(1, 1));
    KINGLET_CHECK(Image(Input(0), "input"));
    KINGLET_CHECK(Image(Output(), "output"));
    if (Input(0).shape[3] != Output().shape[3]) return Mismatch(Input(0));
    KINGLET_CHECK(SameQuantization());
    KINGLET_CHECK(FusedActivation(a.activation));
    if (static_cast<int64_t>(a.filter_h) * a.filter_w > kPoolWindowMax) {
      return Fail(Code::kUnsupported, "{}: window of {} x {}, at most {} elements", op_.name,
                  a.filter_h, a.filter_w, kPoolWindowMax);
    }
    return Windows({a.filter_h, a.stride_h, 1, a.padding.top, a.padding.bottom},
                   {a.filter_w, a.stride_w, 1, a.padding.left, a.padding.right});
  }

  Status operator()(const Reshape&) const {
    KINGLET_CHECK(Counts(1, 1));
    KINGLET_CHECK(Activations(Input(0), "input"));
    KINGLET_CHECK(Activations(Output(), "output"));
    return SameElementCount();
  }

  Status operator()(const Softmax& a) const {
    KINGLET_CHECK(Counts(1, 1));
    KINGLET_CHECK(Activations(Input(0), "input"));
    KINGLET_CHECK(Activations(Output(), "output"));
    KINGLET_CHECK(SameElementCount());
    const int32_t depth = Input(0).shape.empty() ? 1 : Input(0).shape.back();
    if (depth > kernels::kSoftmaxDepthMax) {
      return Fail(Code::kUnsupported, "{}: softmax over {} values, at most {}", op_.name, depth,
                  kernels::kSoftmaxDepthMax);
    }
    if (!std::isfinite(a.beta) || a.beta <= 0) {
      return Fail(Code::kInvalid, "{}: softmax beta {}: must be finite and above 0", op_.name,
                  a.beta);
    }
    const Quantization& q = Output().quantization;
    if (q.scales[0] != 1.0F / 256 || q.zero_points[0] != -128) {
      return Fail(Code::kUnsupported, "{}: softmax output scale {} and zero point {}: {}", op_.name,
                  q.scales[0], q.zero_points[0], "must be 1/256 and -128");
    }
    return {};
  }

 private:
  struct Axis {
    int64_t filter, stride, dilation, pad_before, pad_after;
  };

  const Tensor& Input(size_t i) const { return graph_.tensor(op_.inputs[i]); }
  const Tensor& Output() const { return graph_.tensor(op_.outputs[0]); }

  // Between `min` and `max` inputs, those below `min` present, and one output.
  Status Counts(size_t min, size_t max) const {
    bool ok = op_.inputs.size() >= min && op_.inputs.size() <= max && op_.outputs.size() == 1;
    for (size_t i = 0; ok && i < min; ++i) ok = op_.inputs[i] != kNoTensor;
    if (ok) return {};
    return Fail(Code::kInvalid, "{}: {} takes {} to {} inputs and 1 output; has {} and {}",
                op_.name, OpKindName(op_.attributes), min, max, op_.inputs.size(),
                op_.outputs.size());
  }

  Status Activations(const Tensor& tensor, std::string_view what) const {
    if (tensor.type != DataType::kInt8) {
      return Fail(Code::kUnsupported, "{}: {} '{}' is {}: only int8 activations are supported",
                  op_.name, what, tensor.name, DataTypeName(tensor.type));
    }
    const Quantization& q = tensor.quantization;
    if (q.scales.size() != 1 || q.scales[0] <= 0 || q.zero_points[0] < -128 ||
        q.zero_points[0] > 127) {
      return Fail(Code::kInvalid, "{}: {} '{}' needs one scale above 0 and a zero point in int8",
                  op_.name, what, tensor.name);
    }
    return {};
  }

  Status Image(const Tensor& tensor, std::string_view what) const {
    if (tensor.shape.size() != 4) {
      return Fail(Code::kInvalid, "{}: {} '{}' has shape {}: must have 4 dimensions", op_.name,
                  what, tensor.name, ShapeText(tensor.shape));
    }
    return Activations(tensor, what);
  }

  // int8 constants with one scale, or one per index of `axis`; zero points 0.
  Status Weights(const Tensor& weights, size_t rank, int32_t axis) const {
    if (!weights.constant || weights.type != DataType::kInt8) {
      return Fail(Code::kUnsupported, "{}: weights '{}' must be constant int8, are {}{}", op_.name,
                  weights.name, weights.constant ? "" : "computed ", DataTypeName(weights.type));
    }
    const Quantization& q = weights.quantization;
    bool ok = weights.shape.size() == rank && q.present();
    ok = ok && (q.scales.size() == 1 || q.axis == axis);
    for (const int32_t zero_point : q.zero_points) ok = ok && zero_point == 0;
    if (ok) return {};
    return Fail(Code::kUnsupported, "{}: weights '{}' of shape {} need {} dimensions, {} {} {}",
                op_.name, weights.name, ShapeText(weights.shape), rank,
                "one scale or one per index of axis", axis, "and zero points 0");
  }

  Status Bias(int32_t channels) const {
    if (op_.inputs.size() < 3 || op_.inputs[2] == kNoTensor) return {};
    const Tensor& bias = Input(2);
    if (bias.constant && bias.type == DataType::kInt32 && bias.ElementCount() == channels) {
      return {};
    }
    return Fail(Code::kUnsupported, "{}: bias '{}' must be {} constant int32 values, is {} {}",
                op_.name, bias.name, channels, ShapeText(bias.shape), DataTypeName(bias.type));
  }

  Status FilterSize(int64_t elements) const {
    if (elements <= kernels::kFilterElementsMax) return {};
    return Fail(Code::kUnsupported, "{}: {} weights for one output, at most {}", op_.name, elements,
                kernels::kFilterElementsMax);
  }

  Status FusedActivation(Activation activation) const {
    if (activation == Activation::kTanh || activation == Activation::kSignBit) {
      return Fail(Code::kUnsupported, "{}: fused activation {} is not supported for int8", op_.name,
                  activation == Activation::kTanh ? "tanh" : "sign_bit");
    }
    return {};
  }

  Status SameElementCount() const {
    if (Input(0).ElementCount() == Output().ElementCount()) return {};
    return Mismatch(Input(0));
  }

  // Pooling moves no scale; the reference allows a difference of 1e-6.
  Status SameQuantization() const {
    const Quantization& in = Input(0).quantization;
    const Quantization& out = Output().quantization;
    if (std::abs(in.scales[0] - out.scales[0]) <= 1e-6F && in.zero_points == out.zero_points) {
      return {};
    }
    return Fail(Code::kUnsupported, "{}: {} must not change scale ({} to {}) or zero point ({} {})",
                op_.name, OpKindName(op_.attributes), in.scales[0], out.scales[0],
                in.zero_points[0], out.zero_points[0]);
  }

  Status Mismatch(const Tensor& with) const {
    return Fail(Code::kInvalid, "{}: {} from shape {} to {} does not match '{}' of shape {}",
                op_.name, OpKindName(op_.attributes), ShapeText(Input(0).shape),
                ShapeText(Output().shape), with.name, ShapeText(with.shape));
  }

  Status Windows(const Axis& h, const Axis& w) const {
    if (Input(0).shape[0] != Output().shape[0]) return Mismatch(Output());
    KINGLET_CHECK(Window("height", h, Input(0).shape[1], Output().shape[1]));
    KINGLET_CHECK(Window("width", w, Input(0).shape[2], Output().shape[2]));
    const int64_t row = static_cast<int64_t>(Input(0).shape[2]) * Input(0).shape[3];
    if (h.dilation * row > kTensorBytesMax) {
      return Fail(Code::kUnsupported, "{}: dilation {} over rows of {} bytes is beyond 2^31 bytes",
                  op_.name, h.dilation, row);
    }
    return {};
  }

  Status Window(std::string_view name, const Axis& a, int64_t input, int64_t output) const {
    const int64_t reach = (a.filter - 1) * a.dilation + 1;
    if (a.filter < 1 || a.filter > kDimensionMax || a.stride < 1 || a.stride > kWindowStepMax ||
        a.dilation < 1 || a.dilation > kWindowStepMax || a.pad_before < 0 || a.pad_after < 0 ||
        a.pad_before > kWindowStepMax || a.pad_after > kWindowStepMax || a.pad_before >= reach ||
        a.pad_after >= reach) {
      return Fail(Code::kInvalid,
                  "{}: {}: filter {}, stride {}, dilation {}, padding {} and {}: stride, {} {}",
                  op_.name, name, a.filter, a.stride, a.dilation, a.pad_before, a.pad_after,
                  "dilation must be 1 to 65535, padding shorter than the filter's reach", reach);
    }
    const int64_t room = input + a.pad_before + a.pad_after - reach;
    if (room < 0 || room / a.stride + 1 != output) {
      return Fail(Code::kInvalid, "{}: {} {} with filter {}, stride {}, padding {} and {} {} {}",
                  op_.name, name, input, a.filter, a.stride, a.pad_before, a.pad_after,
                  "does not give", output);
    }
    return {};
  }

  const Graph& graph_;
  const Op& op_;
};

}  // namespace

Status Verify(const Graph& graph) {
  for (size_t i = 0; i < graph.tensors.size(); ++i) {
    KINGLET_CHECK(VerifyTensor(graph.tensors[i], i));
  }
  KINGLET_CHECK(Flow(graph).Check());
  for (const Op& op : graph.ops) {
    KINGLET_CHECK(std::visit(OpVerifier(graph, op), op.attributes));
  }
  return {};
}

}  // namespace kinglet::ir
