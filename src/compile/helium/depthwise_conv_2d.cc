// Depthwise convolutions with filters of up to four by four taps.
#include "device/kernels/helium/depthwise_conv_2d.h"

#include <limits>

#include "device/kernels/depthwise_conv_2d.h"
#include "src/compile/call_arguments.h"
#include "src/compile/helium/pack.h"
#include "src/compile/selectors.h"
#include "src/ir/describe_kernel.h"

namespace kinglet::ir {

KINGLET_PARAMS(VectorDepthwiseConv2dParams, input_h, input_w, channels, output_h, output_w,
               filter_h, filter_w, stride_h, stride_w, dilation_h, pad_top, pad_left,
               input_zero_point, output_zero_point, activation_min, activation_max);

inline constexpr std::string_view kVectorDepthwiseConv2dSources[] = {
    "helium/depthwise_conv_2d.cc", "helium/dot.S", "helium/dot_model.cc", "helium/taps.S",
    "helium/taps_model.cc"};
KINGLET_KERNEL_FROM(kVectorDepthwiseOneRow, VectorDepthwiseOneRow, "helium/depthwise_conv_2d",
                    kVectorDepthwiseConv2dSources);
KINGLET_KERNEL_FROM(kVectorDepthwiseTwoRows, VectorDepthwiseTwoRows, "helium/depthwise_conv_2d",
                    kVectorDepthwiseConv2dSources);
KINGLET_KERNEL_FROM(kVectorDepthwiseOneRowRectified, VectorDepthwiseOneRowRectified,
                    "helium/depthwise_conv_2d", kVectorDepthwiseConv2dSources);
KINGLET_KERNEL_FROM(kVectorDepthwiseTwoRowsRectified, VectorDepthwiseTwoRowsRectified,
                    "helium/depthwise_conv_2d", kVectorDepthwiseConv2dSources);

}  // namespace kinglet::ir

namespace kinglet::compile::helium {
namespace {

using Params = kernels::VectorDepthwiseConv2dParams;

constexpr size_t kQuad = 4;
constexpr int32_t kFilterMax = 4, kRowsMax = 4;

const ir::Kernel* KernelFor(const Params& p) {
  const bool rectified = p.activation_min >= p.output_zero_point;
  if (kernels::VectorDepthwiseRows(p) == 1) {
    return rectified ? &ir::kVectorDepthwiseOneRowRectified : &ir::kVectorDepthwiseOneRow;
  }
  return rectified ? &ir::kVectorDepthwiseTwoRowsRectified : &ir::kVectorDepthwiseTwoRows;
}

// How a band's writes may meet what it and the bands after it read.
void SetOutputLead(const Params& p, int64_t output_tail_bytes, ir::Argument& input) {
  const int64_t input_row = int64_t{p.input_w} * p.channels;
  const int64_t output_row = int64_t{p.output_w} * p.channels;
  const int32_t rows = kernels::VectorDepthwiseRows(p);
  int64_t most = std::numeric_limits<int64_t>::max();
  int64_t least = std::numeric_limits<int64_t>::min();
  for (int32_t y = 0; y < p.output_h; y += rows) {
    const int32_t top = y * p.stride_h - p.pad_top;
    const int32_t end =
        std::min(p.input_h, top + (rows - 1) * p.stride_h + (p.filter_h - 1) * p.dilation_h + 1);
    const int32_t first = std::clamp(top, 0, p.input_h);
    const int32_t written_end = std::min(y + rows, p.output_h);
    most = std::min(most, first * input_row - written_end * output_row);
    least = std::max(least, std::max(end, 0) * input_row - y * output_row);
  }
  input.output_lead_bytes_max = most - output_tail_bytes;
  input.output_lead_bytes_min.reset();
  if (p.channels % 4 == 0) input.output_lead_bytes_min = std::max<int64_t>(least, 1);
}

}  // namespace

std::optional<ir::KernelCall> SelectDepthwiseConv2d(const ir::Graph& graph,
                                                    const ir::KernelCall& call) {
  if (!call.params.Is<kernels::DepthwiseConv2dParams>()) return {};
  const auto portable = call.params.As<kernels::DepthwiseConv2dParams>();
  if (portable.batches != 1 || portable.depth_multiplier != 1 || portable.dilation_w != 1 ||
      portable.filter_h > kFilterMax || portable.filter_w > kFilterMax ||
      portable.pad_left >= kFilterMax) {
    return {};
  }
  const Params p{portable.input_h,          portable.input_w,           portable.input_c,
                 portable.output_h,         portable.output_w,          portable.filter_h,
                 portable.filter_w,         portable.stride_h,          portable.stride_w,
                 portable.dilation_h,       portable.pad_top,           portable.pad_left,
                 portable.input_zero_point, portable.output_zero_point, portable.activation_min,
                 portable.activation_max};
  const auto weights = ElementsOf<int8_t>(graph, call.arguments[1]);
  const auto bias = ElementsOf<int32_t>(graph, call.arguments[2]);
  auto multipliers = ElementsOf<int32_t>(graph, call.arguments[3]);
  auto shifts = ElementsOf<int8_t>(graph, call.arguments[4]);
  if (std::ranges::any_of(shifts, [](int8_t shift) { return shift >= 0; })) return {};

  // Each channel's taps column by column, four of a column.
  const size_t channels = multipliers.size();
  const size_t filled = (channels + kQuad - 1) / kQuad * kQuad;
  const auto filter_h = static_cast<size_t>(p.filter_h), filter_w = static_cast<size_t>(p.filter_w);
  std::vector<int8_t> taps(filled * kLanes, 0);
  for (size_t c = 0; c < channels; ++c) {
    for (size_t y = 0; y < filter_h; ++y) {
      for (size_t x = 0; x < filter_w; ++x) {
        taps[c * kLanes + x * kRowsMax + y] = weights[(y * filter_w + x) * channels + c];
      }
    }
  }
  multipliers.resize(filled, 0);
  shifts.resize(filled, 0);
  std::vector<int32_t> padded_bias(bias);
  padded_bias.resize(filled, 0);
  const Filters filters{taps, padded_bias, kLanes, p.input_zero_point};
  std::vector<int32_t> packed;
  for (size_t end = filled; end > 0; end -= kQuad) {
    const size_t first = end - kQuad;
    for (size_t c = first; c < end; ++c) packed.push_back(FoldedBias(filters, c));
    for (size_t c = first; c < end; ++c) packed.push_back(multipliers[c]);
    for (size_t c = first; c < end; ++c) packed.push_back(shifts[c]);
    packed.push_back(0);
    for (size_t c = first; c < end; ++c) AppendFilter(filters, c, packed);
  }

  ir::KernelCall vectors{call.op_index, KernelFor(p), p, {}};
  const auto tail_bytes = static_cast<uint32_t>(filled - channels);
  ir::Argument input = call.arguments[0];
  input.tail_bytes = tail_bytes;
  SetOutputLead(p, tail_bytes, input);
  vectors.arguments.push_back(std::move(input));
  vectors.arguments.push_back(ConstantArgument("packed", packed));
  vectors.arguments.push_back(ScratchArgument(
      ir::DataType::kInt32, static_cast<uint32_t>(kernels::VectorDepthwiseScratchBytes(p)), 4));
  vectors.arguments.push_back(call.arguments[5]);
  vectors.arguments.back().tail_bytes = tail_bytes;
  return vectors;
}

}  // namespace kinglet::compile::helium
