// Fully connected layers with four weights in a word.
#include "device/kernels/lanes/fully_connected.h"

#include "device/kernels/fully_connected.h"
#include "device/kernels/lanes/dense.h"
#include "src/compile/call_arguments.h"
#include "src/compile/lanes/pack.h"
#include "src/compile/selectors.h"
#include "src/ir/describe_kernel.h"

namespace kinglet::ir {

KINGLET_PARAMS(LanesFullyConnectedParams, batches, input_size, output_size, output_zero_point,
               activation_min, activation_max, piece_bits, scale_words, blocks);

inline constexpr std::string_view kLanesFullyConnectedSources[] = {
    "lanes/fully_connected.cc", "lanes/tile.S", "lanes/dense_model.cc"};
KINGLET_KERNEL_FROM(kLanesFullyConnected, LanesFullyConnected, "lanes/fully_connected",
                    kLanesFullyConnectedSources);

}  // namespace kinglet::ir

namespace kinglet::compile::lanes {
namespace {

// The portable kernels' parameters of both kinds.
struct Layer {
  kernels::LanesFullyConnectedParams params;
  int32_t input_zero_point;
  std::vector<int32_t> multipliers, shifts;  // one, or one for each output
};

std::optional<Layer> LayerOf(const ir::Graph& graph, const ir::KernelCall& call) {
  if (call.params.Is<kernels::FullyConnectedParams>()) {
    const auto p = call.params.As<kernels::FullyConnectedParams>();
    return Layer{{p.batches, p.input_size, p.output_size, p.output_zero_point, p.activation_min,
                  p.activation_max, 0, 0, 0},
                 p.input_zero_point,
                 {p.multiplier},
                 {p.shift}};
  }
  if (call.params.Is<kernels::FullyConnectedPerChannelParams>()) {
    const auto p = call.params.As<kernels::FullyConnectedPerChannelParams>();
    const auto shifts = ElementsOf<int8_t>(graph, call.arguments[4]);
    return Layer{{p.batches, p.input_size, p.output_size, p.output_zero_point, p.activation_min,
                  p.activation_max, 0, 2, 0},
                 p.input_zero_point,
                 ElementsOf<int32_t>(graph, call.arguments[3]),
                 {shifts.begin(), shifts.end()}};
  }
  return {};
}

// Lengths of blocks that fit for every output.
std::vector<int8_t> CommonBlocks(std::span<const int8_t> weights, size_t inputs) {
  std::vector<int8_t> lengths;
  for (size_t begin = 0; begin < inputs;) {
    size_t length = std::min<size_t>(inputs - begin, kernels::kLanesInputsOfBlock);
    for (size_t row = 0; row < weights.size(); row += inputs) {
      length = CutIntoBlocks(weights.subspan(row + begin, length), 1, length).front().size();
    }
    lengths.push_back(static_cast<int8_t>(length));
    begin += length;
  }
  return lengths;
}

// A group of four rows of weights, the last padded with zeros.
std::vector<int32_t> Words(std::span<const int8_t> weights, size_t inputs) {
  const size_t outputs = weights.size() / inputs;
  std::vector<int32_t> words;
  for (size_t group = 0; group < outputs; group += 4) {
    for (size_t i = 0; i < inputs; ++i) {
      uint32_t word = 0;
      for (size_t k = 0; k < 4; ++k) {
        const int32_t w = group + k < outputs ? weights[(group + k) * inputs + i] : 0;
        word |= static_cast<uint32_t>(w + 128) << (8 * k);
      }
      words.push_back(static_cast<int32_t>(word));
    }
  }
  return words;
}

}  // namespace

std::optional<ir::KernelCall> SelectFullyConnected(const ir::Graph& graph,
                                                   const ir::KernelCall& call) {
  auto layer = LayerOf(graph, call);
  if (!layer.has_value()) return {};
  kernels::LanesFullyConnectedParams& p = layer->params;
  const auto weights = ElementsOf<int8_t>(graph, call.arguments[1]);
  const auto bias = ElementsOf<int32_t>(graph, call.arguments[2]);
  const auto inputs = static_cast<size_t>(p.input_size);
  const auto outputs = static_cast<size_t>(p.output_size);

  std::vector<Sum> sums;
  SumRange all{INT64_MAX, INT64_MIN};
  for (size_t o = 0; o < outputs; ++o) {
    sums.push_back(SumOf(std::span(weights).subspan(o * inputs, inputs), bias.empty() ? 0 : bias[o],
                         layer->input_zero_point));
    all.min = std::min(all.min, sums[o].range.min);
    all.max = std::max(all.max, sums[o].range.max);
  }
  ScalePacker packer;
  for (size_t o = 0; o < outputs; ++o) {
    const bool shared = p.scale_words == 0;  // then the words must do for every output
    if (shared) sums[o].range = all;
    const Stage stage{layer->multipliers[shared ? 0 : o], layer->shifts[shared ? 0 : o],
                      p.activation_max - p.output_zero_point,
                      p.activation_min - p.output_zero_point};
    if (!packer.Add(sums[o], stage)) return {};
  }
  std::vector<int32_t> biases, scales;
  for (size_t o = 0; o < (outputs + 3) / 4 * 4; ++o) {
    const auto words = std::span(packer.words()).subspan(3 * std::min(o, outputs - 1), 3);
    biases.push_back(o < outputs ? words[0] : 0);
    if (p.scale_words != 0 || o == 0) scales.insert(scales.end(), {words[1], words[2]});
  }
  const std::vector<int8_t> blocks = CommonBlocks(weights, inputs);
  p.piece_bits = packer.piece_bits();
  p.blocks = static_cast<int32_t>(blocks.size());

  ir::KernelCall lanes{call.op_index, &ir::kLanesFullyConnected, p, {}};
  lanes.arguments.push_back(call.arguments[0]);
  lanes.arguments.push_back(ConstantArgument("weights", Words(weights, inputs)));
  lanes.arguments.push_back(ConstantArgument("biases", biases));
  lanes.arguments.push_back(ConstantArgument("scales", scales));
  lanes.arguments.push_back(ConstantArgument("blocks", blocks));
  lanes.arguments.push_back(ScratchArgument(
      ir::DataType::kInt32, static_cast<uint32_t>(kernels::LanesFullyConnectedScratchBytes(p)), 4));
  lanes.arguments.push_back(call.arguments.back());
  return lanes;
}

}  // namespace kinglet::compile::lanes
