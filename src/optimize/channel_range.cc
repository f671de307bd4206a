#include "src/optimize/channel_range.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <variant>

#include "device/kernels/add.h"
#include "device/kernels/add_broadcast.h"
#include "device/kernels/average_pool_2d.h"
#include "device/kernels/conv_2d.h"
#include "device/kernels/depthwise_conv_2d.h"
#include "device/kernels/extremum.h"
#include "device/kernels/fully_connected.h"
#include "device/kernels/lookup.h"
#include "device/kernels/max_pool_2d.h"
#include "device/kernels/mul.h"
#include "device/kernels/reduce_sum.h"
#include "device/kernels/requantize.h"
#include "device/kernels/reshape.h"
#include "device/kernels/resize_bilinear.h"
#include "device/kernels/resize_nearest_neighbor.h"
#include "device/kernels/sub.h"

namespace kinglet::optimize {
namespace {

constexpr int64_t kInt32Min = std::numeric_limits<int32_t>::min();
constexpr int64_t kInt32Max = std::numeric_limits<int32_t>::max();

int64_t ChannelCount(const ir::Tensor& tensor) {
  return tensor.shape.empty() ? 1 : tensor.shape.back();
}

bool FitsInt32(int64_t low, int64_t high) { return low >= kInt32Min && high <= kInt32Max; }

// The constants and tensors of a call by the names of its kernel's parameters.
class Arguments {
 public:
  Arguments(const ir::Graph& graph, const ir::KernelCall& call) : graph_(graph), call_(call) {}

  ir::TensorIndex Tensor(std::string_view name) const { return Find(name).tensor; }

  // Little-endian elements of a constant; empty when it is left out.
  ByteView Data(std::string_view name) const {
    const ir::Argument& argument = Find(name);
    if (argument.kind == ir::Argument::Kind::kNull) return {};
    if (argument.kind == ir::Argument::Kind::kConstant) return argument.data;
    return graph_.tensor(argument.tensor).data;
  }

 private:
  const ir::Argument& Find(std::string_view name) const {
    const auto found = std::ranges::find(call_.arguments, name, &ir::Argument::name);
    KINGLET_ASSERT(found != call_.arguments.end());
    return *found;
  }

