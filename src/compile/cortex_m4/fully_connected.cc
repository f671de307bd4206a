// Fully connected layers, four outputs at a time.
#include "device/kernels/cortex_m4/fully_connected.h"

#include "device/kernels/fully_connected.h"
#include "src/compile/call_arguments.h"
#include "src/compile/cortex_m4/pack.h"
#include "src/compile/selectors.h"
#include "src/ir/describe_kernel.h"

namespace kinglet::ir {

KINGLET_PARAMS(TiledFullyConnectedParams, batches, input_size, output_size, output_zero_point,
               multiplier, shift, activation_min, activation_max);

KINGLET_PARAMS(TiledFullyConnectedPerChannelParams, batches, input_size, output_size,
               output_zero_point, activation_min, activation_max);

inline constexpr std::string_view kTiledFullyConnectedSources[] = {
    "cortex_m4/fully_connected.cc", "cortex_m4/clamp.S", "cortex_m4/clamp_model.cc",
    "cortex_m4/tile.S", "cortex_m4/tile_model.cc"};
KINGLET_KERNEL_FROM(kTiledFullyConnected, TiledFullyConnected, "cortex_m4/fully_connected",
                    kTiledFullyConnectedSources);
KINGLET_KERNEL_FROM(kTiledFullyConnectedPerChannel, TiledFullyConnectedPerChannel,
                    "cortex_m4/fully_connected", kTiledFullyConnectedSources);

}  // namespace kinglet::ir

namespace kinglet::compile::cortex_m4 {
namespace {

using Channels = std::vector<Channel>;

// The channels of a layer whose scales are multipliers[o] and shifts[o]; nothing when one of them
// does not fit.
template <typename Params>
std::optional<Channels> PackChannels(const ir::Graph& graph, const ir::KernelCall& call,
                                     const Params& p, const std::vector<int32_t>& multipliers,
                                     const std::vector<int8_t>& shifts) {
  const auto weights = ElementsOf<int8_t>(graph, call.arguments[1]);
  const auto bias = ElementsOf<int32_t>(graph, call.arguments[2]);
  const auto size = static_cast<size_t>(p.input_size);
  Channels channels;
  for (size_t o = 0; o < static_cast<size_t>(p.output_size); ++o) {
    std::vector<int8_t> quads((size + 3) / 4 * 4, 0);
    std::ranges::copy(std::span(weights).subspan(o * size, size), quads.begin());
    auto channel = PackChannel(quads, bias.empty() ? 0 : bias[o], p.input_zero_point,
                               multipliers[o], shifts[o]);
    if (!channel.has_value()) return {};
    channels.push_back(*std::move(channel));
  }
  return channels;
}

// Four by four; the last group is filled up with channels of nothing.
std::vector<int32_t> PackGroups(Channels channels, bool per_channel) {
  const Channel nothing{std::vector<int32_t>(channels[0].words.size(), 0), 0, {}};
  channels.resize((channels.size() + 3) / 4 * 4, nothing);
  std::vector<int32_t> packed;
  for (size_t o = 0; o < channels.size(); o += 4) {
    for (size_t q = 0; q < channels[o].words.size(); ++q) {
      for (size_t k = o; k < o + 4; ++k) packed.push_back(channels[k].words[q]);
    }
    for (size_t k = o; k < o + 4; ++k) {
      packed.push_back(channels[k].twice_bias);
      if (!per_channel) continue;
      packed.push_back(channels[k].scale.multiplier);
      packed.push_back(channels[k].scale.shift);
    }
  }
  return packed;
}

template <typename Params>
ir::KernelCall DenseCall(const ir::KernelCall& call, const ir::Kernel& kernel, const Params& p,
                         const std::vector<int32_t>& packed) {
  ir::KernelCall tiled{call.op_index, &kernel, p, {}};
  tiled.arguments.push_back(call.arguments[0]);
  tiled.arguments.push_back(ConstantArgument("packed", packed));
  tiled.arguments.push_back(call.arguments.back());
  ir::Argument& input = tiled.arguments[0];
  ir::Argument& output = tiled.arguments[2];
  input.tail_bytes = p.input_size % 4 == 0 ? 0 : 3;
  output.tail_bytes = static_cast<uint32_t>((p.output_size + 3) / 4 * 4 - p.output_size);
  // A group of four is written at once, so the output must stay up to 3 bytes further behind.
  if (input.output_lead_bytes_max.has_value()) {
    *input.output_lead_bytes_max -= static_cast<int64_t>(output.tail_bytes);
  }
  return tiled;
}

}  // namespace

std::optional<ir::KernelCall> SelectFullyConnected(const ir::Graph& graph,
                                                   const ir::KernelCall& call) {
  if (call.params.Is<kernels::FullyConnectedParams>()) {
    const auto p = call.params.As<kernels::FullyConnectedParams>();
    const auto outputs = static_cast<size_t>(p.output_size);
    auto channels = PackChannels(graph, call, p, std::vector(outputs, p.multiplier),
                                 std::vector(outputs, static_cast<int8_t>(p.shift)));
    if (!channels.has_value()) return {};
    const Scale scale = (*channels)[0].scale;
    return DenseCall(call, ir::kTiledFullyConnected,
                     kernels::TiledFullyConnectedParams{
                         p.batches, p.input_size, p.output_size, p.output_zero_point,
                         scale.multiplier, scale.shift, p.activation_min, p.activation_max},
                     PackGroups(*std::move(channels), false));
  }
  if (!call.params.Is<kernels::FullyConnectedPerChannelParams>()) return {};
  const auto p = call.params.As<kernels::FullyConnectedPerChannelParams>();
  auto channels = PackChannels(graph, call, p, ElementsOf<int32_t>(graph, call.arguments[3]),
                               ElementsOf<int8_t>(graph, call.arguments[4]));
  if (!channels.has_value()) return {};
  return DenseCall(call, ir::kTiledFullyConnectedPerChannel,
                   kernels::TiledFullyConnectedPerChannelParams{p.batches, p.input_size,
                                                                p.output_size, p.output_zero_point,
                                                                p.activation_min, p.activation_max},
                   PackGroups(*std::move(channels), true));
}

}  // namespace kinglet::compile::cortex_m4
