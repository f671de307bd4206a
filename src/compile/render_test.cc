#include "src/compile/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/graph_builder.h"

namespace kinglet::compile {
namespace {

using ::testing::HasSubstr;

CompiledModel Model() {
  ir::Graph graph = kinglet::testing::SmallNetwork();
  graph.ops[0].name = "stem \xff";  // no UTF-8
  auto model = Compile(graph);
  EXPECT_TRUE(model.has_value()) << model.error().message;
  return *std::move(model);
}

const CompileSummary kSummary = {"nucleo-l476rg", "cortex-m4f", "out", 12'345};

TEST(Render, JsonHasTheDocumentedFields) {
  const CompiledModel model = Model();
  const auto json = nlohmann::json::parse(ToJson(model, kSummary));
  EXPECT_EQ(json.at("board"), "nucleo-l476rg");
  EXPECT_EQ(json.at("flash_bytes"), 12'345);
  EXPECT_EQ(json.at("weights_bytes"), model.numbers.weights_bytes);
  EXPECT_EQ(json.at("arena_bytes"), model.numbers.arena_bytes);
  EXPECT_EQ(json.at("macs"), model.numbers.macs);
  ASSERT_EQ(json.at("layers").size(), model.numbers.layers.size());
  EXPECT_EQ(json["layers"][0].at("name"), "stem \xef\xbf\xbd");
  EXPECT_EQ(json["layers"][0].at("kind"), "conv_2d");
  EXPECT_EQ(json["layers"][0].at("output_bytes"), 512);
  EXPECT_EQ(json["layers"][0].at("macs"), 512 * 27);
}

TEST(Render, TextHasALinePerLayer) {
  const CompiledModel model = Model();
  const std::string text = ToText(model, kSummary);
  EXPECT_THAT(text, HasSubstr("flash           12,345 B"));
  for (size_t i = 1; i < model.numbers.layers.size(); ++i) {
    EXPECT_THAT(text, HasSubstr("\n  " + model.numbers.layers[i].name + " "));
  }
}

}  // namespace
}  // namespace kinglet::compile