  const ir::Graph& graph_;
  const ir::KernelCall& call_;
};

// `x` goes through an output stage, which never falls when its argument rises.
Range ThroughStage(const Accumulator& x, int32_t multiplier, int32_t shift, int32_t zero_point,
                   const Range& activation) {
  const int32_t left = std::max(shift, 0);
  if (!FitsInt32(x.min, x.max) || !FitsInt32(x.min << left, x.max << left)) return activation;
  const auto scale = [&](int64_t sum) {
    return int64_t{kernels::MultiplyByQuantizedMultiplier(static_cast<int32_t>(sum), multiplier,
                                                          shift)} +
           zero_point;
  };
  const int64_t low = scale(x.min);
  const int64_t high = scale(x.max);
  if (!FitsInt32(low, high)) return activation;
  return {static_cast<int32_t>(std::clamp<int64_t>(low, activation.min, activation.max)),
          static_cast<int32_t>(std::clamp<int64_t>(high, activation.min, activation.max))};
}

// What one tap of a filter adds to the sum for an input in `range`; a tap that may fall into the
// padding may add nothing.
Accumulator Tap(int8_t weight, const Range& range, int32_t zero_point, bool may_miss) {
  const int64_t a = int64_t{weight} * (range.min - zero_point);
  const int64_t b = int64_t{weight} * (range.max - zero_point);
  Accumulator tap{std::min(a, b), std::max(a, b)};
  if (may_miss) tap = {std::min<int64_t>(tap.min, 0), std::max<int64_t>(tap.max, 0)};
  return tap;
}

void Add(Accumulator& sum, const Accumulator& part) {
  sum.min += part.min;
  sum.max += part.max;
}

// Hands the params of a call, as what they are, to `visitor`; anything else of them when the kernel
// is none of those whose arithmetic is known here.
template <typename Visitor>
auto VisitKernel(const ir::KernelCall& call, const Visitor& visitor) {
  const std::string_view function = call.kernel->function;
  const auto visit = [&]<typename Params>() { return visitor(call.params.As<Params>()); };
  if (function == "Conv2d") return visit.template operator()<kernels::Conv2dParams>();
  if (function == "DepthwiseConv2d") {
    return visit.template operator()<kernels::DepthwiseConv2dParams>();
  }
  if (function == "FullyConnected") {
    return visit.template operator()<kernels::FullyConnectedParams>();
  }
  if (function == "FullyConnectedPerChannel") {
    return visit.template operator()<kernels::FullyConnectedPerChannelParams>();
  }
  if (function == "Add") return visit.template operator()<kernels::AddParams>();
  if (function == "AveragePool2d") return visit.template operator()<kernels::AveragePool2dParams>();
  if (function == "MaxPool2d") return visit.template operator()<kernels::MaxPool2dParams>();
  if (function == "AddBroadcast" || function == "Sub") {
    return visit.template operator()<kernels::SumParams>();
  }
  if (function == "Mul") return visit.template operator()<kernels::MulParams>();
  if (function == "Minimum" || function == "Maximum") {
    return visit.template operator()<kernels::ExtremumParams>();
  }
  if (function == "Lookup") return visit.template operator()<kernels::LookupParams>();
  if (function == "Reshape") return visit.template operator()<kernels::ReshapeParams>();
  if (function == "ReduceSum") return visit.template operator()<kernels::ReduceSumParams>();
  if (function == "ResizeBilinear") {
    return visit.template operator()<kernels::ResizeBilinearParams>();
  }
  if (function == "ResizeNearestNeighbor") {
    return visit.template operator()<kernels::ResizeNearestNeighborParams>();
  }
  return visitor(std::monostate{});
}

class AccumulatorFinder {
 public:
  AccumulatorFinder(const ir::Graph& graph, const ir::KernelCall& call, const ChannelRanges& ranges)
      : args_(graph, call),
        ranges_(ranges),
        padded_(ReachesPadding(graph, graph.ops[call.op_index])) {}

  std::vector<Accumulator> operator()(const kernels::Conv2dParams& p) const {
    const int64_t taps = int64_t{p.filter_h} * p.filter_w;
    const int32_t filter_c = p.input_c / p.groups, group_c = p.output_c / p.groups;
    const auto& inputs = Inputs();
    const ByteView weights = args_.Data("weights");
    std::vector<Accumulator> sums = Biases(p.output_c);
    size_t at = 0;
    for (int32_t o = 0; o < p.output_c && !inputs.empty(); ++o) {
      const auto first = static_cast<size_t>(o / group_c) * static_cast<size_t>(filter_c);
      for (int64_t tap = 0; tap < taps; ++tap) {
        for (int32_t i = 0; i < filter_c; ++i, ++at) {
          Add(sums[static_cast<size_t>(o)],
              Tap(static_cast<int8_t>(weights[at]), inputs[first + static_cast<size_t>(i)],
                  p.input_zero_point, padded_));
        }
      }
    }
    return inputs.empty() ? std::vector<Accumulator>{} : sums;
  }

  std::vector<Accumulator> operator()(const kernels::DepthwiseConv2dParams& p) const {
    const int64_t taps = int64_t{p.filter_h} * p.filter_w;
    const int32_t channels = p.input_c * p.depth_multiplier;
    const auto& inputs = Inputs();
    const ByteView weights = args_.Data("weights");
    std::vector<Accumulator> sums = Biases(channels);
    size_t at = 0;
    for (int64_t tap = 0; tap < taps && !inputs.empty(); ++tap) {
      for (int32_t o = 0; o < channels; ++o, ++at) {
        Add(sums[static_cast<size_t>(o)],
            Tap(static_cast<int8_t>(weights[at]),
                inputs[static_cast<size_t>(o / p.depth_multiplier)], p.input_zero_point, padded_));
      }
    }
    return inputs.empty() ? std::vector<Accumulator>{} : sums;
  }

