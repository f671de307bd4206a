// Which channels of a graph's activations its outputs depend on, and which operators tie channels
// together: what remove_dead_channels decides by.
#pragma once

#include <cstddef>
#include <vector>

#include "src/ir/graph.h"
#include "src/optimize/channel_range.h"

namespace kinglet::optimize {

// True for a convolution or fully connected layer whose filters see all channels of the input
// alike: each of its input channels can be taken away from its weights.
bool MixesChannels(const ir::Graph& graph, const ir::Op& op);

// The weights of a layer that MixesChannels: [outputs, taps, inputs].
struct FilterLayout {
  size_t outputs = 0, inputs = 0, taps = 0;
  size_t per_output() const { return taps * inputs; }
};
FilterLayout LayoutOf(const ir::Graph& graph, const ir::Op& op);

// Per tensor a flag for each channel: whether it must stay. Empty for tensors whose channels are
// all to stay (constants, and those that FindRanges does not follow).
using ChannelFlags = std::vector<std::vector<bool>>;
ChannelFlags FindNeeded(const ir::Graph& graph, const ChannelRanges& ranges);

}  // namespace kinglet::optimize
