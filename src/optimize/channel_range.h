// Interval analysis: between which values every channel of every activation lies, for all inputs.
#pragma once

#include <cstdint>
#include <vector>

#include "src/ir/graph.h"
#include "src/ir/lower.h"

namespace kinglet::optimize {

struct Range {
  int32_t min = -128, max = 127;
  bool constant() const { return min == max; }
  bool operator==(const Range&) const = default;
};

// Per tensor the range of each index of its last dimension, over all other dimensions. Empty for
// tensors that are not int8, and for those beyond kChannelsMax channels in all.
using ChannelRanges = std::vector<std::vector<Range>>;
inline constexpr int64_t kChannelsMax = int64_t{1} << 22;

// `calls` are those of ir::Lower(graph). Exact for the kernels' arithmetic: every value that a
// kernel can compute lies in its range. Sums count the elements under a filter as independent of
// one another; where an accumulator might wrap, the range is that of the activation.
ChannelRanges FindRanges(const ir::Graph& graph, const std::vector<ir::KernelCall>& calls);

// Whether a window of `op`, a convolution or depthwise convolution, reaches outside its input;
// false for others.
bool ReachesPadding(const ir::Graph& graph, const ir::Op& op);

// A convolution, depthwise convolution or fully connected layer: the range of each output channel's
// accumulator before it is scaled, its bias included, without wrapping.
struct Accumulator {
  int64_t min = 0, max = 0;
};
// Empty for other kinds of calls, and when the range of the input is not known.
std::vector<Accumulator> FindAccumulators(const ir::Graph& graph, const ir::KernelCall& call,
                                          const ChannelRanges& ranges);

}  // namespace kinglet::optimize