  std::vector<Accumulator> operator()(const kernels::FullyConnectedParams& p) const {
    return Dense(p);
  }
  std::vector<Accumulator> operator()(const kernels::FullyConnectedPerChannelParams& p) const {
    return Dense(p);
  }
  template <typename Params>
  std::vector<Accumulator> operator()(const Params&) const {
    return {};
  }

 private:
  const std::vector<Range>& Inputs() const {
    return ranges_[static_cast<size_t>(args_.Tensor("input"))];
  }

  std::vector<Accumulator> Biases(int32_t channels) const {
    std::vector<Accumulator> sums(static_cast<size_t>(channels));
    const ByteView bias = args_.Data("bias");
    for (size_t c = 0; c < sums.size() && !bias.empty(); ++c) {
      sums[c].min = sums[c].max = LoadLe<int32_t>(bias, c * sizeof(int32_t));
    }
    return sums;
  }

  template <typename Params>
  std::vector<Accumulator> Dense(const Params& p) const {
    const auto& inputs = Inputs();
    // A row of the layer's input is a whole number of the tensor's rows, or part of one.
    if (inputs.empty() || static_cast<size_t>(p.input_size) % inputs.size() != 0) return {};
    const ByteView weights = args_.Data("weights");
    std::vector<Accumulator> sums = Biases(p.output_size);
    size_t at = 0;
    for (Accumulator& sum : sums) {
      for (size_t i = 0; i < static_cast<size_t>(p.input_size); ++i, ++at) {
        Add(sum, Tap(static_cast<int8_t>(weights[at]), inputs[i % inputs.size()],
                     p.input_zero_point, false));
      }
    }
    return sums;
  }

  Arguments args_;
  const ChannelRanges& ranges_;
  const bool padded_;
};

// The ranges of a call's output.
class RangeFinder {
 public:
  RangeFinder(const ir::Graph& graph, const ir::KernelCall& call, const ChannelRanges& ranges)
      : graph_(graph), call_(call), ranges_(ranges), args_(graph, call) {}

  std::vector<Range> operator()(const kernels::Conv2dParams& p) const { return PerChannel(p); }
  std::vector<Range> operator()(const kernels::DepthwiseConv2dParams& p) const {
    return PerChannel(p);
  }
  std::vector<Range> operator()(const kernels::FullyConnectedPerChannelParams& p) const {
    return PerChannel(p);
  }
  std::vector<Range> operator()(const kernels::FullyConnectedParams& p) const {
    return Stages(
        p, [&](size_t) { return p.multiplier; }, [&](size_t) { return p.shift; });
  }

  std::vector<Range> operator()(const kernels::AddParams& p) const {
    kernels::AddParams one = p;
    one.count = 1;
    return OfPairs(
        [&](const int8_t* x, const int8_t* y, int8_t* result) { kernels::Add(one, x, y, result); });
  }
  std::vector<Range> operator()(const kernels::SumParams& p) const {
    const bool sum = call_.kernel->function == "AddBroadcast";
    const kernels::SumParams one = OnePair(p);
    return OfPairs([&](const int8_t* x, const int8_t* y, int8_t* result) {
      (sum ? kernels::AddBroadcast : kernels::Sub)(one, x, y, result);
    });
  }
  std::vector<Range> operator()(const kernels::MulParams& p) const {
    // Beyond this shift a product of 17 bits may wrap.
    if (p.shift > 14) return Unknown(p.activation_min, p.activation_max);
    const kernels::MulParams one = OnePair(p);
    return OfPairs(
        [&](const int8_t* x, const int8_t* y, int8_t* result) { kernels::Mul(one, x, y, result); });
  }
  std::vector<Range> operator()(const kernels::ExtremumParams& p) const {
    const bool minimum = call_.kernel->function == "Minimum";
    const kernels::ExtremumParams one = OnePair(p);
    return OfPairs([&](const int8_t* x, const int8_t* y, int8_t* result) {
      (minimum ? kernels::Minimum : kernels::Maximum)(one, x, y, result);
    });
  }

