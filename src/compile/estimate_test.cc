#include "src/compile/estimate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "device/kernels/add.h"
#include "device/kernels/conv_2d.h"
#include "src/base/files.h"
#include "src/board/board.h"
#include "tests/support/graph_builder.h"
#include "tests/support/shared_data.h"

namespace kinglet::compile {
namespace {

using ::testing::HasSubstr;

TEST(Estimate, EveryCoreHasMeasuredCosts) {
  const auto boards = board::LoadBoards();
  ASSERT_TRUE(boards.has_value()) << boards.error().message;
  for (const board::Board& board : *boards) {
    const auto costs = LoadCoreCosts(board.core.name);
    ASSERT_TRUE(costs.has_value()) << costs.error().message;
    for (const auto& [function, cost] : costs->kernels) {
      EXPECT_FALSE(cost.code_bytes.empty()) << board.core.name << " " << function;
      EXPECT_TRUE(std::ranges::any_of(cost.instructions, [](double each) { return each > 0; }))
          << board.core.name << " " << function;
    }
  }
}

TEST(Estimate, AFileIsTheTextOfItsCosts) {
  const auto costs = LoadCoreCosts("cortex-m4f");
  ASSERT_TRUE(costs.has_value()) << costs.error().message;
  const auto text = ReadTextFile(kinglet::testing::SourcePath("cores/costs/cortex-m4f.toml"));
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(CoreCostsText(*costs), *text);
}

TEST(Estimate, AnUnmeasuredCoreIsNamed) {
  const auto costs = LoadCoreCosts("z80");
  ASSERT_FALSE(costs.has_value());
  EXPECT_EQ(costs.error().code, Code::kNotFound);
  EXPECT_THAT(costs.error().message, HasSubstr("costs on z80: run calibrate z80"));
}

TEST(Estimate, CountsEachKernelOnceAndEachCallAlways) {
  CoreCosts costs;
  costs.argument_bytes = 2;
  costs.kernels["Conv2d"] = {{{"x conv", 900}, {"x both", 100}}, 50, 200, {1, 0, 2, 0, 3, 0, 0}};
  costs.kernels["Add"] = {{{"y add", 40}, {"x both", 100}}, 80, 300, {0, 0, 1, 0, 0, 0, 0}};
  kinglet::testing::GraphBuilder b("two", 1);
  const auto x = b.Input({1, 2, 2, 4});
  const auto y = b.Conv(b.Conv(x, 4, {1, 1, 0}), 4, {1, 1, 0});
  const auto program = MakeProgram(b.Finish({b.Add(x, y)}));
  ASSERT_TRUE(program.has_value()) << program.error().message;
  const ModelEstimate estimate = Estimate(*program, costs).value();
  const uint64_t params = 2 * sizeof(kernels::Conv2dParams) + sizeof(kernels::AddParams);
  EXPECT_EQ(estimate.kernel_bytes, 900 + 100 + 40 + 80 + 2 * (7 + 7 + 4) + params);
  EXPECT_EQ(estimate.stack_bytes, 300U);
  // Each convolution: one call, 16 outputs, 4 pixels of one block with 4 steps.
  EXPECT_THAT(estimate.layer_instructions, ::testing::ElementsAre(1 + 32 + 48, 1 + 32 + 48, 16));
  EXPECT_EQ(estimate.instructions, 2 * 81 + 16);
}

TEST(Estimate, AReshapeInPlaceCostsNothing) {
  kinglet::testing::GraphBuilder b("reshape", 1);
  const auto program = MakeProgram(b.Finish({b.Flatten(b.Input({1, 2, 2, 4}))}));
  ASSERT_TRUE(program.has_value());
  const ModelEstimate estimate = Estimate(*program, {}).value();
  EXPECT_EQ(estimate.instructions, 0);
  EXPECT_EQ(estimate.kernel_bytes, 0U);
}

}  // namespace
}  // namespace kinglet::compile
