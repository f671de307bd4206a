#include "src/compile/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/graph_builder.h"

namespace kinglet::compile {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

CompiledModel Model() {
  ir::Graph graph = kinglet::testing::SmallNetwork();
  graph.ops[0].name = "stem \xff";  // no UTF-8
  auto model = Compile(graph);
  EXPECT_TRUE(model.has_value()) << model.error().message;
  return *std::move(model);
}

const CompileSummary kSummary = {"nucleo-l476rg", "cortex-m4f", "out", 12'345, false};

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
  EXPECT_EQ(json["layers"][0].at("kernels"), nlohmann::json::array({"Conv2d"}));
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

TEST(Render, ExplainsEachPassOnRequest) {
  const CompiledModel model = Model();
  CompileSummary summary = kSummary;
  EXPECT_FALSE(nlohmann::json::parse(ToJson(model, summary)).contains("passes"));
  EXPECT_THAT(ToText(model, summary), Not(HasSubstr("remove_dead")));
  summary.explain = true;
  const auto passes = nlohmann::json::parse(ToJson(model, summary)).at("passes");
  ASSERT_EQ(passes.size(), optimize::Passes().size());
  for (const auto& pass : passes) {
    EXPECT_TRUE(pass.at("enabled").get<bool>());
    EXPECT_TRUE(pass.at("milliseconds").is_number());
    EXPECT_TRUE(pass.at("changes").is_array());
    EXPECT_TRUE(pass.at("before").contains("macs"));
    EXPECT_TRUE(pass.at("after").contains("constant_bytes"));
    EXPECT_THAT(ToText(model, summary), HasSubstr("\n  " + pass.at("name").get<std::string>()));
  }
}

TEST(Render, AModuleIsTold) {
  CompileSummary summary = kSummary;
  EXPECT_THAT(ToText(Model(), summary), Not(HasSubstr("module")));
  EXPECT_FALSE(nlohmann::json::parse(ToJson(Model(), summary)).contains("module"));
  summary.module = ModuleSummary{54'321, 54'000, 0x12, 0xAB};
  EXPECT_THAT(ToText(Model(), summary), HasSubstr("54,321 B  model.kmod"));
  EXPECT_THAT(ToText(Model(), summary), HasSubstr("interface 0x0000000000000012"));
  const auto module = nlohmann::json::parse(ToJson(Model(), summary)).at("module");
  EXPECT_EQ(module.at("module_bytes"), 54'321);
  EXPECT_EQ(module.at("code_bytes"), 54'000);
  EXPECT_EQ(module.at("interface_hash"), "0x0000000000000012");
  EXPECT_EQ(module.at("crc32"), "0x000000ab");
}

}  // namespace
}  // namespace kinglet::compile