  std::vector<Range> operator()(const kernels::LookupParams&) const {
    const ByteView table = args_.Data("table");
    std::vector<Range> ranges;
    for (const Range& in : Input("input")) {
      Range& range = ranges.emplace_back(Range{127, -128});
      for (int32_t value = in.min; value <= in.max; ++value) {
        const auto index = static_cast<size_t>(int64_t{value} + 128);
        const int32_t result{static_cast<int8_t>(table[index])};
        range = {std::min(range.min, result), std::max(range.max, result)};
      }
    }
    return ranges.empty() ? Unknown(-128, 127) : ranges;
  }

  std::vector<Range> operator()(const kernels::AveragePool2dParams& p) const {
    return Within({p.activation_min, p.activation_max});
  }
  std::vector<Range> operator()(const kernels::MaxPool2dParams& p) const {
    return Within({p.activation_min, p.activation_max});
  }

  // What lies between pixels, or is one of them, lies between the least and the greatest.
  std::vector<Range> operator()(const kernels::ResizeBilinearParams&) const {
    return Within({-128, 127});
  }
  std::vector<Range> operator()(const kernels::ResizeNearestNeighborParams&) const {
    return Within({-128, 127});
  }

  std::vector<Range> operator()(const kernels::ReduceSumParams& p) const {
    const auto& in = Input("input");
    std::vector<Range> ranges = Unknown(-128, 127);
    if (in.empty()) return ranges;
    int64_t elements = 1;
    for (const int32_t size : p.summed_sizes) elements *= size;
    // Where the last dimension is summed up, too, an output depends on many channels.
    const bool apart = in.size() == ranges.size() && p.kept_steps[kernels::kReduceRank - 1] == 1;
    Range all = in[0];
    for (const Range& range : in) {
      all = {std::min(all.min, range.min), std::max(all.max, range.max)};
    }
    for (size_t c = 0; c < ranges.size(); ++c) {
      const Range& range = apart ? in[c] : all;
      ranges[c] =
          ThroughStage({elements * range.min - p.zero_points, elements * range.max - p.zero_points},
                       p.multiplier, p.shift, p.output_zero_point, ranges[c]);
    }
    return ranges;
  }

  std::vector<Range> operator()(const kernels::ReshapeParams&) const {
    const auto& in = Input("input");
    if (in.empty()) return Unknown(-128, 127);
    const auto count = static_cast<size_t>(ChannelCount(Output()));
    std::vector<Range> ranges(count, Range{127, -128});
    const auto join = [](Range& range, const Range& other) {
      range = {std::min(range.min, other.min), std::max(range.max, other.max)};
    };
    if (count % in.size() == 0) {
      for (size_t c = 0; c < count; ++c) ranges[c] = in[c % in.size()];
    } else if (in.size() % count == 0) {
      for (size_t c = 0; c < in.size(); ++c) join(ranges[c % count], in[c]);
    } else {
      Range all = in[0];
      for (const Range& range : in) join(all, range);
      ranges.assign(count, all);
    }
    return ranges;
  }

  template <typename Params>
  std::vector<Range> operator()(const Params&) const {
    return Unknown(-128, 127);
  }

 private:
  const ir::Tensor& Output() const { return graph_.tensor(graph_.ops[call_.op_index].outputs[0]); }
  const std::vector<Range>& Input(std::string_view name) const {
    return ranges_[static_cast<size_t>(args_.Tensor(name))];
  }
  std::vector<Range> Unknown(int32_t min, int32_t max) const {
    return std::vector<Range>(static_cast<size_t>(ChannelCount(Output())), Range{min, max});
  }

