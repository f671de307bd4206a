#include "src/optimize/optimize.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/graph_builder.h"
#include "tests/support/random_graph.h"
#include "tests/support/same_outputs.h"

namespace kinglet::optimize {
namespace {

ir::Graph WithAnUnreadOperator() {
  kinglet::testing::GraphBuilder b("unread", 1);
  const auto x = b.Input({1, 6, 6, 3});
  b.Conv(x, 4, {3, 1, 1});
  return b.Finish({b.Conv(x, 2, {3, 1, 1})});
}

TEST(Optimize, ChangesNoBitOfRandomGraphs) {
  for (uint64_t seed = 0; seed < 400; ++seed) {
    const ir::Graph graph = kinglet::testing::RandomGraph(seed);
    const auto optimized = Optimize(graph);
    ASSERT_TRUE(optimized.has_value()) << seed << ": " << optimized.error().message;
    ASSERT_TRUE(kinglet::testing::SameOutputs(graph, optimized->graph, seed)) << "seed " << seed;
    EXPECT_LE(ir::GraphMacs(optimized->graph), ir::GraphMacs(graph));
  }
}

TEST(Optimize, ReportsEveryPassWithWhatItDid) {
  const auto optimized = Optimize(WithAnUnreadOperator());
  ASSERT_TRUE(optimized.has_value());
  ASSERT_EQ(optimized->passes.size(), Passes().size());
  for (size_t i = 0; i < optimized->passes.size(); ++i) {
    const PassReport& report = optimized->passes[i];
    EXPECT_EQ(report.name, Passes()[i].name);
    EXPECT_TRUE(report.enabled);
    EXPECT_GT(report.milliseconds, 0);
    const bool changed = report.name == "remove_dead";
    EXPECT_EQ(report.changes.empty(), !changed) << report.name;
    EXPECT_EQ(report.before == report.after, !changed) << report.name;
  }
  EXPECT_EQ(optimized->graph.ops.size(), 1U);
  EXPECT_EQ(optimized->graph.tensors.size(), 4U) << "input, weights, bias and output";
}

TEST(Optimize, LeavesOutADisabledPass) {
  const auto optimized = Optimize(WithAnUnreadOperator(), {.disabled = {"remove_dead"}});
  ASSERT_TRUE(optimized.has_value());
  EXPECT_EQ(optimized->graph.ops.size(), 2U);
  const auto report =
      std::ranges::find(optimized->passes, std::string("remove_dead"), &PassReport::name);
  ASSERT_NE(report, optimized->passes.end());
  EXPECT_FALSE(report->enabled);
}

TEST(Optimize, WithNoPassesTheGraphStays) {
  const ir::Graph graph = WithAnUnreadOperator();
  EXPECT_EQ(Optimize(graph, NoPasses())->graph, graph);
}

TEST(Optimize, NamesTheNearestPassOfAnUnknownName) {
  const auto optimized = Optimize(WithAnUnreadOperator(), {.disabled = {"remove_ded"}});
  ASSERT_FALSE(optimized.has_value());
  EXPECT_EQ(optimized.error().code, Code::kNotFound);
  EXPECT_EQ(optimized.error().message,
            "pass 'remove_ded' is not known; did you mean 'remove_dead'?");
}

}  // namespace
}  // namespace kinglet::optimize
