// Convolutions in pairs of pixels and groups of four channels.
#include "device/kernels/helium/conv_2d.h"

#include "device/kernels/conv_2d.h"
#include "device/kernels/fully_connected.h"
#include "src/compile/call_arguments.h"
#include "src/compile/helium/pack.h"
#include "src/compile/selectors.h"
#include "src/ir/describe_kernel.h"
#include "src/ir/output_lead.h"

namespace kinglet::ir {

KINGLET_PARAMS(VectorConv2dParams, input_h, input_w, input_c, output_h, output_w, output_c,
               filter_h, filter_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left,
               input_zero_point, output_zero_point, activation_min, activation_max);

inline constexpr std::string_view kVectorConv2dSources[] = {"helium/conv_2d.cc", "helium/dot.S",
                                                            "helium/dot_model.cc"};
KINGLET_KERNEL_FROM(kVectorConv2d, VectorConv2d, "helium/conv_2d", kVectorConv2dSources);
KINGLET_KERNEL_FROM(kVectorConv2dRectified, VectorConv2dRectified, "helium/conv_2d",
                    kVectorConv2dSources);

}  // namespace kinglet::ir

namespace kinglet::compile::helium {
namespace {

constexpr size_t kGroup = 4;

// The call as a convolution; a fully connected layer whose outputs have their own scales is one of
// a row of pixels, its batches.
std::optional<kernels::Conv2dParams> AsConvolution(const ir::KernelCall& call) {
  if (call.params.Is<kernels::FullyConnectedPerChannelParams>()) {
    const auto p = call.params.As<kernels::FullyConnectedPerChannelParams>();
    return kernels::Conv2dParams{.batches = 1,
                                 .input_h = 1,
                                 .input_w = p.batches,
                                 .input_c = p.input_size,
                                 .output_h = 1,
                                 .output_w = p.batches,
                                 .output_c = p.output_size,
                                 .filter_h = 1,
                                 .filter_w = 1,
                                 .groups = 1,
                                 .stride_h = 1,
                                 .stride_w = 1,
                                 .dilation_h = 1,
                                 .dilation_w = 1,
                                 .pad_top = 0,
                                 .pad_left = 0,
                                 .input_zero_point = p.input_zero_point,
                                 .output_zero_point = p.output_zero_point,
                                 .activation_min = p.activation_min,
                                 .activation_max = p.activation_max};
  }
  if (!call.params.Is<kernels::Conv2dParams>()) return {};
  const auto p = call.params.As<kernels::Conv2dParams>();
  if (p.batches != 1 || p.groups != 1) return {};
  return p;
}

ir::Argument InputArgument(const ir::Argument& portable_input,
                           const kernels::Conv2dParams& portable,
                           const kernels::VectorConv2dParams& p, uint32_t output_tail_bytes) {
  ir::Argument input = portable_input;
  const ir::OutputLead lead =
      ir::WindowLead(portable, p.dilation_h, p.dilation_w, p.input_c, p.output_c);
  int64_t behind = output_tail_bytes;
  if (kernels::VectorConv2dReadsInPlace(p)) {
    behind += 2 * p.output_c;
    input.tail_bytes = static_cast<uint32_t>(16 * kernels::VectorConv2dBlocks(p) - p.input_c);
  }
  input.output_lead_bytes_max = lead.Minus(behind);
  return input;
}

}  // namespace

std::optional<ir::KernelCall> SelectConv2d(const ir::Graph& graph, const ir::KernelCall& call) {
  const auto convolution = AsConvolution(call);
  if (!convolution.has_value()) return {};
  const kernels::Conv2dParams& portable = *convolution;
  const kernels::VectorConv2dParams p{
      portable.input_h,           portable.input_w,        portable.input_c,
      portable.output_h,          portable.output_w,       portable.output_c,
      portable.filter_h,          portable.filter_w,       portable.stride_h,
      portable.stride_w,          portable.dilation_h,     portable.dilation_w,
      portable.pad_top,           portable.pad_left,       portable.input_zero_point,
      portable.output_zero_point, portable.activation_min, portable.activation_max};
  const auto weights = ElementsOf<int8_t>(graph, call.arguments[1]);
  const auto bias = ElementsOf<int32_t>(graph, call.arguments[2]);
  auto multipliers = ElementsOf<int32_t>(graph, call.arguments[3]);
  auto shifts = ElementsOf<int8_t>(graph, call.arguments[4]);
  if (std::ranges::any_of(shifts, [](int8_t shift) { return shift >= 0; })) return {};

  const size_t channels = multipliers.size();
  const size_t filled = (channels + kGroup - 1) / kGroup * kGroup;
  multipliers.resize(filled, 0);
  shifts.resize(filled, 0);
  const Filters filters{weights, bias, weights.size() / channels, p.input_zero_point};
  std::vector<int32_t> packed;
  for (size_t end = filled; end > 0; end -= kGroup) {
    const size_t first = end - kGroup;
    AppendGroup(filters, first, kGroup, packed);
    for (size_t c = first; c < end; ++c) packed.push_back(multipliers[c]);
    for (size_t c = first; c < end; ++c) packed.push_back(shifts[c]);
  }

  const bool rectified = p.activation_min >= p.output_zero_point;
  ir::KernelCall vectors{
      call.op_index, rectified ? &ir::kVectorConv2dRectified : &ir::kVectorConv2d, p, {}};
  const auto output_tail_bytes = static_cast<uint32_t>(filled - channels);
  vectors.arguments.push_back(InputArgument(call.arguments[0], portable, p, output_tail_bytes));
  vectors.arguments.push_back(ConstantArgument("packed", packed));
  vectors.arguments.push_back(ScratchArgument(
      ir::DataType::kInt8, static_cast<uint32_t>(kernels::VectorConv2dScratchBytes(p)), 1));
  vectors.arguments.push_back(call.arguments[5]);
  vectors.arguments.back().tail_bytes = output_tail_bytes;
  return vectors;
}

}  // namespace kinglet::compile::helium
