#include "src/compile/select.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/compile/program.h"
#include "tests/support/graph_builder.h"
#include "tests/support/random_graph.h"

namespace kinglet::compile {
namespace {

using kinglet::testing::GraphBuilder;

// Kernels of int16 have the params of those of int8.
TEST(Select, LayersOfInt16StayPortable) {
  for (const KernelSet set :
       {KernelSet::kArmv6M, KernelSet::kCortexM4, KernelSet::kHelium, KernelSet::kRiscv}) {
    for (uint64_t seed = 0; seed < 5; ++seed) {
      const ir::Graph graph = kinglet::testing::Int16Network(seed);
      const auto portable = ir::Lower(graph);
      ASSERT_TRUE(portable.has_value()) << portable.error().message;
      const auto chosen = SelectKernels(graph, *portable, {set, Goal::kSpeed});
      ASSERT_EQ(chosen.size(), portable->size());
      for (size_t i = 0; i < chosen.size(); ++i) {
        EXPECT_EQ(chosen[i].kernel, (*portable)[i].kernel) << (*portable)[i].kernel->function;
      }
    }
  }
}

// Two convolutions that Winograd's algorithm takes: the first saves more for its flash, as it has
// more pixels for the same weights.
ir::Graph TwoConvolutions() {
  GraphBuilder b("two", 1);
  const auto large = b.Conv(b.Input({1, 16, 16, 16}), 16, {3, 1, 1});
  const auto small = b.Conv(b.Input({1, 8, 8, 16}), 16, {3, 1, 1});
  return b.Finish({large, small});
}

std::vector<std::string> KernelsWithin(Target target) {
  const ir::Graph graph = TwoConvolutions();
  const Program program = MakeProgram(graph, target).value();
  std::vector<std::string> kernels;
  for (const Step& step : program.steps) kernels.emplace_back(step.call.kernel->function);
  return kernels;
}

TEST(Select, SpeedTakesWhatTheFlashAllowsWhereItSavesMost) {
  using ::testing::ElementsAre;
  Target target{KernelSet::kCortexM4, Goal::kSpeed};
  EXPECT_THAT(KernelsWithin(target), ElementsAre("WinogradConv2d", "WinogradConv2d"));
  // Weights of 2.5 kB each, of 8.4 kB for Winograd's algorithm.
  target.flash_bytes_max = (32 << 10) + 12'000;
  EXPECT_THAT(KernelsWithin(target), ElementsAre("WinogradConv2d", "TiledConv2d"));
  target.flash_bytes_max = (32 << 10) + 6'000;
  EXPECT_THAT(KernelsWithin(target), ElementsAre("TiledConv2d", "TiledConv2d"));
  EXPECT_THAT(KernelsWithin({KernelSet::kCortexM4, Goal::kFlash}),
              ElementsAre("TiledConv2d", "TiledConv2d"));
}

TEST(Select, SpeedTakesNoMoreRamThanThereIs) {
  Target target{KernelSet::kCortexM4, Goal::kSpeed};
  const ir::Graph graph = TwoConvolutions();
  const uint32_t fast = MakeProgram(graph, target)->plan.arena_bytes;
  const uint32_t lean = MakeProgram(graph, {KernelSet::kCortexM4, Goal::kFlash})->plan.arena_bytes;
  ASSERT_LT(lean, fast);
  target.ram_bytes_max = fast - 1 + 2'048;
  EXPECT_LT(MakeProgram(graph, target)->plan.arena_bytes, fast);
}

}  // namespace
}  // namespace kinglet::compile
