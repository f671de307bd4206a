#include "src/optimize/channel_use.h"

#include <algorithm>
#include <numeric>
#include <variant>

namespace kinglet::optimize {
namespace {

size_t ChannelCount(const ir::Tensor& tensor) {
  return tensor.shape.empty() ? 1 : static_cast<size_t>(tensor.shape.back());
}

// Two sweeps are enough for a network whose operators stand in order of depth; a graph made to need
// more keeps its channels.
constexpr int32_t kSweepsMax = 64;

// Channels of all followed activations as one numbering; a class of channels that stay or go
// together is a tree of a union-find.
class Classes {
 public:
  Classes(const ir::Graph& graph, const ChannelRanges& ranges) : first_(graph.tensors.size()) {
    size_t count = 0;
    followed_.resize(graph.tensors.size());
    for (size_t i = 0; i < followed_.size(); ++i) {
      first_[i] = count;
      // What a variable held before may be needed where its channels now are not.
      followed_[i] = !ranges[i].empty() && !graph.tensors[i].constant && !graph.tensors[i].variable;
      if (followed_[i]) count += ranges[i].size();
    }
    parent_.resize(count);
    std::iota(parent_.begin(), parent_.end(), size_t{0});
    needed_.resize(count, false);
  }

  bool Follows(ir::TensorIndex tensor) const {
    return tensor != ir::kNoTensor && followed_[static_cast<size_t>(tensor)];
  }
  void Tie(ir::TensorIndex a, size_t channel_a, ir::TensorIndex b, size_t channel_b) {
    const size_t root_a = Root(a, channel_a), root_b = Root(b, channel_b);
    parent_[root_a] = root_b;
    needed_[root_b] = needed_[root_b] || needed_[root_a];
  }
  bool Needed(ir::TensorIndex tensor, size_t channel) { return needed_[Root(tensor, channel)]; }
  // True if it was not needed before.
  bool Need(ir::TensorIndex tensor, size_t channel) {
    const size_t root = Root(tensor, channel);
    const bool news = !needed_[root];
    needed_[root] = true;
    return news;
  }

 private:
  size_t Root(ir::TensorIndex tensor, size_t channel) {
    size_t at = first_[static_cast<size_t>(tensor)] + channel;
    while (parent_[at] != at) at = parent_[at] = parent_[parent_[at]];
    return at;
  }

  std::vector<size_t> first_;
  std::vector<bool> followed_;
  std::vector<size_t> parent_;
  std::vector<bool> needed_;
};

// Of one input, or of several that stretch to the output.
bool WorksElementByElement(const ir::Op& op) {
  const auto is = [&]<typename... Kinds>() {
    return (std::holds_alternative<Kinds>(op.attributes) || ...);
  };
  return is
      .template operator()<ir::Add, ir::Sub, ir::Mul, ir::Extremum, ir::Prelu, ir::Clip,
                           ir::LeakyRelu, ir::HardSwish, ir::Logistic, ir::Tanh, ir::Quantize>();
}

// Operators that treat every channel of their one tensor alike: channel i of the output depends on
// no other than channel i of the input.
bool KeepsChannels(const ir::Graph& graph, const ir::Op& op) {
  const size_t rank = graph.tensor(op.inputs[0]).shape.size();
  if (rank == 0) return false;
  if (const auto* pad = std::get_if<ir::Pad>(&op.attributes)) {
    return pad->before.back() == 0 && pad->after.back() == 0;
  }
  if (const auto* reduce = std::get_if<ir::Reduce>(&op.attributes)) {
    return reduce->axes.empty() || reduce->axes.back() != static_cast<int32_t>(rank) - 1;
  }
  return std::holds_alternative<ir::Pool2d>(op.attributes) ||
         std::holds_alternative<ir::Resize>(op.attributes);
}

class Search {
 public:
  Search(const ir::Graph& graph, const ChannelRanges& ranges)
      : graph_(graph), ranges_(ranges), classes_(graph, ranges) {}

  ChannelFlags Run() {
    for (const ir::TensorIndex index : graph_.inputs) NeedAll(index);
    for (const ir::TensorIndex index : graph_.outputs) NeedAll(index);
    for (const ir::Op& op : graph_.ops) {
      if (!TieChannels(op)) NeedEverythingOf(op);
    }
    for (int32_t sweep = 0; sweep < kSweepsMax; ++sweep) {
      if (!SpreadThroughFilters() && !KeepOneOfEach()) return Flags();
    }
    return ChannelFlags(graph_.tensors.size());
  }

 private:
  void NeedAll(ir::TensorIndex index) {
    if (!classes_.Follows(index)) return;
    for (size_t c = 0; c < ChannelCount(graph_.tensor(index)); ++c) classes_.Need(index, c);
  }
  void NeedEverythingOf(const ir::Op& op) {
    for (const ir::TensorIndex index : op.inputs) NeedAll(index);
    for (const ir::TensorIndex index : op.outputs) NeedAll(index);
  }

