#include "src/ir/lower.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "device/kernels/window.h"

namespace kinglet::ir {
namespace {

// How far the output may lead the input of a kernel that writes pixels in order: while it writes
// pixel p, everything from the first element under p's window on is still needed. The bound is a
// sum of one part per axis, so each axis finds its own least.
class OutputLead {
 public:
  // Axis of `output` steps; output step i moves `output_step_bytes` on and needs the input from
  // FirstNeeded(i) * input_step_bytes.
  struct Axis {
    int32_t input, output, filter, stride, dilation, pad;
    int64_t input_step_bytes, output_step_bytes;
  };

  void Add(const Axis& a) {
    int64_t least = std::numeric_limits<int64_t>::max();
    const auto consider = [&](int32_t i) {
      const int32_t origin = i * a.stride - a.pad;
      const kernels::TapRange taps = kernels::TapsInside(origin, a.filter, a.dilation, a.input);
      if (taps.begin == taps.end) return;
      const int64_t first = origin + static_cast<int64_t>(taps.begin) * a.dilation;
      least = std::min(least, first * a.input_step_bytes - i * a.output_step_bytes);
    };
    // From the first window that begins inside the input, the bound is linear: its ends suffice.
    const int32_t inside = std::min(a.output - 1, (a.pad + a.stride - 1) / a.stride);
    for (int32_t i = 0; i <= inside; ++i) consider(i);
    consider(std::min(a.output - 1, (a.input - 1 + a.pad) / a.stride));
    // An axis without any window inside the input reads nothing; 0 is then as good as any.
    if (least != std::numeric_limits<int64_t>::max()) bytes_ += least;
  }
  // Steps that move the window by whole inputs: batches.
  void AddBatches(int32_t batches, int64_t input_bytes, int64_t output_bytes) {
    bytes_ += std::min<int64_t>(0, (batches - 1) * (input_bytes - output_bytes));
  }
  int64_t Minus(int64_t bytes) const { return bytes_ - bytes; }

 private:
  int64_t bytes_ = 0;
};

template <typename Params>
OutputLead WindowLead(const Params& p, int32_t dilation_h, int32_t dilation_w, int64_t input_c,
                      int64_t output_c) {
  OutputLead lead;
  lead.AddBatches(p.batches, p.input_h * p.input_w * input_c, p.output_h * p.output_w * output_c);
  lead.Add({p.input_h, p.output_h, p.filter_h, p.stride_h, dilation_h, p.pad_top,
            p.input_w * input_c, p.output_w * output_c});
  lead.Add(
      {p.input_w, p.output_w, p.filter_w, p.stride_w, dilation_w, p.pad_left, input_c, output_c});
  return lead;
}

// Multipliers and shifts of a layer, as the kernels take them.
struct ChannelScales {
  std::vector<int32_t> multipliers;
  std::vector<int8_t> shifts;
};

Bytes CopyBytes(ByteView view) { return {view.begin(), view.end()}; }

class Lowering {
 public:
  Lowering(const Graph& graph, size_t op_index)
      : graph_(graph), op_(graph.ops[op_index]), op_index_(op_index) {}

  Result<KernelCall> operator()(const Conv2d& a) const {
    const Tensor &in = Input(0), &weights = Input(1), &out = Output();
    const ActivationRange range = Range(a.activation);
    kernels::Conv2dParams p{};
    SetImageSizes(p);
    p.input_c = in.shape[3];
    p.output_c = out.shape[3];
    p.filter_h = weights.shape[1];
    p.filter_w = weights.shape[2];
    p.groups = in.shape[3] / weights.shape[3];
    SetSteps(p, a);
    p.dilation_h = p.filter_h == 1 ? 1 : a.dilation_h;
    p.dilation_w = p.filter_w == 1 ? 1 : a.dilation_w;
    p.input_zero_point = ZeroPoint(in);
    p.output_zero_point = ZeroPoint(out);
    p.activation_min = range.min;
    p.activation_max = range.max;
    KINGLET_TRY(const ChannelScales scales, Scales(out.shape[3]));
    KernelCall call = Call("Conv2d", "Conv2dParams", "conv_2d", p);
    const OutputLead lead = WindowLead(p, p.dilation_h, p.dilation_w, p.input_c, p.output_c);
    AddInput(call, "input", 0, lead.Minus(p.output_c));
    AddWeightsAndBias(call);
    AddScales(call, scales);
    AddOutput(call);
    return call;
  }

