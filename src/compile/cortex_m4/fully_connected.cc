// Fully connected layers of one scale, four outputs at a time.
#include "device/kernels/cortex_m4/fully_connected.h"

#include "device/kernels/fully_connected.h"
#include "src/compile/constant.h"
#include "src/compile/cortex_m4/pack.h"
#include "src/compile/selectors.h"
#include "src/ir/describe_kernel.h"

namespace kinglet::ir {

KINGLET_PARAMS(TiledFullyConnectedParams, batches, input_size, output_size, output_zero_point,
               multiplier, shift, activation_min, activation_max);

inline constexpr std::string_view kTiledFullyConnectedSources[] = {
    "cortex_m4/fully_connected.cc", "cortex_m4/clamp.S", "cortex_m4/clamp_model.cc",
    "cortex_m4/tile.S", "cortex_m4/tile_model.cc"};
KINGLET_KERNEL_FROM(kTiledFullyConnected, TiledFullyConnected, "cortex_m4/fully_connected",
                    kTiledFullyConnectedSources);

}  // namespace kinglet::ir

namespace kinglet::compile::cortex_m4 {

std::optional<ir::KernelCall> SelectFullyConnected(const ir::Graph& graph,
                                                   const ir::KernelCall& call) {
  if (!call.params.Is<kernels::FullyConnectedParams>()) return {};
  const auto portable = call.params.As<kernels::FullyConnectedParams>();
  const auto weights = ElementsOf<int8_t>(graph, call.arguments[1]);
  const auto bias = ElementsOf<int32_t>(graph, call.arguments[2]);
  const auto size = static_cast<size_t>(portable.input_size);

  std::vector<Channel> channels;
  for (size_t o = 0; o < static_cast<size_t>(portable.output_size); ++o) {
    std::vector<int8_t> quads((size + 3) / 4 * 4, 0);
    std::ranges::copy(std::span(weights).subspan(o * size, size), quads.begin());
    auto channel = PackChannel(quads, bias.empty() ? 0 : bias[o], portable.input_zero_point,
                               portable.multiplier, portable.shift);
    if (!channel.has_value()) return {};
    channels.push_back(*std::move(channel));
  }
  const size_t outputs = channels.size();
  channels.resize((outputs + 3) / 4 * 4, {std::vector<int32_t>((size + 3) / 4, 0), 0, {}});
  std::vector<int32_t> packed;
  for (size_t o = 0; o < channels.size(); o += 4) {
    for (size_t q = 0; q < channels[o].words.size(); ++q) {
      for (size_t k = o; k < o + 4; ++k) packed.push_back(channels[k].words[q]);
    }
    for (size_t k = o; k < o + 4; ++k) packed.push_back(channels[k].twice_bias);
  }

  ir::KernelCall tiled{
      call.op_index,
      &ir::kTiledFullyConnected,
      kernels::TiledFullyConnectedParams{portable.batches, portable.input_size,
                                         portable.output_size, portable.output_zero_point,
                                         channels[0].scale.multiplier, channels[0].scale.shift,
                                         portable.activation_min, portable.activation_max},
      {}};
  tiled.arguments.push_back(call.arguments[0]);
  tiled.arguments.push_back(ConstantArgument("packed", packed));
  tiled.arguments.push_back(call.arguments[3]);
  ir::Argument& input = tiled.arguments[0];
  ir::Argument& output = tiled.arguments[2];
  input.tail_bytes = size % 4 == 0 ? 0 : 3;
  output.tail_bytes = static_cast<uint32_t>(channels.size() - outputs);
  // A group of four is written at once, so the output must stay up to 3 bytes further behind.
  if (input.output_lead_bytes_max.has_value()) {
    *input.output_lead_bytes_max -= static_cast<int64_t>(output.tail_bytes);
  }
  return tiled;
}

}  // namespace kinglet::compile::cortex_m4
