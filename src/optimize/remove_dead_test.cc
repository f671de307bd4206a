#include "src/optimize/remove_dead.h"

#include <gtest/gtest.h>

#include "tests/support/graph_builder.h"
#include "tests/support/same_outputs.h"
#include "tests/support/state_graphs.h"

namespace kinglet::optimize {
namespace {

using kinglet::testing::GraphBuilder;

TEST(RemoveDead, DropsAChainThatReachesNoOutput) {
  GraphBuilder b("branch", 1);
  const auto x = b.Input({1, 6, 6, 3});
  const auto y = b.Conv(x, 4, {3, 1, 1});
  b.Conv(b.Conv(y, 5, {1, 1, 0}), 2, {3, 1, 1});
  const ir::Graph graph = b.Finish({b.GlobalAverage(y)});
  const auto rewritten = RemoveDead(graph);
  ASSERT_TRUE(rewritten.has_value());
  ASSERT_EQ(rewritten->graph.ops.size(), 2U);
  EXPECT_EQ(rewritten->graph.ops[0].name, "conv_0");
  EXPECT_EQ(rewritten->graph.ops[1].name, "average_3");
  EXPECT_EQ(rewritten->changes, (std::vector<std::string>{"conv_1: nothing reads its output",
                                                          "conv_2: nothing reads its output"}));
  EXPECT_TRUE(kinglet::testing::SameOutputs(graph, rewritten->graph, 1));
}

TEST(RemoveDead, KeepsEveryOperatorOfALiveGraph) {
  const ir::Graph graph = kinglet::testing::SmallNetwork();
  EXPECT_EQ(RemoveDead(graph)->graph, graph);
}

TEST(RemoveDead, KeepsWhatTheNextInferenceReads) {
  for (const ir::Graph& graph :
       {kinglet::testing::SvdfNetwork(), kinglet::testing::StreamingNetwork()}) {
    EXPECT_EQ(RemoveDead(graph)->graph, graph);
  }
}

}  // namespace
}  // namespace kinglet::optimize
