#include "src/bench/bench.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "src/bench/render.h"
#include "tests/support/graph_builder.h"
#include "tests/support/random_graph.h"
#include "tests/support/state_graphs.h"

namespace kinglet::bench {
namespace {

using kinglet::testing::GraphBuilder;
using kinglet::testing::RandomGraph;
using kinglet::testing::SmallNetwork;
using ::testing::HasSubstr;

board::Board LoadBoard(const std::string& name) {
  auto board = board::LoadBoard(name);
  EXPECT_TRUE(board) << board.error().message;
  return *board;
}

uint64_t Sum(const std::vector<FlashPart>& parts) {
  return std::accumulate(parts.begin(), parts.end(), uint64_t{0},
                         [](uint64_t sum, const FlashPart& part) { return sum + part.bytes; });
}

class BenchOnEveryCore : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Bench, BenchOnEveryCore,
                         ::testing::Values("cortex-m0plus", "cortex-m4f", "cortex-m7", "cortex-m33",
                                           "cortex-m55", "rv32imc"),
                         [](const auto& core) {
                           std::string name = core.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST_P(BenchOnEveryCore, EveryOperatorIsBitIdenticalToTheHostExecutor) {
  const ir::Graph graph = SmallNetwork();
  const auto result =
      BenchModel(graph, LoadBoard(GetParam()), {.sample_count = 20, .layers = Layers::kYes});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(result->bit_identical);
  EXPECT_EQ(result->samples, 20U);
  ASSERT_EQ(result->layers.size(), graph.ops.size() - 1) << "the flatten moves nothing";
  uint64_t instructions_of_layers = 0;
  for (const LayerResult& layer : result->layers) {
    EXPECT_TRUE(layer.bit_identical) << layer.name;
    instructions_of_layers += layer.instructions;
  }
  EXPECT_GT(result->instructions, static_cast<uint64_t>(result->macs));
  EXPECT_NEAR(static_cast<double>(instructions_of_layers),
              static_cast<double>(result->instructions),
              0.01 * static_cast<double>(result->instructions));
  EXPECT_EQ(Sum(result->flash_parts), result->flash_bytes);
  EXPECT_GT(result->flash_bytes, 1000U);
  EXPECT_GE(result->ram_bytes, result->arena_bytes + result->stack_bytes);
  EXPECT_LT(result->ram_bytes, result->arena_bytes + result->stack_bytes + 64);
  EXPECT_GT(result->stack_bytes, 64U);
  EXPECT_LT(result->stack_bytes, 4096U);
  EXPECT_GT(result->estimated_latency_ms, 0);
  EXPECT_EQ(result->instructions_dsp, 0U);
  EXPECT_FALSE(result->accuracy);
}

TEST_P(BenchOnEveryCore, ARandomGraphIsBitIdenticalToTheHostExecutor) {
  const auto result = BenchModel(RandomGraph(7), LoadBoard(GetParam()), {.sample_count = 5});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(result->bit_identical);
}

// Every sample begins with the state of a fresh model, on the board as on the host.
TEST(Bench, ModelsWithMemoryAreBitIdenticalToTheHostExecutor) {
  for (const ir::Graph& graph : {kinglet::testing::SvdfNetwork(), kinglet::testing::LstmNetwork(),
                                 kinglet::testing::StreamingNetwork()}) {
    const auto result = BenchModel(graph, LoadBoard("cortex-m4f"), {.sample_count = 4});
    ASSERT_TRUE(result) << graph.name << ": " << result.error().message;
    EXPECT_TRUE(result->bit_identical) << graph.name;
  }
}

TEST(Bench, SeveralInputsAndOutputsKeepTheirOrder) {
  GraphBuilder builder("two_by_two", 5);
  const auto a = builder.Input({1, 4, 4, 2});
  const auto b = builder.Input({1, 4, 4, 2});
  const auto sum = builder.Add(a, b);
  const auto flat = builder.Dense(builder.Flatten(b), 3);
  const ir::Graph graph = builder.Finish({flat, sum});
  Bytes first(32);
  Bytes second(32);
  std::iota(first.begin(), first.end(), uint8_t{200});
  std::iota(second.begin(), second.end(), uint8_t{17});
  const auto host = InvokeOnHost(graph, {first, second});
  const auto device = InvokeOnBoard(graph, LoadBoard("cortex-m4f"), {first, second});
  ASSERT_TRUE(host) << host.error().message;
  ASSERT_TRUE(device) << device.error().message;
  ASSERT_EQ(device->size(), 2U);
  EXPECT_EQ((*device)[0].size(), 3U);
  EXPECT_EQ(*device, *host);
  const auto swapped = InvokeOnHost(graph, {second, first});
  ASSERT_TRUE(swapped);
  EXPECT_NE(*swapped, *host) << "the order must matter for this test to mean anything";
}

TEST(Bench, EveryKindOfOperatorIsBitIdenticalInEachOfItsOutputs) {
  const auto result = BenchModel(kinglet::testing::EveryKindGraph(), LoadBoard("cortex-m4f"),
                                 {.sample_count = 3, .layers = Layers::kYes});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_TRUE(result->bit_identical);
  EXPECT_GT(result->layers.size(), 60U);
  for (const LayerResult& layer : result->layers) EXPECT_TRUE(layer.bit_identical) << layer.name;
}

TEST(Bench, InputsOfAWrongLengthAreRefusedOnHostAndBoardAlike) {
  const ir::Graph graph = SmallNetwork();
  const Bytes wrong(5);
  const auto device = InvokeOnBoard(graph, LoadBoard("cortex-m4f"), {wrong});
  const auto host = InvokeOnHost(graph, {wrong});
  ASSERT_FALSE(device);
  ASSERT_FALSE(host);
  EXPECT_EQ(device.error().code, Code::kInvalid);
  EXPECT_EQ(device.error().message, host.error().message);
}

TEST(Bench, AModelTooLargeForTheBoardIsOneClearError) {
  board::Board board = LoadBoard("cortex-m4f");
  board.name = "tiny-board";
  board.flash_bytes = 4096;
  const auto flash = BenchModel(SmallNetwork(), board, {});
  ASSERT_FALSE(flash);
  EXPECT_EQ(flash.error().code, Code::kOverBudget);
  EXPECT_THAT(flash.error().message, HasSubstr(" B of flash, tiny-board has 4,096 B: "));

  board.flash_bytes = 65536;
  board.ram_bytes = 256;
  const auto ram = BenchModel(SmallNetwork(), board, {});
  ASSERT_FALSE(ram);
  EXPECT_EQ(ram.error().code, Code::kOverBudget);
  EXPECT_THAT(ram.error().message, HasSubstr(" B of RAM, tiny-board has 256 B: "));
}

TEST(Bench, TheStackCountsTowardsTheRam) {
  board::Board board = LoadBoard("cortex-m4f");
  const auto roomy = BenchModel(SmallNetwork(), board, {.sample_count = 1});
  ASSERT_TRUE(roomy) << roomy.error().message;
  board.ram_bytes = roomy->ram_bytes;
  EXPECT_TRUE(BenchModel(SmallNetwork(), board, {.sample_count = 1}));
  board.ram_bytes = roomy->ram_bytes - 1;
  const auto tight = BenchModel(SmallNetwork(), board, {.sample_count = 1});
  ASSERT_FALSE(tight);
  EXPECT_EQ(tight.error().code, Code::kOverBudget);
  EXPECT_THAT(tight.error().message, HasSubstr("of them stack"));
}

TEST(Bench, JsonHasTheDocumentedNames) {
  BenchResult result;
  result.samples = 12;
  result.bit_identical = true;
  result.instructions = 34;
  result.flash_parts = {{"weights", 56}};
  auto json = nlohmann::json::parse(ToJson(result));
  for (const char* name :
       {"accuracy", "samples", "bit_identical", "instructions_dsp", "instructions", "flash_bytes",
        "ram_bytes", "arena_bytes", "stack_bytes", "macs", "estimated_latency_ms"}) {
    EXPECT_TRUE(json.contains(name)) << name;
  }
  EXPECT_TRUE(json["accuracy"].is_null());
  EXPECT_EQ(json["instructions"], 34);
  EXPECT_EQ(json["flash_parts"]["weights"], 56);
  EXPECT_THAT(ToText(result), HasSubstr("(estimated)"));
  result.accuracy = 0.5;
  EXPECT_EQ(nlohmann::json::parse(ToJson(result))["accuracy"], 0.5);
}

}  // namespace
}  // namespace kinglet::bench