  template <typename Params>
  static Params OnePair(Params p) {
    std::fill_n(p.sizes, kernels::kBroadcastRank, 1);
    std::fill_n(p.steps1, kernels::kBroadcastRank, 0);
    std::fill_n(p.steps2, kernels::kBroadcastRank, 0);
    return p;
  }

  // Of `run`, which makes an element of a pair of elements. With either of them fixed it only rises
  // or only falls with the other, so that its extremes lie at the ends of both ranges.
  template <typename RunPair>
  std::vector<Range> OfPairs(const RunPair& run) const {
    const auto& a = Input("input1");
    const auto& b = Input("input2");
    std::vector<Range> ranges = Unknown(-128, 127);
    if (a.empty() || b.empty()) return ranges;
    for (size_t c = 0; c < ranges.size(); ++c) {
      const Range &x = a[a.size() == 1 ? 0 : c], &y = b[b.size() == 1 ? 0 : c];
      ranges[c] = {127, -128};
      for (const int32_t x_end : {x.min, x.max}) {
        for (const int32_t y_end : {y.min, y.max}) {
          const auto x8 = static_cast<int8_t>(x_end), y8 = static_cast<int8_t>(y_end);
          int8_t result = 0;
          run(&x8, &y8, &result);
          ranges[c] = {std::min<int32_t>(ranges[c].min, result),
                       std::max<int32_t>(ranges[c].max, result)};
        }
      }
    }
    return ranges;
  }

  template <typename Params, typename Multiplier, typename Shift>
  std::vector<Range> Stages(const Params& p, const Multiplier& multiplier,
                            const Shift& shift) const {
    const std::vector<Accumulator> sums = FindAccumulators(graph_, call_, ranges_);
    const Range activation{p.activation_min, p.activation_max};
    if (sums.empty()) return Unknown(activation.min, activation.max);
    std::vector<Range> ranges;
    for (size_t c = 0; c < sums.size(); ++c) {
      ranges.push_back(
          ThroughStage(sums[c], multiplier(c), shift(c), p.output_zero_point, activation));
    }
    return ranges;
  }

  template <typename Params>
  std::vector<Range> PerChannel(const Params& p) const {
    const ByteView multipliers = args_.Data("multipliers");
    const ByteView shifts = args_.Data("shifts");
    return Stages(
        p, [&](size_t c) { return LoadLe<int32_t>(multipliers, c * sizeof(int32_t)); },
        [&](size_t c) { return int32_t{static_cast<int8_t>(shifts[c])}; });
  }

  // Means and greatest elements lie within the range of their elements; then they are clamped.
  std::vector<Range> Within(const Range& limits) const {
    std::vector<Range> ranges = Input("input");
    for (Range& range : ranges) {
      range = {std::clamp(range.min, limits.min, limits.max),
               std::clamp(range.max, limits.min, limits.max)};
    }
    return ranges.empty() ? Unknown(limits.min, limits.max) : ranges;
  }

