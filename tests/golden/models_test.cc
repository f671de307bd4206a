// Models of others, executed on the host, against what TensorFlow Lite Micro's reference kernels
// gave for every layer.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "src/base/files.h"
#include "src/base/hash.h"
#include "src/ir/execute.h"
#include "src/optimize/optimize.h"
#include "src/tflite/read.h"
#include "src/tflite/write.h"
#include "tests/support/shared_data.h"

namespace kinglet {
namespace {

using Json = nlohmann::json;

// The inputs that golden.json describes: 0 to 2 a ramp, 3 and 4 a linear congruential generator.
Bytes GoldenInput(uint32_t generator, size_t size) {
  Bytes input(size);
  uint32_t state = generator - 2;
  for (size_t i = 0; i < size; ++i) {
    if (generator <= 2) {
      const auto ramp = static_cast<uint32_t>(i) * 37 + generator * 101;
      input[i] = static_cast<uint8_t>((ramp & 255) - 128);
    } else {
      state = state * 1664525 + 1013904223;
      input[i] = static_cast<uint8_t>(state >> 24);
    }
  }
  return input;
}

class GoldenModels : public ::testing::TestWithParam<const char*> {};

TEST_P(GoldenModels, EveryLayerHasTheReferencesBytes) {
  KINGLET_SHARED_OR_SKIP(json_path, "models/golden.json");
  const Json golden = Json::parse(ReadTextFile(json_path).value()).at("models").at(GetParam());
  const std::string name = golden.at("file").get<std::string>();
  KINGLET_SHARED_OR_SKIP(model_path, "models/" + name);
  auto graph = tflite::ReadModel(ReadFile(model_path).value());
  ASSERT_TRUE(graph.has_value()) << graph.error().message;
  auto executor = ir::Executor::Make(*std::move(graph));
  ASSERT_TRUE(executor.has_value()) << executor.error().message;
  const auto input_size =
      static_cast<size_t>(executor->graph().tensor(executor->graph().inputs[0]).ByteCount());

  const Json& inputs = golden.at("per_layer").at("inputs");
  ASSERT_EQ(inputs.size(), 5U);
  for (const Json& run : inputs) {
    const auto generator = run.at("gen").get<uint32_t>();
    const Json& layers = run.at("layers");
    ASSERT_EQ(layers.size(), executor->graph().ops.size());
    const auto check = [&](size_t op_index, const std::vector<ByteView>& of_layer) {
      const ByteView output = of_layer[0];
      const Json& layer = layers.at(op_index);
      EXPECT_EQ(output.size(), layer.at("n").get<size_t>());
      EXPECT_EQ(fmt::format("{:08x}", Fnv1a32(output)), layer.at("fnv1a32").get<std::string>())
          << executor->graph().ops[op_index].name << ", generator " << generator;
    };
    const Bytes input = GoldenInput(generator, input_size);
    const auto outputs = executor->Run({ByteView(input)}, check);
    ASSERT_TRUE(outputs.has_value()) << outputs.error().message;
    if (generator <= 2) {
      const auto expected = golden.at("outputs").at("seed" + std::to_string(generator));
      std::vector<int8_t> bytes(outputs->at(0).begin(), outputs->at(0).end());
      EXPECT_EQ(bytes, expected.get<std::vector<int8_t>>());
    }
  }
}

TEST_P(GoldenModels, OutputsStayTheReferencesAfterAllPasses) {
  KINGLET_SHARED_OR_SKIP(json_path, "models/golden.json");
  const Json golden = Json::parse(ReadTextFile(json_path).value()).at("models").at(GetParam());
  KINGLET_SHARED_OR_SKIP(model_path, "models/" + golden.at("file").get<std::string>());
  const ir::Graph graph = tflite::ReadModel(ReadFile(model_path).value()).value();
  auto optimized = optimize::Optimize(graph);
  ASSERT_TRUE(optimized.has_value()) << optimized.error().message;
  if (GetParam() == std::string("vww")) {
    // 979 of its convolutions' channels are constant for every input.
    EXPECT_EQ(ir::GraphMacs(graph), 7'489'664);
    EXPECT_LE(ir::GraphMacs(optimized->graph), 3'727'313);
  }
  auto original = ir::Executor::Make(graph).value();
  auto executor = ir::Executor::Make(std::move(optimized->graph)).value();
  const auto input_size = static_cast<size_t>(graph.tensor(graph.inputs[0]).ByteCount());
  for (uint32_t generator = 0; generator < 40; ++generator) {
    const Bytes input = GoldenInput(generator, input_size);
    const auto outputs = executor.Run({ByteView(input)});
    ASSERT_TRUE(outputs.has_value()) << outputs.error().message;
    EXPECT_EQ(*outputs, original.Run({ByteView(input)}).value());
    if (generator > 2) continue;
    const auto expected = golden.at("outputs").at("seed" + std::to_string(generator));
    const std::vector<int8_t> bytes(outputs->at(0).begin(), outputs->at(0).end());
    EXPECT_EQ(bytes, expected.get<std::vector<int8_t>>());
  }
}

TEST_P(GoldenModels, SurviveWritingAndReadingBack) {
  KINGLET_SHARED_OR_SKIP(json_path, "models/golden.json");
  const Json golden = Json::parse(ReadTextFile(json_path).value()).at("models").at(GetParam());
  const std::string name = golden.at("file").get<std::string>();
  KINGLET_SHARED_OR_SKIP(model_path, "models/" + name);
  const ir::Graph graph = tflite::ReadModel(ReadFile(model_path).value()).value();
  const Bytes written = tflite::WriteModel(graph).value();
  const auto again = tflite::ReadModel(written);
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(*again, graph);
  EXPECT_EQ(tflite::WriteModel(*again).value(), written);
}

INSTANTIATE_TEST_SUITE_P(MlperfTiny, GoldenModels,
                         ::testing::Values("ad01", "kws", "resnet", "vww"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace kinglet