  Result<KernelCall> operator()(const DepthwiseConv2d& a) const {
    const Tensor &in = Input(0), &weights = Input(1), &out = Output();
    const ActivationRange range = Range(a.activation);
    kernels::DepthwiseConv2dParams p{};
    SetImageSizes(p);
    p.input_c = in.shape[3];
    p.depth_multiplier = a.depth_multiplier;
    p.filter_h = weights.shape[1];
    p.filter_w = weights.shape[2];
    SetSteps(p, a);
    p.dilation_h = p.filter_h == 1 ? 1 : a.dilation_h;
    p.dilation_w = p.filter_w == 1 ? 1 : a.dilation_w;
    p.input_zero_point = ZeroPoint(in);
    p.output_zero_point = ZeroPoint(out);
    p.activation_min = range.min;
    p.activation_max = range.max;
    KINGLET_TRY(const ChannelScales scales, Scales(out.shape[3]));
    KernelCall call = Call("DepthwiseConv2d", "DepthwiseConv2dParams", "depthwise_conv_2d", p);
    const OutputLead lead = WindowLead(p, p.dilation_h, p.dilation_w, p.input_c, out.shape[3]);
    // Output channels of a pixel are written in the order their input channel is read.
    AddInput(call, "input", 0, lead.Minus(out.shape[3] - p.input_c));
    AddWeightsAndBias(call);
    AddScales(call, scales);
    AddOutput(call);
    return call;
  }

  Result<KernelCall> operator()(const FullyConnected& a) const {
    const Tensor &in = Input(0), &weights = Input(1), &out = Output();
    const int32_t output_size = weights.shape[0], input_size = weights.shape[1];
    const auto batches = static_cast<int32_t>(in.ElementCount() / input_size);
    const ActivationRange range = Range(a.activation);
    OutputLead lead;
    lead.AddBatches(batches, input_size, output_size);
    const int64_t lead_bytes = lead.Minus(output_size);
    if (weights.quantization.scales.size() > 1) {
      KINGLET_TRY(const ChannelScales scales, Scales(output_size));
      KernelCall call = Call(
          "FullyConnectedPerChannel", "FullyConnectedPerChannelParams", "fully_connected",
          kernels::FullyConnectedPerChannelParams{batches, input_size, output_size, ZeroPoint(in),
                                                  ZeroPoint(out), range.min, range.max});
      AddInput(call, "input", 0, lead_bytes);
      AddWeightsAndBias(call);
      AddScales(call, scales);
      AddOutput(call);
      return call;
    }
    // The reference multiplies the two scales in float here, and in double where each channel has
    // its own.
    const float product = Scale(in) * weights.quantization.scales[0];
    KINGLET_TRY(const QuantizedMultiplier q,
                Quantize(static_cast<double>(product) / static_cast<double>(Scale(out))));
    KernelCall call = Call(
        "FullyConnected", "FullyConnectedParams", "fully_connected",
        kernels::FullyConnectedParams{batches, input_size, output_size, ZeroPoint(in),
                                      ZeroPoint(out), q.multiplier, q.shift, range.min, range.max});
    AddInput(call, "input", 0, lead_bytes);
    AddWeightsAndBias(call);
    AddOutput(call);
    return call;
  }

  Result<KernelCall> operator()(const Add& a) const {
    const Tensor &in1 = Input(0), &in2 = Input(1), &out = Output();
    const double scale1 = Scale(in1), scale2 = Scale(in2), scale_out = Scale(out);
    const double twice_max = 2 * std::max(scale1, scale2);
    KINGLET_TRY(const QuantizedMultiplier q1, QuantizeBelowOne(scale1 / twice_max));
    KINGLET_TRY(const QuantizedMultiplier q2, QuantizeBelowOne(scale2 / twice_max));
    KINGLET_TRY(const QuantizedMultiplier q,
                QuantizeBelowOne(twice_max / ((1 << kernels::kAddLeftShift) * scale_out)));
    const ActivationRange range = Range(a.activation);
    const auto count = static_cast<int32_t>(out.ElementCount());
    KernelCall call =
        Call("Add", "AddParams", "add",
             kernels::AddParams{count, ZeroPoint(in1), q1.multiplier, q1.shift, ZeroPoint(in2),
                                q2.multiplier, q2.shift, ZeroPoint(out), q.multiplier, q.shift,
                                range.min, range.max});
    AddInput(call, "input1", 0, 0);
    AddInput(call, "input2", 1, 0);
    AddOutput(call);
    return call;
  }

