#include "src/lookahead/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "src/base/random.h"

namespace kinglet::lookahead {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

board::Board MakeBoard(const std::string& name, uint64_t flash_bytes, uint64_t ram_bytes) {
  board::Board board;
  board.name = name;
  board.core.name = "cortex-m4f";
  board.core.cycles_per_instruction = 2;
  board.flash_bytes = flash_bytes;
  board.ram_bytes = ram_bytes;
  board.clock_hz = 100e6;
  return board;
}

// 20,000 B of flash, 10,000 B of RAM, 10 ms; nothing is estimated unless a test says so.
FeaturesCost Features() {
  return {.code_bytes = Estimate::Exact(2'000),
          .table_bytes = 1'000,
          .state_bytes = 1'500,
          .scratch_bytes = 500,
          .raw_bytes = 640,
          .stack_bytes = Estimate::Exact(300),
          .instructions = Estimate::Exact(200'000)};
}
RuntimeCost Runtime() {
  return {
      .code_bytes = Estimate::Exact(1'000), .data_bytes = 60, .stack_bytes = Estimate::Exact(200)};
}
ModelCost Model(const std::string& name, uint64_t weight_bytes = 10'000,
                uint64_t arena_bytes = 7'200) {
  return {.name = name,
          .macs = 100'000,
          .kernel_bytes = Estimate::Exact(6'000),
          .weight_bytes = weight_bytes,
          .arena_bytes = arena_bytes,
          .stack_bytes = Estimate::Exact(400),
          .instructions = Estimate::Exact(300'000)};
}

Plan PlanOne(const board::Board& board, const Requirements& requirements = {},
             const ModelCost& model = Model("m")) {
  return MakePlan(board, requirements, Runtime(), Features(), {model});
}

TEST(Plan, LinesAddUp) {
  const MemberPlan member =
      PlanMember(MakeBoard("b", 1 << 20, 1 << 20), {}, Runtime(), Features(), Model("m"));
  EXPECT_EQ(member.flash().Total().predicted, 20'000);
  EXPECT_EQ(member.ram().Total().predicted, 10'000);
  EXPECT_DOUBLE_EQ(member.latency().Total().predicted, 10);
  EXPECT_EQ(member.budgets.size(), 3U);
}

TEST(Plan, ExactlyAtTheLimitFitsAndOneByteLessDoesNot) {
  EXPECT_EQ(PlanOne(MakeBoard("b", 20'000, 10'000)).verdict, Verdict::kFits);
  EXPECT_EQ(PlanOne(MakeBoard("b", 19'999, 10'000)).verdict, Verdict::kDoesNotFit);
  EXPECT_EQ(PlanOne(MakeBoard("b", 20'000, 9'999)).verdict, Verdict::kDoesNotFit);
}

TEST(Plan, ApplicationTakesFromTheBoard) {
  const board::Board board = MakeBoard("b", 25'000, 12'000);
  EXPECT_EQ(
      PlanOne(board, {.application_flash_bytes = 5'000, .application_ram_bytes = 2'000}).verdict,
      Verdict::kFits);
  EXPECT_EQ(PlanOne(board, {.application_flash_bytes = 5'001}).verdict, Verdict::kDoesNotFit);
  EXPECT_EQ(PlanOne(board, {.application_ram_bytes = 2'001}).verdict, Verdict::kDoesNotFit);
  // More than the board has leaves nothing.
  EXPECT_EQ(PlanOne(board, {.application_ram_bytes = 13'000}).members[0].ram().limit, 0);
}

TEST(Plan, RequirementsLimitOnlyBelowTheBoard) {
  const board::Board board = MakeBoard("b", 30'000, 15'000);
  EXPECT_EQ(PlanOne(board, {.flash_bytes_max = 20'000, .ram_bytes_max = 10'000}).verdict,
            Verdict::kFits);
  EXPECT_EQ(PlanOne(board, {.flash_bytes_max = 19'999}).verdict, Verdict::kDoesNotFit);
  EXPECT_EQ(PlanOne(board, {.ram_bytes_max = 9'999}).verdict, Verdict::kDoesNotFit);
  EXPECT_EQ(PlanOne(board, {.ram_bytes_max = 20'000}).members[0].ram().limit, 15'000);
}

TEST(Plan, LatencyIsLimitedOnlyWhenAsked) {
  const board::Board board = MakeBoard("b", 1 << 20, 1 << 20);
  EXPECT_TRUE(std::isinf(PlanOne(board).members[0].latency().limit));
  EXPECT_EQ(PlanOne(board).verdict, Verdict::kFits);
  // A core's cycles per instruction are an average, so exactly as predicted is tight.
  EXPECT_EQ(PlanOne(board, {.latency_ms_max = 10}).verdict, Verdict::kFitsTight);
  EXPECT_EQ(PlanOne(board, {.latency_ms_max = 9.99}).verdict, Verdict::kDoesNotFit);
  EXPECT_EQ(PlanOne(board, {.latency_ms_max = 12.5}).verdict, Verdict::kFits);
}

TEST(Plan, DataThatWaitForFlashTakeTheirTime) {
  board::Board board = MakeBoard("b", 1 << 20, 1 << 20);
  const double without = PlanOne(board).members[0].latency().Total().predicted;
  board.flash_wait_cycles_per_byte = 2 * board.core.cycles_per_instruction;
  EXPECT_DOUBLE_EQ(PlanOne(board).members[0].latency().Total().predicted, 1.5 * without);
}

TEST(Plan, StreamMustKeepUpWithItsSteps) {
  FeaturesCost features = Features();
  features.window_ms = 100;
  features.step_ms = 50;  // half of the features' 4 ms and all of the model's 6 ms
  const board::Board board = MakeBoard("b", 1 << 20, 1 << 20);
  MemberPlan member = PlanMember(board, {}, Runtime(), features, Model("m"));
  ASSERT_EQ(member.budgets.size(), 4U);
  EXPECT_DOUBLE_EQ(member.budgets[3].Total().predicted, 8);
  EXPECT_EQ(member.verdict, Verdict::kFits);
  features.step_ms = 5;
  member = PlanMember(board, {}, Runtime(), features, Model("m"));
  EXPECT_EQ(member.verdict, Verdict::kDoesNotFit);
  EXPECT_EQ(member.budgets[3].Reason(),
            "model 6.00 ms + dsp 0.20 ms = 6.20 ms of work a step; the next step comes after "
            "5.00 ms");
}

TEST(Plan, ScratchOfTheFeaturesSharesTheArena) {
  const board::Board board = MakeBoard("b", 1 << 20, 1 << 20);
  FeaturesCost features = Features();
  const double before =
      PlanMember(board, {}, Runtime(), features, Model("m")).ram().Total().predicted;
  features.scratch_bytes = 7'200;
  EXPECT_EQ(PlanMember(board, {}, Runtime(), features, Model("m")).ram().Total().predicted, before);
  features.scratch_bytes = 7'201;
  EXPECT_EQ(PlanMember(board, {}, Runtime(), features, Model("m")).ram().Total().predicted,
            before + 1);
}

TEST(Plan, DeeperOfTheTwoStacksCounts) {
  const board::Board board = MakeBoard("b", 1 << 20, 1 << 20);
  FeaturesCost features = Features();
  features.stack_bytes = Estimate::Exact(500);
  EXPECT_EQ(PlanMember(board, {}, Runtime(), features, Model("m")).ram().Total().predicted, 10'100);
}

TEST(Plan, ErrorOfTheEstimateMakesItTight) {
  ModelCost model = Model("m");
  model.kernel_bytes = {6'000, 6'001};
  EXPECT_EQ(PlanOne(MakeBoard("b", 20'001, 10'000), {}, model).verdict, Verdict::kFits);
  EXPECT_EQ(PlanOne(MakeBoard("b", 20'000, 10'000), {}, model).verdict, Verdict::kFitsTight);
  EXPECT_EQ(PlanOne(MakeBoard("b", 19'999, 10'000), {}, model).verdict, Verdict::kDoesNotFit);
}

TEST(Plan, ReasonsNameEveryNumberAndTheLimit) {
  const Plan plan = PlanOne(MakeBoard("nucleo", 32'768, 9'216), {.application_ram_bytes = 1'024});
  EXPECT_EQ(plan.verdict, Verdict::kDoesNotFit);
  EXPECT_EQ(plan.chosen, std::nullopt);
  EXPECT_THAT(plan.reasons,
              ElementsAre("arena 7,200 B + dsp state 1,500 B + raw input 640 B + stack 600 B + "
                          "runtime 60 B = 10,000 B of RAM; nucleo leaves 8,192 B"));
  EXPECT_THAT(plan.changes,
              ElementsAre("1,808 B of RAM too much: take a board with at least 11,024 B"));
}

TEST(Plan, FittingPlanGivesItsReasonsToo) {
  const Plan plan = PlanOne(MakeBoard("nucleo", 32'768, 16'384), {.latency_ms_max = 100});
  EXPECT_THAT(plan.reasons,
              ElementsAre("weights 10,000 B + kernels 6,000 B + dsp 3,000 B + runtime 1,000 B = "
                          "20,000 B of flash; nucleo has 32,768 B",
                          "arena 7,200 B + dsp state 1,500 B + raw input 640 B + stack 600 B + "
                          "runtime 60 B = 10,000 B of RAM; nucleo has 16,384 B",
                          "model 6.00 ms + dsp 4.00 ms = 10.0 ms a window; latency_ms_max is "
                          "100.0 ms"));
  EXPECT_THAT(plan.changes, IsEmpty());
}

TEST(Plan, TightReasonNamesTheError) {
  ModelCost model = Model("m");
  model.kernel_bytes = {6'000, 7'500};
  const Plan plan = PlanOne(MakeBoard("b", 21'000, 10'000), {}, model);
  EXPECT_EQ(plan.reasons[0],
            "weights 10,000 B + kernels 6,000 B + dsp 3,000 B + runtime 1,000 B = 20,000 B of "
            "flash, up to 21,500 B with the error of the estimate; b "
            "has 21,000 B");
}

TEST(Plan, ChangesSayWhatToGiveUp) {
  const board::Board board = MakeBoard("b", 30'000, 12'000);
  EXPECT_THAT(PlanOne(board, {.application_ram_bytes = 3'000}).changes,
              ElementsAre("1,000 B of RAM too much: take a board with at least 13,000 B, or leave "
                          "the application 2,000 B at most"));
  EXPECT_THAT(PlanOne(board, {.flash_bytes_max = 16'000}).changes,
              ElementsAre("4,000 B of flash too much: raise flash_bytes_max to 20,000 B"));
  EXPECT_THAT(PlanOne(board, {.latency_ms_max = 4}).changes,
              ElementsAre("6.00 ms too long: allow 10.0 ms, or take a cortex-m4f of at least 250 "
                          "MHz"));
}

TEST(Plan, TakesTheLargestMemberThatFits) {
  const std::vector<ModelCost> family = {Model("small", 5'000), Model("medium", 10'000),
                                         Model("large", 20'000)};
  const auto chosen = [&family](uint64_t flash_bytes) {
    const Plan plan =
        MakePlan(MakeBoard("b", flash_bytes, 20'000), {}, Runtime(), Features(), family);
    return plan.chosen ? plan.subject().name : "none";
  };
  EXPECT_EQ(chosen(14'999), "none");
  EXPECT_EQ(chosen(15'000), "small");
  EXPECT_EQ(chosen(20'000), "medium");
  EXPECT_EQ(chosen(29'999), "medium");
  EXPECT_EQ(chosen(30'000), "large");
}

TEST(Plan, PrefersAMemberThatFitsWithTheErrorOverALargerTightOne) {
  std::vector<ModelCost> family = {Model("small", 5'000), Model("large", 10'000)};
  for (ModelCost& model : family) model.kernel_bytes = {6'000, 7'000};
  const auto plan = [&family](uint64_t flash_bytes) {
    return MakePlan(MakeBoard("b", flash_bytes, 20'000), {}, Runtime(), Features(), family);
  };
  EXPECT_EQ(plan(20'500).subject().name, "small");
  EXPECT_EQ(plan(20'500).verdict, Verdict::kFits);
  // When every one is tight, the smallest has the best chance.
  EXPECT_EQ(plan(15'500).subject().name, "small");
  EXPECT_EQ(plan(15'500).verdict, Verdict::kFitsTight);
}

// Random costs and limits: giving a board more of anything never makes the verdict worse or the
// chosen member smaller.
TEST(Plan, MoreOfAnythingNeverHurts) {
  Random random(7);
  const auto below = [&random](uint32_t limit) { return uint64_t{random.Below(limit)}; };
  for (int trial = 0; trial < 2'000; ++trial) {
    std::vector<ModelCost> family;
    for (int i = 0; i < 4; ++i) {
      ModelCost model = Model("m" + std::to_string(i), below(40'000), below(20'000));
      model.kernel_bytes = Estimate::Within(6'000, 0.3);
      family.push_back(model);
    }
    const Requirements requirements{.latency_ms_max = 1 + static_cast<double>(below(20)),
                                    .application_ram_bytes = below(4'000)};
    const board::Board board = MakeBoard("b", 10'000 + below(40'000), 4'000 + below(20'000));
    const Plan before = MakePlan(board, requirements, Runtime(), Features(), family);
    for (int what = 0; what < 3; ++what) {
      board::Board more = board;
      if (what == 0) more.ram_bytes += 1 + below(10'000);
      if (what == 1) more.flash_bytes += 1 + below(10'000);
      if (what == 2) more.clock_hz *= 1.5;
      const Plan after = MakePlan(more, requirements, Runtime(), Features(), family);
      ASSERT_LE(after.verdict, before.verdict) << "trial " << trial;
      if (before.chosen && after.verdict == before.verdict) {
        ASSERT_TRUE(after.chosen);
        if (before.verdict == Verdict::kFits) {
          ASSERT_GE(*after.chosen, *before.chosen) << "trial " << trial;
        }
      }
    }
  }
}

TEST(Plan, EnergyNeedsAKnownPower) {
  board::Board board = MakeBoard("b", 1 << 20, 1 << 20);
  EXPECT_EQ(PlanOne(board).members[0].energy_uj, 0);
  board.active_power_mw = 20;
  EXPECT_DOUBLE_EQ(PlanOne(board).members[0].energy_uj, 200);
}

TEST(Rank, FittingBeforeTightBeforeTooSmallAndSmallBoardsFirst) {
  std::vector<ModelCost> family = {Model("small", 5'000), Model("large", 10'000)};
  for (ModelCost& model : family) model.kernel_bytes = {6'000, 7'000};
  std::vector<Plan> plans;
  const auto add = [&](const std::string& name, uint64_t flash_bytes, uint64_t ram_bytes) {
    plans.push_back(
        MakePlan(MakeBoard(name, flash_bytes, ram_bytes), {}, Runtime(), Features(), family));
  };
  add("far-too-small", 2'000, 2'000);
  add("too-small", 14'000, 20'000);
  add("tight", 15'500, 10'000);
  add("small-member-only", 17'000, 10'000);
  add("roomy", 200'000, 200'000);
  add("snug", 21'000, 10'000);
  add("snug-more-flash", 22'000, 10'000);
  SortByRank(plans);
  std::vector<std::string> order;
  order.reserve(plans.size());
  for (const Plan& plan : plans) order.push_back(plan.board.name);
  EXPECT_THAT(order, ElementsAre("snug", "snug-more-flash", "roomy", "small-member-only", "tight",
                                 "too-small", "far-too-small"));
  EXPECT_EQ(RankReason(plans[0]), "large leaves 1,000 B of flash and 0 B of RAM, 10.0 ms a window");
  EXPECT_EQ(
      RankReason(plans[4]),
      "small leaves 500 B of flash and 0 B of RAM, 10.0 ms a window; the error of the estimate "
      "may take more");
  EXPECT_EQ(RankReason(plans[5]),
            "not even small: 1,000 B of flash too much: take a board with at least 15,000 B");
}

}  // namespace
}  // namespace kinglet::lookahead
