#include "src/lookahead/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace kinglet::lookahead {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::ElementsAre;

Plan Toy(uint64_t ram_bytes) {
  board::Board board;
  board.name = "toy";
  board.title = "Toy board";
  board.core.name = "cortex-m4f";
  board.core.cycles_per_instruction = 1;
  board.clock_hz = 80e6;
  board.flash_bytes = 65'536;
  board.ram_bytes = ram_bytes;
  board.active_power_mw = 10;
  const RuntimeCost runtime{.code_bytes = Estimate::Exact(1'000),
                            .stack_bytes = Estimate::Exact(512)};
  const FeaturesCost features{.code_bytes = {3'000, 3'600},
                              .table_bytes = 1'024,
                              .state_bytes = 600,
                              .instructions = Estimate::Exact(80'000),
                              .window_ms = 1'000,
                              .step_ms = 500};
  std::vector<ModelCost> models;
  for (const uint64_t size : {1'000, 20'000}) {
    models.push_back({.name = "net-" + std::to_string(size),
                      .macs = static_cast<int64_t>(10 * size),
                      .kernel_bytes = {4'000, 4'400},
                      .weight_bytes = size,
                      .arena_bytes = size,
                      .instructions = Estimate::Exact(static_cast<double>(80 * size))});
  }
  return MakePlan(board, {.application_ram_bytes = 1'000}, runtime, features, models);
}

std::vector<std::string> KeysOf(const Json& json) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  return keys;
}

TEST(PlanText, ShowsEveryBudgetAndMember) {
  EXPECT_EQ(PlanText(Toy(10'000)), R"(net-1000 fits Toy board, cortex-m4f at 80 MHz

flash                    predicted       at most
  weights                  1,000 B       1,000 B
  kernels                  4,000 B       4,400 B
  dsp                      4,024 B       4,624 B
  runtime                  1,000 B       1,000 B
  total                   10,024 B      11,024 B   15 %; toy has 65,536 B

ram                      predicted       at most
  arena                    1,000 B       1,000 B
  dsp state                  600 B         600 B
  stack                      512 B         512 B
  total                    2,112 B       2,112 B   23 %; toy leaves 9,000 B

latency                  predicted       at most
  dsp                      1.00 ms       1.25 ms
  model                    1.00 ms       1.25 ms
  total                    2.00 ms       2.50 ms

processor                predicted       at most
  dsp                      0.50 ms       0.62 ms
  model                    1.00 ms       1.25 ms
  total                    1.50 ms       1.88 ms   0 %; the next step comes after 500.0 ms

energy                     20.0 uJ a window, at 10 mW

model                        flash           ram       latency           mac  verdict
* net-1000                10,024 B       2,112 B       2.00 ms        10,000  fits
  net-20000               29,024 B      21,112 B       21.0 ms       200,000  does not fit
)");
}

TEST(PlanText, SaysWhatWouldHelpWhenNothingFits) {
  EXPECT_THAT(PlanText(Toy(3'000)),
              ::testing::HasSubstr(
                  "Nothing fits. For net-1000:\n"
                  "- arena 1,000 B + dsp state 600 B + stack 512 B = 2,112 B of RAM; toy leaves "
                  "2,000 B\n"
                  "What would help:\n"
                  "- 112 B of RAM too much: take a board with at least 3,112 B, or leave the "
                  "application 888 B at most\n"));
}

TEST(PlanJson, FieldNamesAreStable) {
  const Json json = Json::parse(PlanJson(Toy(10'000)));
  EXPECT_THAT(KeysOf(json),
              ElementsAre("board", "core", "clock_hz", "board_flash_bytes", "board_ram_bytes",
                          "verdict", "model", "reasons", "changes", "energy_uj", "flash", "ram",
                          "latency", "processor", "members"));
  EXPECT_THAT(KeysOf(json["flash"]),
              ElementsAre("predicted", "worst", "limit", "unit", "verdict", "lines"));
  EXPECT_THAT(KeysOf(json["flash"]["lines"]), ElementsAre("weights", "kernels", "dsp", "runtime"));
  EXPECT_THAT(KeysOf(json["ram"]["lines"]),
              ElementsAre("arena", "dsp_scratch", "dsp_state", "raw_input", "stack", "runtime"));
  EXPECT_THAT(KeysOf(json["members"][0]), ElementsAre("model", "verdict", "macs", "flash_bytes",
                                                      "ram_bytes", "latency_ms", "energy_uj"));
}

TEST(PlanJson, ValuesAreThoseOfThePlan) {
  const Json json = Json::parse(PlanJson(Toy(10'000)));
  EXPECT_EQ(json["verdict"], "fits");
  EXPECT_EQ(json["model"], "net-1000");
  EXPECT_EQ(json["flash"]["predicted"], 10'024);
  EXPECT_EQ(json["flash"]["worst"], 11'024);
  EXPECT_EQ(json["ram"]["limit"], 9'000);
  EXPECT_EQ(json["ram"]["unit"], "bytes");
  EXPECT_TRUE(json["latency"]["limit"].is_null());
  EXPECT_EQ(json["latency"]["lines"]["model"]["predicted"], 1.0);
  EXPECT_EQ(json["energy_uj"], 20.0);
  EXPECT_EQ(json["members"][1]["verdict"], "does_not_fit");
  EXPECT_EQ(json["members"][1]["ram_bytes"], 21'112);
}

TEST(PlanJson, NothingFitsHasNoModelButReasonsAndChanges) {
  const Json json = Json::parse(PlanJson(Toy(3'000)));
  EXPECT_EQ(json["verdict"], "does_not_fit");
  EXPECT_TRUE(json["model"].is_null());
  EXPECT_EQ(json["reasons"].size(), 1U);
  EXPECT_EQ(json["changes"].size(), 1U);
}

TEST(Ranking, GivesEachBoardItsReason) {
  std::vector<Plan> plans = {Toy(3'000), Toy(10'000)};
  plans[0].board.name = "small";
  SortByRank(plans);
  EXPECT_EQ(
      RankingText(plans),
      " 1  toy    fits          net-1000 leaves 55,512 B of flash and 6,888 B of RAM, 2.00 ms a "
      "window\n"
      " 2  small  does not fit  not even net-1000: 112 B of RAM too much: take a board with at "
      "least 3,112 B, or leave the application 888 B at most\n");
  const Json json = Json::parse(RankingJson(plans));
  ASSERT_EQ(json["boards"].size(), 2U);
  EXPECT_EQ(json["boards"][0]["board"], "toy");
  EXPECT_EQ(json["boards"][1]["verdict"], "does_not_fit");
  EXPECT_THAT(KeysOf(json["boards"][0]),
              ElementsAre("board", "core", "clock_hz", "board_flash_bytes", "board_ram_bytes",
                          "verdict", "model", "reasons", "changes", "reason", "subject"));
}

}  // namespace
}  // namespace kinglet::lookahead
