// Depthwise convolutions with two output rows in a word.
#include "device/kernels/lanes/depthwise_conv_2d.h"

#include "device/kernels/depthwise_conv_2d.h"
#include "device/kernels/lanes/tile.h"
#include "src/compile/call_arguments.h"
#include "src/compile/lanes/pack.h"
#include "src/compile/selectors.h"
#include "src/ir/describe_kernel.h"

namespace kinglet::ir {

KINGLET_PARAMS(LanesDepthwiseParams, input_h, input_w, input_c, output_h, output_w,
               depth_multiplier, filter_h, filter_w, stride_h, stride_w, dilation_h, dilation_w,
               pad_top, pad_left, input_zero_point, output_zero_point, activation_min,
               activation_max, piece_bits, band_rows, blocks_max);

inline constexpr std::string_view kLanesDepthwiseSources[] = {
    "lanes/depthwise_conv_2d.cc", "lanes/tile.S", "lanes/tile_model.cc"};
KINGLET_KERNEL_FROM(kLanesDepthwise, LanesDepthwise, "lanes/depthwise_conv_2d",
                    kLanesDepthwiseSources);

}  // namespace kinglet::ir

namespace kinglet::compile::lanes {
namespace {

// Higher bands have fewer rows to keep and calls to make, and need more memory.
constexpr int32_t kStripBytesMax = 1024;

// A band steps over no less than the padding: when the output overwrites the input, what the upper
// halves of the next band see is then still there.
void ChooseBandRows(kernels::LanesDepthwiseParams& p) {
  p.band_rows = (p.output_h + 1) / 2;
  while (p.band_rows > 1 && (p.band_rows - 1) * p.stride_h >= p.pad_top &&
         4 * kernels::LanesDepthwiseStripWords(p) > kStripBytesMax) {
    --p.band_rows;
  }
}

}  // namespace

std::optional<ir::KernelCall> SelectDepthwiseConv2d(const ir::Graph& graph,
                                                    const ir::KernelCall& call) {
  if (!call.params.Is<kernels::DepthwiseConv2dParams>()) return {};
  const auto portable = call.params.As<kernels::DepthwiseConv2dParams>();
  if (portable.batches != 1) return {};
  kernels::LanesDepthwiseParams p{portable.input_h,
                                  portable.input_w,
                                  portable.input_c,
                                  portable.output_h,
                                  portable.output_w,
                                  portable.depth_multiplier,
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
                                  0,
                                  0,
                                  0};
  ChooseBandRows(p);
  const auto weights = ElementsOf<int8_t>(graph, call.arguments[1]);
  const auto bias = ElementsOf<int32_t>(graph, call.arguments[2]);
  const auto multipliers = ElementsOf<int32_t>(graph, call.arguments[3]);
  const auto shifts = ElementsOf<int8_t>(graph, call.arguments[4]);

  const auto channels = static_cast<size_t>(p.input_c) * static_cast<size_t>(p.depth_multiplier);
  std::vector<int8_t> stream;
  ScalePacker scales;
  for (size_t c = 0; c < channels; ++c) {
    std::vector<int8_t> taps;
    for (size_t i = c; i < weights.size(); i += channels) taps.push_back(weights[i]);
    const Stage stage{multipliers[c], shifts[c], p.activation_max - p.output_zero_point,
                      p.activation_min - p.output_zero_point};
    if (!scales.Add(SumOf(taps, bias.empty() ? 0 : bias[c], p.input_zero_point), stage)) return {};
    const auto blocks = CutIntoBlocks(taps, 1, kernels::kLanesTapsOfBlock);
    p.blocks_max = std::max(p.blocks_max, static_cast<int32_t>(blocks.size()));
    for (const std::span<const int8_t> block : blocks) {
      stream.push_back(static_cast<int8_t>(block.size()));
      stream.insert(stream.end(), block.begin(), block.end());
    }
    stream.push_back(0);
  }
  p.piece_bits = scales.piece_bits();

  ir::KernelCall lanes{call.op_index, &ir::kLanesDepthwise, p, {}};
  ir::Argument input = call.arguments[0];
  input.output_lead_bytes_max.reset();
  input.output_lead_bytes_min.reset();
  if (p.depth_multiplier == 1 && p.output_w <= p.input_w &&
      p.pad_top < kernels::LanesDepthwiseWindowRows(p)) {
    input.output_lead_bytes_max = 0;
  }
  lanes.arguments.push_back(std::move(input));
  lanes.arguments.push_back(ConstantArgument("weights", stream));
  lanes.arguments.push_back(ConstantArgument("channels", scales.words()));
  lanes.arguments.push_back(ScratchArgument(
      ir::DataType::kInt32, static_cast<uint32_t>(kernels::LanesDepthwiseScratchBytes(p)), 4));
  lanes.arguments.push_back(call.arguments[5]);
  return lanes;
}

}  // namespace kinglet::compile::lanes
