#include "src/lookahead/measure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/compile/measure.h"
#include "src/train/families.h"
#include "src/train/quantize.h"

namespace kinglet::lookahead {
namespace {

using ::testing::HasSubstr;

signal::Pipeline Make(const signal::Options& options) {
  auto pipeline = signal::Pipeline::Make(options);
  EXPECT_TRUE(pipeline.has_value()) << pipeline.error().message;
  return *std::move(pipeline);
}
signal::Pipeline Sound() { return Make(signal::AudioOptions{.coefficients = 10}); }
signal::Pipeline Picture() { return Make(signal::ImageOptions{}); }

std::vector<MeasuredModel> Candidates(const signal::Pipeline& pipeline) {
  auto models = MeasureFamily(pipeline, 10);
  EXPECT_TRUE(models.has_value()) << models.error().message;
  return *std::move(models);
}

board::Board Load(const std::string& name) {
  auto board = board::LoadBoard(name);
  EXPECT_TRUE(board.has_value()) << board.error().message;
  return *std::move(board);
}

TEST(MeasureFamily, HasEveryMemberFromAFewThousandWeightsOn) {
  const std::vector<MeasuredModel> family = Candidates(Sound());
  EXPECT_EQ(family.size(), train::Members("ds_cnn")->size());
  const board::Core core = Load("cortex-m0plus").core;
  EXPECT_LT(family.front().For(core).weight_bytes, 8'000U);
  EXPECT_GT(family.back().For(core).weight_bytes, 100'000U);
  EXPECT_EQ(MeasureMember(Sound(), 10, family[2].name)->For(core).weight_bytes,
            family[2].For(core).weight_bytes);
  EXPECT_EQ(MeasureMember(Sound(), 10, "ds_cnn-1x1").error().code, Code::kNotFound);
}

TEST(MeasureFamily, TooFewClassesIsRefused) {
  const auto models = MeasureFamily(Picture(), 1);
  ASSERT_FALSE(models.has_value());
  EXPECT_THAT(models.error().message, HasSubstr("1 classes"));
}

TEST(MeasureModel, ArenaIsTheCompilersOwn) {
  const auto architecture = train::MakeArchitecture("cnn-8x1", {28, 28, 1}, 10);
  const ir::Graph graph = train::UntrainedGraph(*architecture, {0.01F, -128});
  const auto model = MeasureModel("m", graph);
  for (const char* name : {"cortex-m0plus", "cortex-m4f"}) {
    const board::Core core = Load(name).core;
    const auto numbers = compile::Measure(graph, compile::TargetOf(core));
    EXPECT_EQ(model->For(core).arena_bytes, numbers->arena_bytes);
    EXPECT_EQ(model->For(core).weight_bytes, numbers->weights_bytes);
    EXPECT_EQ(model->macs, numbers->macs);
  }
}

TEST(CostOf, LargerMembersTakeMoreInstructionsOnEveryCore) {
  const std::vector<MeasuredModel> family = Candidates(Sound());
  for (const char* name : {"cortex-m0plus", "cortex-m4f", "cortex-m55", "rv32imc"}) {
    const board::Core core = Load(name).core;
    for (size_t i = 1; i < family.size(); ++i) {
      EXPECT_GT(CostOf(family[i], core)->instructions.predicted,
                CostOf(family[i - 1], core)->instructions.predicted)
          << family[i].name << " on " << name;
    }
  }
}

TEST(CostOf, SoundIsAStreamAndAPictureIsNot) {
  const board::Core core = Load("cortex-m4f").core;
  const FeaturesCost sound =
      CostOf(Make(signal::AudioOptions{.stride_ms = 20, .step_ms = 250}), core).value();
  EXPECT_EQ(sound.window_ms, 1'000);
  EXPECT_EQ(sound.step_ms, 240);  // whole strides
  EXPECT_EQ(sound.raw_bytes, 640U);
  const FeaturesCost picture = CostOf(Picture(), core).value();
  EXPECT_EQ(picture.step_ms, 0);
  EXPECT_EQ(picture.raw_bytes, 0U);
}

TEST(PlanFor, SmallBoardTakesASmallerMemberThanALargeOne) {
  const signal::Pipeline pipeline = Picture();
  const std::vector<MeasuredModel> family = Candidates(pipeline);
  const auto small = PlanFor(Load("arduino-zero"), {}, pipeline, family);
  const auto large = PlanFor(Load("nucleo-h7a3zi-q"), {}, pipeline, family);
  ASSERT_TRUE(small->chosen && large->chosen);
  EXPECT_LT(*small->chosen, *large->chosen);
  EXPECT_EQ(*large->chosen, family.size() - 1);
}

TEST(PlanFor, KeywordsFitSixtyFourKibOfFlashAndThirtyTwoOfRam) {
  const signal::Pipeline pipeline = Sound();
  const auto plan =
      PlanFor(Load("nano-33-ble-sense"), {.flash_bytes_max = 65'536, .ram_bytes_max = 32'768},
              pipeline, Candidates(pipeline));
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->verdict, Verdict::kFits);
  EXPECT_LE(plan->subject().flash().Total().worst, 65'536);
  EXPECT_LE(plan->subject().ram().Total().worst, 32'768);
}

TEST(PlanFor, UnknownCoreIsNamed) {
  board::Board board = Load("nano-33-ble-sense");
  board.core.name = "z80";
  const auto plan = PlanFor(board, {}, Picture(), Candidates(Picture()));
  ASSERT_FALSE(plan.has_value());
  EXPECT_THAT(plan.error().message, HasSubstr("z80"));
}

TEST(RankBoards, LeavesOutBareCoresAndPutsFittingBoardsFirst) {
  const signal::Pipeline pipeline = Picture();
  const std::vector<board::Board> boards = board::LoadBoards().value();
  const auto plans = RankBoards(boards, {.latency_ms_max = 100}, pipeline, Candidates(pipeline));
  ASSERT_TRUE(plans.has_value());
  size_t real = 0;
  for (const board::Board& board : boards) real += board.generic ? 0 : 1;
  EXPECT_EQ(plans->size(), real);
  for (size_t i = 1; i < plans->size(); ++i) {
    EXPECT_LE((*plans)[i - 1].verdict, (*plans)[i].verdict);
    EXPECT_FALSE(RankReason((*plans)[i]).empty());
  }
}

}  // namespace
}  // namespace kinglet::lookahead