  // Ties the channels that `op` carries from its inputs to its output; false when it is of a kind,
  // or has an operand, whose channels cannot be told apart.
  bool TieChannels(const ir::Op& op) {
    if (op.outputs.size() != 1 || !classes_.Follows(op.outputs[0])) return false;
    const ir::TensorIndex output = op.outputs[0];
    const size_t channels = ChannelCount(graph_.tensor(output));
    if (MixesChannels(graph_, op)) return classes_.Follows(op.inputs[0]);
    if (const auto* depthwise = std::get_if<ir::DepthwiseConv2d>(&op.attributes)) {
      const auto times = static_cast<size_t>(depthwise->depth_multiplier);
      return TieEach(op.inputs[0], output, channels, [&](size_t c) { return c / times; });
    }
    if (KeepsChannels(graph_, op)) {
      return TieEach(op.inputs[0], output, channels, [](size_t c) { return c; });
    }
    if (std::holds_alternative<ir::Reshape>(op.attributes)) {
      const size_t inputs = ChannelCount(graph_.tensor(op.inputs[0]));
      return channels % inputs == 0 &&
             TieEach(op.inputs[0], output, channels, [&](size_t c) { return c % inputs; });
    }
    if (!WorksElementByElement(op)) return false;
    return std::ranges::all_of(op.inputs, [&](ir::TensorIndex input) {
      if (graph_.tensor(input).constant) return true;
      if (ChannelCount(graph_.tensor(input)) == channels) {
        return TieEach(input, output, channels, [](size_t c) { return c; });
      }
      NeedAll(input);  // its one channel repeats
      return classes_.Follows(input);
    });
  }

  template <typename InputOf>
  bool TieEach(ir::TensorIndex input, ir::TensorIndex output, size_t channels,
               const InputOf& input_of) {
    if (!classes_.Follows(input)) return false;
    for (size_t c = 0; c < channels; ++c) classes_.Tie(input, input_of(c), output, c);
    return true;
  }

  // Whether the sums of `op` do not change when input channel `i` is replaced by a bias.
  bool Replaceable(const ir::Op& op, size_t i) const {
    const Range& range = ranges_[static_cast<size_t>(op.inputs[0])][i];
    if (!range.constant()) return false;
    return range.min == graph_.tensor(op.inputs[0]).quantization.zero_points[0] ||
           !ReachesPadding(graph_, op);
  }

  bool SpreadThroughFilters() {
    bool spread = false;
    for (auto op = graph_.ops.rbegin(); op != graph_.ops.rend(); ++op) {
      if (MixesChannels(graph_, *op) && classes_.Follows(op->inputs[0])) {
        spread = SpreadThrough(*op) || spread;
      }
    }
    return spread;
  }

  bool SpreadThrough(const ir::Op& op) {
    const FilterLayout layout = LayoutOf(graph_, op);
    const Bytes& weights = graph_.tensor(op.inputs[1]).data;
    const bool output_followed = classes_.Follows(op.outputs[0]);
    std::vector<bool> read(layout.inputs, false);
    for (size_t o = 0; o < layout.outputs; ++o) {
      if (output_followed && !classes_.Needed(op.outputs[0], o)) continue;
      for (size_t k = 0; k < layout.per_output(); ++k) {
        if (weights[o * layout.per_output() + k] != 0) read[k % layout.inputs] = true;
      }
    }
    bool spread = false;
    for (size_t i = 0; i < layout.inputs; ++i) {
      if (read[i] && !classes_.Needed(op.inputs[0], i) && !Replaceable(op, i)) {
        spread = classes_.Need(op.inputs[0], i) || spread;
      }
    }
    return spread;
  }

  // A tensor without channels cannot be: its first stays.
  bool KeepOneOfEach() {
    bool kept = false;
    for (size_t t = 0; t < graph_.tensors.size(); ++t) {
      const auto index = static_cast<ir::TensorIndex>(t);
      if (!classes_.Follows(index)) continue;
      bool some = false;
      for (size_t c = 0; c < ranges_[t].size() && !some; ++c) some = classes_.Needed(index, c);
      if (!some) kept = classes_.Need(index, 0) || kept;
    }
    return kept;
  }

  ChannelFlags Flags() {
    ChannelFlags flags(graph_.tensors.size());
    for (size_t t = 0; t < flags.size(); ++t) {
      const auto index = static_cast<ir::TensorIndex>(t);
      if (!classes_.Follows(index)) continue;
      for (size_t c = 0; c < ranges_[t].size(); ++c) {
        flags[t].push_back(classes_.Needed(index, c));
      }
    }
    return flags;
  }

  const ir::Graph& graph_;
  const ChannelRanges& ranges_;
  Classes classes_;
};

}  // namespace

bool MixesChannels(const ir::Graph& graph, const ir::Op& op) {
  const size_t channels = ChannelCount(graph.tensor(op.inputs[0]));
  if (std::holds_alternative<ir::Conv2d>(op.attributes)) {
    return ChannelCount(graph.tensor(op.inputs[1])) == channels;  // one group
  }
  return std::holds_alternative<ir::FullyConnected>(op.attributes) &&
         ChannelCount(graph.tensor(op.inputs[1])) % channels == 0;
}

FilterLayout LayoutOf(const ir::Graph& graph, const ir::Op& op) {
  const ir::Tensor& weights = graph.tensor(op.inputs[1]);
  FilterLayout layout;
  layout.outputs = static_cast<size_t>(weights.shape[0]);
  layout.inputs = ChannelCount(graph.tensor(op.inputs[0]));
  layout.taps = weights.data.size() / layout.outputs / layout.inputs;
  return layout;
}

ChannelFlags FindNeeded(const ir::Graph& graph, const ChannelRanges& ranges) {
  return Search(graph, ranges).Run();
}

}  // namespace kinglet::optimize
