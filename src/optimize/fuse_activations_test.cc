#include "src/optimize/fuse_activations.h"

#include <gtest/gtest.h>

#include "src/ir/float_execute.h"
#include "src/ir/lower.h"
#include "tests/support/as_float.h"
#include "tests/support/graph_builder.h"
#include "tests/support/random_graph.h"
#include "tests/support/same_outputs.h"

namespace kinglet::optimize {
namespace {

using kinglet::testing::GraphBuilder;
using kinglet::testing::SameOutputs;

// Adds a clip behind the graph's output, of the same scale and zero point.
ir::Graph Clipped(ir::Graph graph, ir::Activation range) {
  ir::Tensor tensor = graph.tensor(graph.outputs[0]);
  tensor.name = "clipped";
  graph.tensors.push_back(std::move(tensor));
  const auto output = static_cast<ir::TensorIndex>(graph.tensors.size()) - 1;
  graph.ops.push_back({"clip", ir::Clip{range}, {graph.outputs[0]}, {output}});
  graph.outputs[0] = output;
  return graph;
}

ir::Graph Convolution(ir::Activation activation) {
  GraphBuilder b("conv", 3);
  const auto x = b.Input({1, 6, 6, 3});
  ir::Graph graph = b.Finish({b.Conv(x, 4, {3, 1, 1})});
  std::get<ir::Conv2d>(graph.ops[0].attributes).activation = activation;
  return graph;
}

ir::Activation ActivationAfter(ir::Activation fused, ir::Activation clip) {
  const ir::Graph graph = Clipped(Convolution(fused), clip);
  const auto rewritten = FuseActivations(graph);
  EXPECT_TRUE(rewritten.has_value());
  EXPECT_TRUE(ir::Verify(rewritten->graph).has_value());
  EXPECT_EQ(rewritten->graph.ops.size(), 1U);
  EXPECT_TRUE(SameOutputs(graph, rewritten->graph, 1));
  return std::get<ir::Conv2d>(rewritten->graph.ops[0].attributes).activation;
}

TEST(FuseActivations, TheNarrowerRangeOfBothRemains) {
  using enum ir::Activation;
  EXPECT_EQ(ActivationAfter(kNone, kRelu), kRelu);
  EXPECT_EQ(ActivationAfter(kNone, kReluN1To1), kReluN1To1);
  EXPECT_EQ(ActivationAfter(kRelu, kRelu), kRelu);
  EXPECT_EQ(ActivationAfter(kRelu6, kRelu), kRelu6);
}

TEST(FuseActivations, TransposedConvolutionsClampInTheSameWay) {
  const ir::DataType type = ir::DataType::kInt8;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    ir::Graph graph = kinglet::testing::RandomOpGraph({"transpose_conv_2d", type}, seed);
    if (!ir::Lower(graph).has_value()) continue;
    std::get<ir::TransposeConv2d>(graph.ops[0].attributes).activation = ir::Activation::kNone;
    const ir::Graph clipped = Clipped(std::move(graph), ir::Activation::kRelu);
    const auto rewritten = FuseActivations(clipped);
    ASSERT_TRUE(rewritten.has_value());
    EXPECT_EQ(rewritten->graph.ops.size(), 1U);
    EXPECT_TRUE(SameOutputs(clipped, rewritten->graph, seed));
  }
}

TEST(FuseActivations, WhatClampsInt16Stays) {
  ir::Graph graph = kinglet::testing::RandomOpGraph({"transpose_conv_2d", ir::DataType::kInt16}, 1);
  const ir::Graph clipped = Clipped(std::move(graph), ir::Activation::kRelu);
  EXPECT_EQ(FuseActivations(clipped)->graph, clipped);
}

TEST(FuseActivations, RangesThatNoFusedActivationHasStay) {
  const ir::Graph graph = Clipped(Convolution(ir::Activation::kRelu), ir::Activation::kReluN1To1);
  EXPECT_EQ(FuseActivations(graph)->graph, graph);
}

TEST(FuseActivations, FloatGraphsGiveTheSameNumbers) {
  using enum ir::Activation;
  for (const ir::Activation range : {kRelu, kRelu6, kReluN1To1}) {
    const ir::Graph graph = kinglet::testing::AsFloat(Clipped(Convolution(kNone), range));
    const auto fused = FuseActivations(graph);
    ASSERT_TRUE(fused.has_value() && ir::VerifyFloat(fused->graph).has_value());
    ASSERT_EQ(fused->graph.ops.size(), 1U);
    EXPECT_EQ(std::get<ir::Conv2d>(fused->graph.ops[0].attributes).activation, range);
    std::vector<float> input(108);
    for (size_t i = 0; i < input.size(); ++i) input[i] = static_cast<float>(i % 17) - 8;
    EXPECT_EQ(ir::FloatExecutor::Make(fused->graph)->Run({input}),
              ir::FloatExecutor::Make(graph)->Run({input}));
  }
  const ir::Graph both = kinglet::testing::AsFloat(Clipped(Convolution(kRelu), kReluN1To1));
  EXPECT_EQ(FuseActivations(both)->graph, both);
}

TEST(FuseActivations, AnotherScaleOrAnotherReaderStays) {
  ir::Graph rescaled = Clipped(Convolution(ir::Activation::kNone), ir::Activation::kRelu);
  rescaled.tensors.back().quantization.scales[0] *= 2;
  EXPECT_EQ(FuseActivations(rescaled)->graph, rescaled);
  ir::Graph shared = Clipped(Convolution(ir::Activation::kNone), ir::Activation::kRelu);
  shared.outputs.push_back(shared.ops[0].outputs[0]);
  EXPECT_EQ(FuseActivations(shared)->graph, shared);
}

TEST(FuseActivations, ChangesNoBitOfRandomGraphs) {
  size_t fused = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    ir::Graph graph = kinglet::testing::RandomGraph(seed);
    const ir::Tensor& last = graph.tensor(graph.outputs.back());
    if (last.type != ir::DataType::kInt8) continue;
    std::swap(graph.outputs.front(), graph.outputs.back());
    graph = Clipped(std::move(graph), static_cast<ir::Activation>(1 + seed % 3));
    const auto rewritten = FuseActivations(graph);
    ASSERT_TRUE(rewritten.has_value());
    ASSERT_TRUE(SameOutputs(graph, rewritten->graph, seed)) << "seed " << seed;
    fused += graph.ops.size() - rewritten->graph.ops.size();
  }
  EXPECT_GT(fused, 50U) << "the pass hardly did anything";
}

}  // namespace
}  // namespace kinglet::optimize
