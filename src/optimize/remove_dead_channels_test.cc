#include "src/optimize/remove_dead_channels.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "src/base/random.h"
#include "tests/support/graph_builder.h"
#include "tests/support/random_graph.h"
#include "tests/support/same_outputs.h"

namespace kinglet::optimize {
namespace {

using kinglet::testing::GraphBuilder;
using kinglet::testing::SameOutputs;

// Output channel `c` of the layer `op` becomes constant, in one of the ways that training does it.
enum class Death : uint8_t { kZeroWeights, kBiasBelowRelu, kScaleFlushedToZero };

void Kill(ir::Graph& graph, ir::Op& op, int32_t c, Death death) {
  const bool depthwise = std::holds_alternative<ir::DepthwiseConv2d>(op.attributes);
  ir::Tensor weights = graph.tensor(op.inputs[1]);
  const auto channels = static_cast<size_t>(depthwise ? weights.shape[3] : weights.shape[0]);
  const size_t each = weights.data.size() / channels;
  if (death == Death::kZeroWeights) {
    for (size_t k = 0; k < each; ++k) {
      const auto channel = static_cast<size_t>(c);
      weights.data[depthwise ? k * channels + channel : channel * each + k] = 0;
    }
  }
  if (death == Death::kScaleFlushedToZero && weights.quantization.scales.size() == channels) {
    weights.quantization.scales[static_cast<size_t>(c)] = 1e-20F;
  }
  if (death == Death::kBiasBelowRelu && op.inputs.size() > 2 && op.inputs[2] != ir::kNoTensor) {
    ir::Tensor bias = graph.tensor(op.inputs[2]);
    const int32_t low = -100'000'000;
    std::memcpy(bias.data.data() + static_cast<size_t>(c) * sizeof low, &low, sizeof low);
    graph.tensors.push_back(bias);
    op.inputs[2] = static_cast<ir::TensorIndex>(graph.tensors.size()) - 1;
  }
  graph.tensors.push_back(weights);
  op.inputs[1] = static_cast<ir::TensorIndex>(graph.tensors.size()) - 1;
}

bool HasFilters(const ir::Op& op) {
  return std::holds_alternative<ir::Conv2d>(op.attributes) ||
         std::holds_alternative<ir::DepthwiseConv2d>(op.attributes) ||
         std::holds_alternative<ir::FullyConnected>(op.attributes);
}

// About half of all channels die.
ir::Graph WithDeadChannels(ir::Graph graph, uint64_t seed) {
  Random random(seed, 5);
  for (ir::Op& op : graph.ops) {
    if (!HasFilters(op)) continue;
    const int32_t channels = graph.tensor(op.outputs[0]).shape.back();
    for (int32_t c = 0; c < channels; ++c) {
      if (random.Below(2) == 0) Kill(graph, op, c, static_cast<Death>(random.Below(3)));
    }
  }
  return graph;
}

ir::Graph Removed(const ir::Graph& graph) {
  auto rewritten = RemoveDeadChannels(graph);
  EXPECT_TRUE(rewritten.has_value()) << rewritten.error().message;
  const Status verified = ir::Verify(rewritten->graph);
  EXPECT_TRUE(verified.has_value()) << verified.error().message;
  return std::move(rewritten->graph);
}

int32_t ChannelsOf(const ir::Graph& graph, ir::TensorIndex index) {
  return graph.tensor(index).shape.back();
}

TEST(RemoveDeadChannels, GoThroughPaddingResizingAndMeans) {
  GraphBuilder b("head", 1);
  const auto x = b.Input({1, 4, 4, 3});
  const auto y = b.Conv(x, 6, {1, 1, 0});
  // Three layers of the builder's, to be rewritten: padding, resizing, a mean.
  const auto padded = b.Pool(y, ir::Pool2d::Kind::kMax, {1, 1, 1});
  const auto resized = b.Pool(padded, ir::Pool2d::Kind::kMax, {2, 2, 0});
  const auto mean = b.GlobalAverage(resized);
  ir::Graph graph = b.Finish({b.Dense(mean, 4)});
  ASSERT_EQ(graph.tensor(padded).shape, (std::vector<int32_t>{1, 6, 6, 6}));
  graph.ops[1].attributes = ir::Pad{{0, 1, 1, 0}, {0, 1, 1, 0}};
  graph.ops[2].attributes = ir::Resize{ir::Resize::Kind::kBilinear, false, true};
  graph.ops[3].attributes = ir::Reduce{ir::Reduce::Kind::kMean, {1, 2}, true};
  std::get<ir::Conv2d>(graph.ops[0].attributes).activation = ir::Activation::kRelu;
  ASSERT_TRUE(ir::Verify(graph).has_value()) << ir::Verify(graph).error().message;
  Kill(graph, graph.ops[0], 1, Death::kBiasBelowRelu);
  Kill(graph, graph.ops[0], 4, Death::kBiasBelowRelu);
  const ir::Graph removed = Removed(graph);
  for (size_t op = 0; op < 4; ++op) EXPECT_EQ(ChannelsOf(removed, removed.ops[op].outputs[0]), 4);
  EXPECT_TRUE(SameOutputs(graph, removed, 1));
}

TEST(RemoveDeadChannels, ChangesNoBitOfRandomGraphs) {
  int32_t smaller = 0;
  for (uint64_t seed = 0; seed < 600; ++seed) {
    const ir::Graph graph = WithDeadChannels(kinglet::testing::RandomGraph(seed), seed);
    ASSERT_TRUE(ir::Verify(graph).has_value()) << seed;
    const ir::Graph less = Removed(graph);
    ASSERT_TRUE(SameOutputs(graph, less, seed)) << "seed " << seed;
    smaller += ir::GraphMacs(less) < ir::GraphMacs(graph) ? 1 : 0;
  }
  EXPECT_GT(smaller, 100) << "the pass hardly did anything";
}

TEST(RemoveDeadChannels, TakesAPointwiseChannelAndItsReaders) {
  GraphBuilder b("chain", 1);
  const auto x = b.Input({1, 6, 6, 3});
  const auto y = b.Conv(x, 8, {3, 1, 1});
  const auto z = b.Depthwise(y, 1, {3, 1, 1});
  ir::Graph graph = b.Finish({b.Conv(z, 4, {1, 1, 0})});
  Kill(graph, graph.ops[0], 2, Death::kBiasBelowRelu);
  Kill(graph, graph.ops[0], 5, Death::kBiasBelowRelu);
  const ir::Graph less = Removed(graph);
  EXPECT_EQ(ChannelsOf(less, y), 6);
  EXPECT_EQ(ChannelsOf(less, z), 6);
  EXPECT_EQ(less.tensor(less.ops[2].inputs[1]).shape, (std::vector<int32_t>{4, 1, 1, 6}));
  EXPECT_TRUE(SameOutputs(graph, less, 1));
}

// A constant other than the zero point counts as the zero point in the padding: it must stay.
TEST(RemoveDeadChannels, KeepsAConstantThatPaddingWouldChange) {
  for (const int32_t padding : {0, 1}) {
    GraphBuilder b("padded", 1);
    const auto x = b.Input({1, 6, 6, 3});
    const auto y = b.Conv(x, 4, {1, 1, 0});
    ir::Graph graph = b.Finish({b.Conv(y, 4, {3, 1, padding})});
    Kill(graph, graph.ops[0], 1, Death::kZeroWeights);
    auto bias = graph.tensors.begin() + graph.ops[0].inputs[2];
    const int32_t high = 100'000'000;
    std::memcpy(bias->data.data() + sizeof high, &high, sizeof high);
    const ir::Graph less = Removed(graph);
    EXPECT_EQ(ChannelsOf(less, y), padding == 0 ? 3 : 4);
    EXPECT_TRUE(SameOutputs(graph, less, 1));
  }
}

TEST(RemoveDeadChannels, AnAdditionLosesAChannelOnlyWithBothItsInputs) {
  for (const bool both : {false, true}) {
    GraphBuilder b("residual", 1);
    const auto x = b.Input({1, 6, 6, 3});
    const auto y = b.Conv(x, 4, {3, 1, 1});
    const auto z = b.Conv(x, 4, {1, 1, 0});
    const auto sum = b.Add(y, z);
    ir::Graph graph = b.Finish({b.Conv(sum, 2, {1, 1, 0})});
    Kill(graph, graph.ops[0], 3, Death::kZeroWeights);
    if (both) Kill(graph, graph.ops[1], 3, Death::kZeroWeights);
    const ir::Graph less = Removed(graph);
    for (const auto tensor : {y, z, sum}) EXPECT_EQ(ChannelsOf(less, tensor), both ? 3 : 4);
    EXPECT_TRUE(SameOutputs(graph, less, 1));
  }
}

TEST(RemoveDeadChannels, ReachesThroughPoolAndFlattenIntoADenseLayer) {
  GraphBuilder b("head", 1);
  const auto x = b.Input({1, 8, 8, 3});
  const auto y = b.Conv(x, 6, {3, 2, 1});
  const auto pooled = b.Pool(y, ir::Pool2d::Kind::kAverage, {2, 2, 0});
  const auto flat = b.Flatten(pooled);
  ir::Graph graph = b.Finish({b.Dense(flat, 3)});
  Kill(graph, graph.ops[0], 0, Death::kZeroWeights);
  Kill(graph, graph.ops[0], 4, Death::kBiasBelowRelu);
  const ir::Graph less = Removed(graph);
  EXPECT_EQ(less.tensor(flat).shape, (std::vector<int32_t>{1, 2 * 2 * 4}));
  EXPECT_EQ(less.tensor(less.ops[3].inputs[1]).shape, (std::vector<int32_t>{3, 2 * 2 * 4}));
  EXPECT_TRUE(SameOutputs(graph, less, 1));
}

TEST(RemoveDeadChannels, TakesWhatNoFilterReadsEvenIfItIsNotConstant) {
  GraphBuilder b("unread", 1);
  const auto x = b.Input({1, 6, 6, 3});
  const auto y = b.Conv(x, 4, {3, 1, 1});
  ir::Graph graph = b.Finish({b.Conv(y, 2, {3, 1, 1})});
  Bytes& weights = graph.tensors[static_cast<size_t>(graph.ops[1].inputs[1])].data;
  for (size_t i = 2; i < weights.size(); i += 4) weights[i] = 0;
  const ir::Graph less = Removed(graph);
  EXPECT_EQ(ChannelsOf(less, y), 3);
  EXPECT_TRUE(SameOutputs(graph, less, 1));
}

TEST(RemoveDeadChannels, KeepsInputsOutputsAndOneChannelOfEachTensor) {
  GraphBuilder b("all dead", 1);
  const auto x = b.Input({1, 4, 4, 3});
  const auto y = b.Conv(x, 4, {1, 1, 0});
  ir::Graph graph = b.Finish({b.Conv(y, 4, {1, 1, 0})});
  for (int32_t c = 0; c < 4; ++c) {
    Kill(graph, graph.ops[0], c, Death::kZeroWeights);
    Kill(graph, graph.ops[1], c, Death::kZeroWeights);
  }
  const ir::Graph less = Removed(graph);
  EXPECT_EQ(ChannelsOf(less, x), 3);
  EXPECT_EQ(ChannelsOf(less, y), 1);
  EXPECT_EQ(ChannelsOf(less, graph.outputs[0]), 4);
  EXPECT_TRUE(SameOutputs(graph, less, 1));
}

TEST(RemoveDeadChannels, LeavesALivingNetworkAlone) {
  const ir::Graph graph = kinglet::testing::SmallNetwork();
  EXPECT_EQ(Removed(graph), graph);
}

}  // namespace
}  // namespace kinglet::optimize
