// Convolutions in tiles of four pixels and two channels.
#include "device/kernels/cortex_m4/conv_2d.h"

#include "device/kernels/conv_2d.h"
#include "src/compile/call_arguments.h"
#include "src/compile/cortex_m4/pack.h"
#include "src/compile/selectors.h"
#include "src/ir/describe_kernel.h"
#include "src/ir/output_lead.h"

namespace kinglet::ir {

KINGLET_PARAMS(TiledConv2dParams, input_h, input_w, input_c, output_h, output_w, output_c, filter_h,
               filter_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left,
               input_zero_point, output_zero_point, activation_min, activation_max);

inline constexpr std::string_view kTiledConv2dSources[] = {
    "cortex_m4/conv_2d.cc", "cortex_m4/clamp.S", "cortex_m4/clamp_model.cc", "cortex_m4/tile.S",
    "cortex_m4/tile_model.cc"};
KINGLET_KERNEL_FROM(kTiledConv2d, TiledConv2d, "cortex_m4/conv_2d", kTiledConv2dSources);

}  // namespace kinglet::ir

namespace kinglet::compile::cortex_m4 {
namespace {

// The weights of output channel `channel` run by run, each padded to a multiple of four.
std::vector<int8_t> Quads(const kernels::TiledConv2dParams& p, const std::vector<int8_t>& weights,
                          int32_t channel) {
  const auto length = static_cast<size_t>(kernels::TiledConv2dRunLength(p));
  const auto runs = static_cast<size_t>(kernels::TiledConv2dRuns(p));
  const size_t padded = (length + 3) / 4 * 4;
  std::vector<int8_t> quads(runs * padded, 0);
  const auto filter =
      std::span(weights).subspan(static_cast<size_t>(channel) * runs * length, runs * length);
  for (size_t r = 0; r < runs; ++r) {
    std::ranges::copy(filter.subspan(r * length, length),
                      quads.begin() + static_cast<ptrdiff_t>(r * padded));
  }
  return quads;
}

void AppendPair(const Channel& first, const Channel& second, std::vector<int32_t>& packed) {
  for (size_t q = 0; q < first.words.size(); ++q) {
    packed.push_back(first.words[q]);
    packed.push_back(second.words[q]);
  }
  for (const Channel* c : {&first, &second}) {
    packed.insert(packed.end(), {c->twice_bias, c->scale.multiplier, c->scale.shift});
  }
}

}  // namespace

std::optional<ir::KernelCall> SelectConv2d(const ir::Graph& graph, const ir::KernelCall& call) {
  if (!call.params.Is<kernels::Conv2dParams>()) return {};
  const auto portable = call.params.As<kernels::Conv2dParams>();
  if (portable.batches != 1 || portable.groups != 1) return {};
  const kernels::TiledConv2dParams p{
      portable.input_h,           portable.input_w,        portable.input_c,
      portable.output_h,          portable.output_w,       portable.output_c,
      portable.filter_h,          portable.filter_w,       portable.stride_h,
      portable.stride_w,          portable.dilation_h,     portable.dilation_w,
      portable.pad_top,           portable.pad_left,       portable.input_zero_point,
      portable.output_zero_point, portable.activation_min, portable.activation_max};
  const auto weights = ElementsOf<int8_t>(graph, call.arguments[1]);
  const auto bias = ElementsOf<int32_t>(graph, call.arguments[2]);
  const auto multipliers = ElementsOf<int32_t>(graph, call.arguments[3]);
  const auto shifts = ElementsOf<int8_t>(graph, call.arguments[4]);

  std::vector<Channel> channels;
  for (int32_t c = 0; c < p.output_c; ++c) {
    const auto i = static_cast<size_t>(c);
    auto channel = PackChannel(Quads(p, weights, c), bias.empty() ? 0 : bias[i], p.input_zero_point,
                               multipliers[i], shifts[i]);
    if (!channel.has_value()) return {};
    channels.push_back(*std::move(channel));
  }
  if (channels.size() % 2 != 0) {
    channels.push_back({std::vector<int32_t>(channels[0].words.size(), 0), 0, {}});
  }
  std::vector<int32_t> packed;
  for (size_t c = 0; c < channels.size(); c += 2) {
    AppendPair(channels[c], channels[c + 1], packed);
  }

  ir::KernelCall tiled{call.op_index, &ir::kTiledConv2d, p, {}};
  ir::Argument input = call.arguments[0];
  const ir::OutputLead lead =
      ir::WindowLead(portable, p.dilation_h, p.dilation_w, p.input_c, p.output_c);
  input.output_lead_bytes_max = lead.Minus(0);
  input.tail_bytes = kernels::TiledConv2dRunLength(p) % 4 == 0 ? 0 : 3;
  tiled.arguments.push_back(std::move(input));
  tiled.arguments.push_back(ConstantArgument("packed", packed));
  tiled.arguments.push_back(ScratchArgument(
      ir::DataType::kInt32, static_cast<uint32_t>(kernels::TiledConv2dScratchBytes(p)), 4));
  tiled.arguments.push_back(call.arguments[5]);
  return tiled;
}

}  // namespace kinglet::compile::cortex_m4
