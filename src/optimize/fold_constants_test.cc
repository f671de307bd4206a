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
