#include "src/compile/generate.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "src/base/files.h"
#include "src/base/version.h"
#include "tests/support/graph_builder.h"
#include "tests/support/shared_data.h"

namespace kinglet::compile {
namespace {

using kinglet::testing::GraphBuilder;
using ::testing::HasSubstr;
using ::testing::Not;

CompiledModel CompileOrDie(const ir::Graph& graph, const CompileOptions& options = {}) {
  auto model = Compile(graph, options);
  EXPECT_TRUE(model.has_value()) << model.error().message;
  return *model;
}

ir::Graph TinyNetwork() {
  GraphBuilder b("tiny", 5);
  const auto x = b.Input({1, 2, 2, 2});
  const auto y = b.Dense(b.Flatten(b.Conv(x, 3, {1, 1, 0})), 2);
  ir::Graph graph = b.Finish({b.Softmax(y)});
  graph.metadata[std::string(ir::kLabelsMetadata)] = "no\nyes\n";
  return graph;
}

// Everything but the copied device sources, with the version taken out.
std::string GeneratedText(const CompiledModel& model) {
  std::string text;
  for (const auto& [path, content] : model.files) {
    if (!path.starts_with("device/")) text += fmt::format("=== {}\n{}", path, content);
  }
  const std::string version = kVersion;
  for (size_t at = text.find(version); at != std::string::npos; at = text.find(version, at)) {
    text.replace(at, version.size(), "VERSION");
  }
  return text;
}

TEST(Generate, ATinyModelsFolderIsTheGoldenText) {
  const std::string path = kinglet::testing::SourcePath("src/compile/testdata/tiny.golden");
  const std::string text = GeneratedText(CompileOrDie(TinyNetwork()));
  if (std::getenv("KINGLET_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(WriteFileAtomic(path, text).has_value());
  }
  const auto golden = ReadTextFile(path);
  ASSERT_TRUE(golden.has_value()) << golden.error().message;
  EXPECT_EQ(text, *golden) << "if this is meant: KINGLET_UPDATE_GOLDEN=1 and look at the diff";
}

TEST(Generate, IsTheSameTextEveryTime) {
  EXPECT_EQ(CompileOrDie(kinglet::testing::SmallNetwork()).files,
            CompileOrDie(kinglet::testing::SmallNetwork()).files);
}

TEST(Generate, TheDigestChangesWithOneWeight) {
  ir::Graph graph = TinyNetwork();
  const std::string before = CompileOrDie(graph).files["model.h"];
  graph.tensors[static_cast<size_t>(graph.ops[0].inputs[1])].data[0] ^= 1;
  EXPECT_NE(before, CompileOrDie(graph).files["model.h"]);
}

TEST(Generate, NamesFromOutsideStayInTheirPlace) {
  ir::Graph graph = TinyNetwork();
  graph.name = "x\n#error name\n";
  graph.ops[0].name = "op\n#error op \\";
  graph.tensors[static_cast<size_t>(graph.inputs[0])].name = "in\"\n#error tensor";
  graph.metadata[std::string(ir::kLabelsMetadata)] = "\"};\n#error label\n\xff";
  const CompiledModel model = CompileOrDie(graph);
  EXPECT_EQ(model.name, "x_error_name");
  for (const auto& [path, text] : model.files) EXPECT_THAT(text, Not(HasSubstr("\n#error")));
  EXPECT_THAT(model.files.at("model.h"), HasSubstr(R"("\"};")"));
  EXPECT_THAT(model.files.at("model.h"), HasSubstr(R"("\377")"));
  EXPECT_THAT(model.files.at("model.h"), HasSubstr("kLabelCount = 3;"));
}

TEST(Generate, CarriesOnlyTheDeviceSourcesItIncludes) {
  const CompiledModel model = CompileOrDie(TinyNetwork());
  EXPECT_TRUE(model.files.contains("device/kernels/portable/conv_2d.cc"));
  EXPECT_TRUE(model.files.contains("device/kernels/requantize.h"));
  EXPECT_TRUE(model.files.contains("device/runtime/tensor_info.h"));
  EXPECT_FALSE(model.files.contains("device/kernels/portable/add.cc"));
  EXPECT_FALSE(model.files.contains("device/kernels/portable/reshape.cc")) << "nothing to move";
  EXPECT_FALSE(model.files.contains("device/runtime/layer_hook.h"));
}

TEST(Generate, TheLayerHookIsThereOnlyWhenAsked) {
  EXPECT_THAT(CompileOrDie(TinyNetwork()).files["model.cc"], Not(HasSubstr("kinglet_layer_done")));
  CompileOptions options;
  options.layer_hook = true;
  const CompiledModel model = CompileOrDie(TinyNetwork(), options);
  EXPECT_THAT(model.files.at("model.cc"), HasSubstr("kinglet_layer_done(2, "));
  EXPECT_TRUE(model.files.contains("device/runtime/layer_hook.h"));
}

TEST(Generate, NumbersAddUp) {
  const ir::Graph graph = kinglet::testing::SmallNetwork();
  CompileOptions options;
  options.passes = optimize::NoPasses();
  const CompiledModel model = CompileOrDie(graph, options);
  ASSERT_EQ(model.numbers.layers.size(), graph.ops.size());
  uint64_t weights = 0;
  for (const LayerNumbers& layer : model.numbers.layers) {
    weights += layer.weights_bytes;
    EXPECT_LE(layer.output_offset + layer.output_bytes, model.numbers.arena_bytes) << layer.name;
  }
  EXPECT_EQ(model.numbers.weights_bytes, weights);
  EXPECT_EQ(model.numbers.macs, ir::GraphMacs(graph));
  // The stem: 3x3x3x8 weights, 8 biases, 8 multipliers, 8 shifts.
  EXPECT_EQ(model.numbers.layers[0].weights_bytes, 216U + 32 + 32 + 8);
  EXPECT_EQ(model.numbers.layers[0].kernels, std::vector<std::string>{"Conv2d"});
  EXPECT_TRUE(model.numbers.layers[6].kernels.empty()) << "a reshape in place";
}

TEST(Generate, RefusesAGraphThatDoesNotVerify) {
  ir::Graph graph = TinyNetwork();
  graph.ops[0].inputs[0] = 999;
  const auto model = Compile(graph);
  ASSERT_FALSE(model.has_value());
  EXPECT_EQ(model.error().code, Code::kInvalid);
  EXPECT_THAT(model.error().message, HasSubstr("tensor 999"));
}

}  // namespace
}  // namespace kinglet::compile