  Result<KernelCall> operator()(const Pool2d& a) const {
    if (a.kind == Pool2d::Kind::kAverage) {
      return Pool<kernels::AveragePool2dParams>(a, "AveragePool2d", "AveragePool2dParams");
    }
    return Pool<kernels::MaxPool2dParams>(a, "MaxPool2d", "MaxPool2dParams");
  }

  Result<KernelCall> operator()(const Reshape&) const {
    const auto count = static_cast<int32_t>(Output().ElementCount());
    KernelCall call = Call("Reshape", "ReshapeParams", "reshape", kernels::ReshapeParams{count});
    AddInput(call, "input", 0, count);  // any overlap will do
    AddOutput(call);
    return call;
  }

  Result<KernelCall> operator()(const Softmax& a) const {
    const Tensor& in = Input(0);
    constexpr int32_t kFractionBits = 31 - kernels::kSoftmaxDiffIntegerBits;
    // A multiplier beyond 2^31 - 1 changes nothing: all but the greatest value get probability 0.
    const double multiplier =
        std::min(static_cast<double>(a.beta) * static_cast<double>(Scale(in)) *
                     static_cast<double>(1 << kFractionBits),
                 2147483647.0);
    if (multiplier <= 1) {
      return Fail(Code::kUnsupported, "{}: softmax input scale {} times beta {} is below 2^-26",
                  op_.name, Scale(in), a.beta);
    }
    const QuantizedMultiplier q = QuantizeMultiplier(multiplier);
    const double radius = std::floor(((1 << kernels::kSoftmaxDiffIntegerBits) - 1) *
                                     static_cast<double>(1 << kFractionBits) /
                                     static_cast<double>(int64_t{1} << q.shift));
    const int32_t depth = in.shape.empty() ? 1 : in.shape.back();
    const auto rows = static_cast<int32_t>(in.ElementCount() / depth);
    KernelCall call = Call(
        "Softmax", "SoftmaxParams", "softmax",
        kernels::SoftmaxParams{rows, depth, q.multiplier, q.shift, -static_cast<int32_t>(radius)});
    AddInput(call, "input", 0, 0);
    AddOutput(call);
    return call;
  }

 private:
  const Tensor& Input(size_t i) const { return graph_.tensor(op_.inputs[i]); }
  const Tensor& Output() const { return graph_.tensor(op_.outputs[0]); }
  static float Scale(const Tensor& tensor) { return tensor.quantization.scales[0]; }
  static int32_t ZeroPoint(const Tensor& tensor) { return tensor.quantization.zero_points[0]; }

  ActivationRange Range(Activation activation) const {
    return QuantizedActivationRange(activation, Scale(Output()), ZeroPoint(Output()));
  }

  template <typename Params>
  void SetImageSizes(Params& p) const {
    p.batches = Input(0).shape[0];
    p.input_h = Input(0).shape[1];
    p.input_w = Input(0).shape[2];
    p.output_h = Output().shape[1];
    p.output_w = Output().shape[2];
  }

  template <typename Params, typename OpAttributes>
  static void SetSteps(Params& p, const OpAttributes& a) {
    p.stride_h = a.stride_h;
    p.stride_w = a.stride_w;
    p.pad_top = a.padding.top;
    p.pad_left = a.padding.left;
  }

  template <typename Params>
  Result<KernelCall> Pool(const Pool2d& a, std::string_view function,
                          std::string_view params_type) const {
    const ActivationRange range = Range(a.activation);
    Params p{};
    SetImageSizes(p);
    p.channels = Input(0).shape[3];
    p.filter_h = a.filter_h;
    p.filter_w = a.filter_w;
    SetSteps(p, a);
    p.activation_min = range.min;
    p.activation_max = range.max;
    KernelCall call = Call(function, params_type, OpKindName(op_.attributes), p);
    AddInput(call, "input", 0, WindowLead(p, 1, 1, p.channels, p.channels).Minus(0));
    AddOutput(call);
    return call;
  }

  Result<QuantizedMultiplier> Quantize(double real) const {
    if (real < 0x1p30) {
      const QuantizedMultiplier q = QuantizeMultiplier(real);
      if (q.shift <= 30) return q;
    }
    return Fail(Code::kUnsupported, "{}: ratio of scales {}: must be below 2^30", op_.name, real);
  }

  Result<QuantizedMultiplier> QuantizeBelowOne(double real) const {
    const QuantizedMultiplier q = QuantizeMultiplier(real);
    if (q.shift <= 0) return q;
    return Fail(Code::kUnsupported, "{}: ratio of scales {}: must be below 1", op_.name, real);
  }