  const ir::Graph& graph_;
  const ir::KernelCall& call_;
  const ChannelRanges& ranges_;
  Arguments args_;
};

template <typename Attributes>
bool WindowsReachPadding(const ir::Graph& graph, const ir::Op& op, const Attributes& a) {
  const auto& input = graph.tensor(op.inputs[0]).shape;
  const auto& weights = graph.tensor(op.inputs[1]).shape;
  const auto& output = graph.tensor(op.outputs[0]).shape;
  const auto beyond = [&](size_t axis, int64_t stride, int64_t dilation) {
    return (output[axis] - 1) * stride + (weights[axis] - 1) * dilation + 1 > input[axis];
  };
  return a.padding.top > 0 || a.padding.left > 0 || beyond(1, a.stride_h, a.dilation_h) ||
         beyond(2, a.stride_w, a.dilation_w);
}

// Of a padded int8 tensor, which several calls write: each channel's own values and the padding's.
std::vector<Range> RangesOfPadded(const ir::Graph& graph, const ir::Op& op, const ir::Pad& pad,
                                  const ChannelRanges& ranges) {
  const ir::Tensor& output = graph.tensor(op.outputs[0]);
  std::vector<Range> result = ranges[static_cast<size_t>(op.inputs[0])];
  const bool pads_channels = !pad.after.empty() && pad.before.back() + pad.after.back() > 0;
  if (result.empty() || pads_channels) {
    return std::vector<Range>(static_cast<size_t>(ChannelCount(output)));
  }
  const bool has_value = op.inputs.size() > 1 && op.inputs[1] != ir::kNoTensor;
  const int32_t value = has_value ? static_cast<int8_t>(graph.tensor(op.inputs[1]).data[0])
                                  : output.quantization.zero_points[0];
  for (Range& range : result) range = {std::min(range.min, value), std::max(range.max, value)};
  return result;
}

std::vector<Range> RangesOfConstant(const ir::Tensor& tensor, size_t channels) {
  std::vector<Range> ranges(channels, Range{127, -128});
  for (size_t i = 0; i < tensor.data.size(); ++i) {
    const int32_t value{static_cast<int8_t>(tensor.data[i])};
    Range& range = ranges[i % channels];
    range = {std::min(range.min, value), std::max(range.max, value)};
  }
  return ranges;
}

}  // namespace

bool ReachesPadding(const ir::Graph& graph, const ir::Op& op) {
  if (const auto* conv = std::get_if<ir::Conv2d>(&op.attributes)) {
    return WindowsReachPadding(graph, op, *conv);
  }
  const auto* depthwise = std::get_if<ir::DepthwiseConv2d>(&op.attributes);
  return depthwise != nullptr && WindowsReachPadding(graph, op, *depthwise);
}

ChannelRanges FindRanges(const ir::Graph& graph, const std::vector<ir::KernelCall>& calls) {
  ChannelRanges ranges(graph.tensors.size());
  int64_t channels_left = kChannelsMax;
  for (size_t i = 0; i < ranges.size(); ++i) {
    const ir::Tensor& tensor = graph.tensors[i];
    const int64_t channels = ChannelCount(tensor);
    if (tensor.type != ir::DataType::kInt8 || channels > channels_left) continue;
    channels_left -= channels;
    ranges[i] = tensor.constant ? RangesOfConstant(tensor, static_cast<size_t>(channels))
                                : std::vector<Range>(static_cast<size_t>(channels));
  }
  std::vector<size_t> calls_of_op(graph.ops.size(), 0);
  for (const ir::KernelCall& call : calls) ++calls_of_op[call.op_index];
  for (const ir::KernelCall& call : calls) {
    const ir::Op& op = graph.ops[call.op_index];
    if (op.outputs.size() != 1) continue;
    // Whoever reads a variable may read what another operator or inference has left there.
    if (graph.tensor(op.outputs[0]).variable) continue;
    std::vector<Range>& output = ranges[static_cast<size_t>(op.outputs[0])];
    if (output.empty()) continue;
    if (const auto* pad = std::get_if<ir::Pad>(&op.attributes)) {
      output = RangesOfPadded(graph, op, *pad, ranges);
    } else if (calls_of_op[call.op_index] == 1) {
      output = VisitKernel(call, RangeFinder(graph, call, ranges));
    }
  }
  return ranges;
}

std::vector<Accumulator> FindAccumulators(const ir::Graph& graph, const ir::KernelCall& call,
                                          const ChannelRanges& ranges) {
  return VisitKernel(call, AccumulatorFinder(graph, call, ranges));
}

}  // namespace kinglet::optimize
