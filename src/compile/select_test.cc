#include "src/compile/select.h"

#include <gtest/gtest.h>

#include "tests/support/random_graph.h"

namespace kinglet::compile {
namespace {

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

}  // namespace
}  // namespace kinglet::compile
