// Convolutions with two pixels in a word.
#include "device/kernels/lanes/conv_2d.h"

#include "device/kernels/conv_2d.h"
#include "src/compile/call_arguments.h"
#include "src/compile/lanes/pack.h"
#include "src/compile/selectors.h"
#include "src/ir/describe_kernel.h"
#include "src/ir/output_lead.h"

namespace kinglet::ir {

KINGLET_PARAMS(LanesConv2dParams, input_h, input_w, input_c, output_h, output_w, output_c, filter_h,
               filter_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left,
               input_zero_point, output_zero_point, activation_min, activation_max, piece_bits);

inline constexpr std::string_view kLanesConv2dSources[] = {"lanes/conv_2d.cc", "lanes/tile.S",
                                                           "lanes/tile_model.cc"};
KINGLET_KERNEL_FROM(kLanesConv2d, LanesConv2d, "lanes/conv_2d", kLanesConv2dSources);

}  // namespace kinglet::ir

namespace kinglet::compile::lanes {
namespace {

constexpr size_t kPairsOfBlock = 8;

// False when it needs another kernel.
bool AppendFilter(std::span<const int8_t> weights, std::vector<int8_t>& stream) {
  std::vector<int8_t> taps(weights.begin(), weights.end());
  if (taps.size() % 2 != 0) taps.push_back(0);
  const auto blocks = CutIntoBlocks(taps, 2, 2 * kPairsOfBlock);
  if (blocks.empty() || blocks.size() > UINT8_MAX) return false;
  stream.push_back(static_cast<int8_t>(blocks.size()));
  for (const std::span<const int8_t> block : blocks) {
    stream.push_back(static_cast<int8_t>(kPairsOfBlock - block.size() / 2));
    stream.insert(stream.end(), block.begin(), block.end());
  }
  stream.push_back(kPairsOfBlock + 1);
  return true;
}

}  // namespace

std::optional<ir::KernelCall> SelectConv2d(const ir::Graph& graph, const ir::KernelCall& call) {
  if (!call.params.Is<kernels::Conv2dParams>()) return {};
  const auto portable = call.params.As<kernels::Conv2dParams>();
  if (portable.batches != 1 || portable.groups != 1) return {};
  kernels::LanesConv2dParams p{portable.input_h,
                               portable.input_w,
                               portable.input_c,
                               portable.output_h,
                               portable.output_w,
                               portable.output_c,
                               portable.filter_h,
                               portable.filter_w,
                               portable.stride_h,
                               portable.stride_w,
                               portable.dilation_h,
                               portable.dilation_w,
                               portable.pad_top,
                               portable.pad_left,
                               portable.input_zero_point,
                               portable.output_zero_point,
                               portable.activation_min,
                               portable.activation_max,
                               0};
  const auto weights = ElementsOf<int8_t>(graph, call.arguments[1]);
  const auto bias = ElementsOf<int32_t>(graph, call.arguments[2]);
  const auto multipliers = ElementsOf<int32_t>(graph, call.arguments[3]);
  const auto shifts = ElementsOf<int8_t>(graph, call.arguments[4]);

  const auto taps = static_cast<size_t>(kernels::LanesConv2dTaps(p));
  std::vector<int8_t> stream;
  ScalePacker scales;
  for (size_t c = 0; c < static_cast<size_t>(p.output_c); ++c) {
    const auto filter = std::span(weights).subspan(c * taps, taps);
    const Stage stage{multipliers[c], shifts[c], p.activation_max - p.output_zero_point,
                      p.activation_min - p.output_zero_point};
    if (!scales.Add(SumOf(filter, bias.empty() ? 0 : bias[c], p.input_zero_point), stage) ||
        !AppendFilter(filter, stream)) {
      return {};
    }
  }
  p.piece_bits = scales.piece_bits();

  ir::KernelCall lanes{call.op_index, &ir::kLanesConv2d, p, {}};
  ir::Argument input = call.arguments[0];
  const ir::OutputLead lead =
      ir::WindowLead(portable, p.dilation_h, p.dilation_w, p.input_c, p.output_c);
  input.output_lead_bytes_max = lead.Minus(0);
  lanes.arguments.push_back(std::move(input));
  lanes.arguments.push_back(ConstantArgument("weights", stream));
  lanes.arguments.push_back(ConstantArgument("channels", scales.words()));
  lanes.arguments.push_back(ScratchArgument(
      ir::DataType::kInt32, static_cast<uint32_t>(kernels::LanesConv2dScratchBytes(p)), 4));
  lanes.arguments.push_back(call.arguments[5]);
  return lanes;
}

}  // namespace kinglet::compile::lanes
