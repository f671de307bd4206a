#include "src/optimize/fold_constants.h"

#include <gtest/gtest.h>

#include "tests/support/graph_builder.h"
#include "tests/support/random_graph.h"
#include "tests/support/same_outputs.h"

namespace kinglet::optimize {
namespace {

using kinglet::testing::GraphBuilder;
using kinglet::testing::SameOutputs;

TEST(FoldConstants, ComputesAChainOfConstants) {
  GraphBuilder b("constants", 1);
  const auto x = b.Input({1, 4, 4, 2});
  const auto y = b.Conv(b.Constant({1, 4, 4, 3}), 2, {3, 1, 1});
  const auto z = b.Pool(y, ir::Pool2d::Kind::kMax, {3, 1, 1});
  const ir::Graph graph = b.Finish({b.Add(x, z)});
  const auto folded = FoldConstants(graph);
  ASSERT_TRUE(folded.has_value()) << folded.error().message;
  ASSERT_EQ(folded->graph.ops.size(), 1U);
  EXPECT_EQ(folded->graph.ops[0].name, graph.ops[2].name);
  EXPECT_TRUE(folded->graph.tensor(z).constant);
  EXPECT_EQ(folded->changes,
            (std::vector<std::string>{"conv_0: computed now, its inputs are constant",
                                      "pool_1: computed now, its inputs are constant"}));
  EXPECT_TRUE(SameOutputs(graph, folded->graph, 1));
}

TEST(FoldConstants, ComputesEveryKindOfMovementOfConstants) {
  // Each operator once more with its first input as a constant, and an addition that reads it.
  size_t folded_ops = 0;
  for (const auto& kind : kinglet::testing::LayerMaker::Kinds()) {
    if (kind.type != ir::DataType::kInt8) continue;
    ir::Graph graph = kinglet::testing::RandomOpGraph(kind, 5);
    const size_t ops = graph.ops.size();
    const ir::TensorIndex x = graph.inputs[0];
    ir::Tensor& constant = graph.tensors[static_cast<size_t>(x)];
    constant.constant = true;
    constant.data.assign(static_cast<size_t>(constant.ByteCount()), 7);
    graph.inputs.erase(graph.inputs.begin());
    // Something to read from outside and to write, so that the operator itself may go.
    ir::Tensor outside = constant;
    outside.constant = false;
    outside.data.clear();
    const auto add = [&](ir::Tensor tensor) {
      graph.tensors.push_back(std::move(tensor));
      return static_cast<ir::TensorIndex>(graph.tensors.size() - 1);
    };
    const std::vector<ir::TensorIndex> results = std::exchange(graph.outputs, {});
    for (const ir::TensorIndex result : results) {
      graph.outputs.push_back(add(graph.tensor(result)));
      graph.ops.push_back(
          {"copy" + std::to_string(result), ir::Reshape{}, {result}, {graph.outputs.back()}});
    }
    graph.inputs.push_back(add(outside));
    graph.outputs.push_back(add(outside));
    graph.ops.push_back({"through", ir::Reshape{}, {graph.inputs.back()}, {graph.outputs.back()}});
    ASSERT_TRUE(ir::Verify(graph).has_value()) << ir::Verify(graph).error().message;
    const auto folded = FoldConstants(graph);
    if (!folded.has_value() && folded.error().code == Code::kUnsupported) continue;
    ASSERT_TRUE(folded.has_value()) << kind.name << ": " << folded.error().message;
    ASSERT_TRUE(ir::Verify(folded->graph).has_value()) << kind.name;
    EXPECT_TRUE(SameOutputs(graph, folded->graph, 1)) << kind.name;
    folded_ops += ops + results.size() + 1 - folded->graph.ops.size();
  }
  EXPECT_GT(folded_ops, 20U);
}

TEST(FoldConstants, KeepsWhatWritesAnOutputOrGrowsMuch) {
  GraphBuilder b("outputs", 1);
  b.Input({1, 4});
  const auto y = b.Conv(b.Constant({1, 2, 2, 1}), 4, {1, 1, 0});
  const auto wide = b.Conv(b.Constant({1, 32, 32, 1}), 8, {1, 1, 0});
  const auto z = b.Pool(wide, ir::Pool2d::Kind::kMax, {1, 1, 0});
  const ir::Graph graph = b.Finish({y, z});
  const auto folded = FoldConstants(graph);
  ASSERT_TRUE(folded.has_value());
  EXPECT_EQ(folded->graph, graph);
}

// A variable differs from inference to inference whatever its first content is.
TEST(FoldConstants, KeepsWhatReadsOrAssignsVariables) {
  GraphBuilder b("variable", 1);
  const auto x = b.Input({1, 4});
  const auto constant = b.Constant({1, 4});
  const auto variable = b.Constant({1, 4});
  const auto y = b.Add(variable, constant);
  ir::Graph graph = b.Finish({b.Add(x, y)});
  graph.tensors[static_cast<size_t>(variable)].constant = false;
  graph.tensors[static_cast<size_t>(variable)].variable = true;
  graph.ops.push_back({"assign", ir::Copy{}, {constant}, {variable}});
  ASSERT_TRUE(ir::Verify(graph).has_value()) << ir::Verify(graph).error().message;
  const auto folded = FoldConstants(graph);
  ASSERT_TRUE(folded.has_value());
  EXPECT_EQ(folded->graph, graph);
}

}  // namespace
}  // namespace kinglet::optimize