  Result<ChannelScales> Scales(int32_t channels) const {
    const std::vector<float>& scales = Input(1).quantization.scales;
    const double scale_in = Scale(Input(0)), scale_out = Scale(Output());
    ChannelScales result;
    for (int32_t c = 0; c < channels; ++c) {
      const double scale = scales[scales.size() == 1 ? 0 : static_cast<size_t>(c)];
      KINGLET_TRY(const QuantizedMultiplier q, Quantize(scale_in * scale / scale_out));
      result.multipliers.push_back(q.multiplier);
      result.shifts.push_back(static_cast<int8_t>(q.shift));
    }
    return result;
  }

  KernelCall Call(std::string_view function, std::string_view params_type, std::string_view file,
                  KernelParams params) const {
    KernelCall call;
    call.op_index = op_index_;
    call.function = function;
    call.params_type = params_type;
    call.file = file;
    call.params = params;
    return call;
  }

  void AddInput(KernelCall& call, std::string_view name, size_t i, int64_t lead_bytes_max) const {
    Argument argument{Argument::Kind::kInput, name, DataType::kInt8, op_.inputs[i], {}, {}};
    if (!Input(i).constant) argument.output_lead_bytes_max = lead_bytes_max;
    call.arguments.push_back(std::move(argument));
  }

  void AddWeightsAndBias(KernelCall& call) const {
    call.arguments.push_back(
        {Argument::Kind::kWeights, "weights", DataType::kInt8, op_.inputs[1], {}, {}});
    const bool bias = op_.inputs.size() > 2 && op_.inputs[2] != kNoTensor;
    call.arguments.push_back({bias ? Argument::Kind::kWeights : Argument::Kind::kNull,
                              "bias",
                              DataType::kInt32,
                              bias ? op_.inputs[2] : kNoTensor,
                              {},
                              {}});
  }

  static void AddScales(KernelCall& call, const ChannelScales& scales) {
    call.arguments.push_back({Argument::Kind::kConstant,
                              "multipliers",
                              DataType::kInt32,
                              kNoTensor,
                              CopyBytes(AsBytes(scales.multipliers)),
                              {}});
    call.arguments.push_back({Argument::Kind::kConstant,
                              "shifts",
                              DataType::kInt8,
                              kNoTensor,
                              CopyBytes(AsBytes(scales.shifts)),
                              {}});
  }

  void AddOutput(KernelCall& call) const {
    call.arguments.push_back(
        {Argument::Kind::kOutput, "output", DataType::kInt8, op_.outputs[0], {}, {}});
  }

  const Graph& graph_;
  const Op& op_;
  size_t op_index_;
};

}  // namespace

QuantizedMultiplier QuantizeMultiplier(double real) {
  KINGLET_ASSERT(std::isfinite(real) && real >= 0);
  if (real == 0) return {};
  int exponent = 0;
  auto fixed = static_cast<int64_t>(std::round(std::frexp(real, &exponent) * 0x1p31));
  if (fixed == int64_t{1} << 31) {
    fixed /= 2;
    ++exponent;
  }
  if (exponent < -31) return {};
  return {static_cast<int32_t>(fixed), exponent};
}

ActivationRange QuantizedActivationRange(Activation activation, float scale, int32_t zero_point) {
  // In float, as the reference divides; far beyond int8 the exact value no longer matters.
  const auto quantize = [&](float real) {
    return zero_point +
           static_cast<int32_t>(std::clamp(std::round(real / scale), -1000.0F, 1000.0F));
  };
  switch (activation) {
    case Activation::kRelu:
      return {std::max(-128, zero_point), 127};
    case Activation::kRelu6:
      return {std::max(-128, zero_point), std::min(127, quantize(6.0F))};
    case Activation::kReluN1To1:
      return {std::max(-128, quantize(-1.0F)), std::min(127, quantize(1.0F))};
    case Activation::kNone:
    case Activation::kTanh:
    case Activation::kSignBit:
      break;
  }
  return {};
}

Result<std::vector<KernelCall>> Lower(const Graph& graph) {
  std::vector<KernelCall> calls;
  calls.reserve(graph.ops.size());
  for (size_t i = 0; i < graph.ops.size(); ++i) {
    KINGLET_TRY(KernelCall call, std::visit(Lowering(graph, i), graph.ops[i].attributes));
    calls.push_back(std::move(call));
  }
  return calls;
}

}  // namespace kinglet::ir
