#include "src/optimize/remove_identities.h"

#include <gtest/gtest.h>

#include "tests/support/graph_builder.h"
#include "tests/support/random_graph.h"
#include "tests/support/same_outputs.h"

namespace kinglet::optimize {
namespace {

using kinglet::testing::GraphBuilder;
using kinglet::testing::SameOutputs;

TEST(RemoveIdentities, AFlattenInFrontOfADenseLayerGoes) {
  GraphBuilder b("head", 1);
  const auto x = b.Input({1, 3, 3, 4});
  const ir::Graph graph = b.Finish({b.Dense(b.Flatten(b.Flatten(x)), 5)});
  const auto rewritten = RemoveIdentities(graph);
  ASSERT_TRUE(rewritten.has_value());
  ASSERT_EQ(rewritten->graph.ops.size(), 1U);
  EXPECT_EQ(rewritten->graph.ops[0].inputs[0], x);
  EXPECT_TRUE(ir::Verify(rewritten->graph).has_value());
  EXPECT_TRUE(SameOutputs(graph, rewritten->graph, 1));
}

TEST(RemoveIdentities, AReshapeThatChangesScaleOrShapeForItsReaderStays) {
  GraphBuilder b("kept", 1);
  const auto x = b.Input({1, 2, 2, 4});
  const auto flat = b.Flatten(x);
  const auto other = b.Flatten(x);
  ir::Graph graph = b.Finish({b.Softmax(flat), b.Dense(other, 3), b.Flatten(x)});
  graph.tensors[static_cast<size_t>(other)].quantization.zero_points = {1};
  const auto rewritten = RemoveIdentities(graph);
  ASSERT_TRUE(rewritten.has_value());
  EXPECT_EQ(rewritten->graph, graph)
      << "softmax has rows, a scale differs, an output must be written";
}

TEST(RemoveIdentities, MovementsThatMoveNothingGo) {
  const std::vector<ir::Attributes> movements = {
      ir::Slice{{0, 0, 0, 0}, {1, 3, 3, 4}, {1, 1, 1, 1}},
      ir::Transpose{{0, 1, 2, 3}},
      ir::Concatenation{3},
      ir::Split{1},
      ir::Pad{{0, 0, 0, 0}, {0, 0, 0, 0}},
      ir::Quantize{}};
  for (const ir::Attributes& movement : movements) {
    GraphBuilder b("movement", 1);
    const auto x = b.Input({1, 3, 3, 4});
    const auto y = b.Pool(x, ir::Pool2d::Kind::kAverage, {1, 1, 0});
    ir::Graph graph = b.Finish({b.Conv(y, 2, {3, 1, 1})});
    graph.ops[0].attributes = movement;
    ASSERT_TRUE(ir::Verify(graph).has_value()) << ir::Verify(graph).error().message;
    const auto rewritten = RemoveIdentities(graph);
    ASSERT_TRUE(rewritten.has_value());
    EXPECT_EQ(rewritten->graph.ops.size(), 1U) << ir::OpKindName(movement);
    EXPECT_TRUE(SameOutputs(graph, rewritten->graph, 1));
  }
}

TEST(RemoveIdentities, WhatHandsOnAVariableStaysAsTheVariableMayChange) {
  GraphBuilder b("variable", 1);
  const auto x = b.Input({1, 4});
  const auto variable = b.Constant({1, 2, 2, 1});
  const auto old = b.Flatten(variable);
  ir::Graph graph = b.Finish({b.Add(old, x)});
  graph.tensors[static_cast<size_t>(variable)].constant = false;
  graph.tensors[static_cast<size_t>(variable)].variable = true;
  graph.tensors[static_cast<size_t>(variable)].shape = {1, 4};
  graph.ops.insert(graph.ops.begin() + 1, {"assign", ir::Copy{}, {x}, {variable}});
  ASSERT_TRUE(ir::Verify(graph).has_value()) << ir::Verify(graph).error().message;
  const auto rewritten = RemoveIdentities(graph);
  ASSERT_TRUE(rewritten.has_value());
  EXPECT_EQ(rewritten->graph, graph);
}

TEST(RemoveIdentities, WhatAssignsAVariableStays) {
  GraphBuilder b("variable", 1);
  const auto x = b.Input({1, 4});
  const auto variable = b.Constant({1, 4});
  ir::Graph graph = b.Finish({b.Add(x, variable)});
  const ir::TensorIndex sum = graph.outputs[0];
  ir::Tensor& kept = graph.tensors[static_cast<size_t>(variable)];
  kept.constant = false;
  kept.variable = true;
  kept.quantization = graph.tensor(sum).quantization;
  graph.ops.push_back({"assign", ir::Copy{}, {sum}, {variable}});
  ASSERT_TRUE(ir::Verify(graph).has_value()) << ir::Verify(graph).error().message;
  const auto rewritten = RemoveIdentities(graph);
  ASSERT_TRUE(rewritten.has_value());
  EXPECT_EQ(rewritten->graph, graph);
}

TEST(RemoveIdentities, APoolOfOneElementGoesUnlessItClamps) {
  for (const auto activation : {ir::Activation::kNone, ir::Activation::kRelu6}) {
    GraphBuilder b("pool", 1);
    const auto x = b.Input({1, 4, 4, 2});
    const auto y = b.Pool(x, ir::Pool2d::Kind::kAverage, {1, 1, 0});
    ir::Graph graph = b.Finish({b.Conv(y, 2, {3, 1, 1})});
    std::get<ir::Pool2d>(graph.ops[0].attributes).activation = activation;
    const auto rewritten = RemoveIdentities(graph);
    ASSERT_TRUE(rewritten.has_value());
    EXPECT_EQ(rewritten->graph.ops.size(), activation == ir::Activation::kNone ? 1U : 2U);
    EXPECT_TRUE(SameOutputs(graph, rewritten->graph, 1));
  }
}

// What clamps int16 values may leave all that int8 values could be.
TEST(RemoveIdentities, APoolOfOneElementOfInt16GoesUnlessItClamps) {
  for (const auto activation : {ir::Activation::kNone, ir::Activation::kReluN1To1}) {
    ir::Graph graph;
    for (const char* name : {"x", "y", "z"}) {
      graph.tensors.push_back(
          {name, ir::DataType::kInt16, {1, 2, 2, 3}, {{0.001F}, {0}, 0}, false, {}});
    }
    graph.ops.push_back({"relu", ir::Clip{ir::Activation::kRelu}, {0}, {1}});
    ir::Pool2d pool;
    pool.activation = activation;
    graph.ops.push_back({"pool", pool, {1}, {2}});
    graph.inputs = {0};
    graph.outputs = {2};
    const auto rewritten = RemoveIdentities(graph);
    ASSERT_TRUE(rewritten.has_value());
    EXPECT_EQ(rewritten->graph.ops.size(), activation == ir::Activation::kNone ? 1U : 2U);
    EXPECT_TRUE(SameOutputs(graph, rewritten->graph, 1));
  }
}

// A rectifier behind a convolution that has clamped already; and the model's output keeps its name.
TEST(RemoveIdentities, ARectifierOfWhatIsNeverNegativeGoes) {
  for (const auto activation : {ir::Activation::kRelu, ir::Activation::kNone}) {
    GraphBuilder b("rectified", 1);
    const auto y = b.Conv(b.Input({1, 6, 6, 3}), 4, {3, 1, 1});
    ir::Graph graph = b.Finish({y});
    std::get<ir::Conv2d>(graph.ops[0].attributes).activation = activation;
    ir::Tensor tensor = graph.tensor(y);
    tensor.name = "rectified";
    graph.tensors.push_back(tensor);
    const auto output = static_cast<ir::TensorIndex>(graph.tensors.size()) - 1;
    graph.ops.push_back({"relu", ir::Clip{ir::Activation::kRelu}, {y}, {output}});
    graph.outputs = {output};
    const auto rewritten = RemoveIdentities(graph);
    ASSERT_TRUE(rewritten.has_value());
    EXPECT_EQ(rewritten->graph.ops.size(), activation == ir::Activation::kRelu ? 1U : 2U);
    EXPECT_EQ(rewritten->graph.ops.back().outputs[0], output);
    EXPECT_TRUE(SameOutputs(graph, rewritten->graph, 1));
  }
}

TEST(RemoveIdentities, ChangesNoBitOfRandomGraphs) {
  size_t removed = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const ir::Graph graph = kinglet::testing::RandomGraph(seed);
    const auto rewritten = RemoveIdentities(graph);
    ASSERT_TRUE(rewritten.has_value());
    ASSERT_TRUE(SameOutputs(graph, rewritten->graph, seed)) << "seed " << seed;
    removed += graph.ops.size() - rewritten->graph.ops.size();
  }
  EXPECT_GT(removed, 100U) << "the pass hardly did anything";
}

}  // namespace
}  // namespace kinglet::optimize
