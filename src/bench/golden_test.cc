// The reference models on the emulated Cortex-M4: every layer's bytes equal those of the reference
// implementation.
#include <gtest/gtest.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <numeric>

#include "src/base/files.h"
#include "src/base/progress.h"
#include "src/bench/board_program.h"
#include "src/tflite/read.h"
#include "tests/support/shared_data.h"

namespace kinglet::bench {
namespace {

constexpr uint32_t kGenerators = 5;

// As golden.json describes them.
Bytes GoldenInput(uint32_t generator, size_t bytes) {
  Bytes input(bytes);
  uint32_t state = generator - 2;
  for (size_t i = 0; i < bytes; ++i) {
    if (generator < 3) {
      input[i] = static_cast<uint8_t>((i * 37 + generator * 101) % 256 - 128);
    } else {
      state = state * 1664525U + 1013904223U;
      input[i] = static_cast<uint8_t>(state >> 24);
    }
  }
  return input;
}

class GoldenModel : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Bench, GoldenModel, ::testing::Values("kws", "vww", "resnet", "ad01"),
                         [](const auto& model) { return std::string(model.param); });

TEST_P(GoldenModel, EveryLayerOnCortexM4EqualsTheReference) {
  KINGLET_SHARED_OR_SKIP(golden_path, "models/golden.json");
  const auto golden_text = ReadTextFile(golden_path);
  ASSERT_TRUE(golden_text);
  const auto golden = nlohmann::json::parse(*golden_text)["models"][GetParam()];
  const auto file = ReadFile(testing::SharedPath("models/" + golden["file"].get<std::string>()));
  ASSERT_TRUE(file) << file.error().message;
  const auto graph = tflite::ReadModel(*file);
  ASSERT_TRUE(graph) << graph.error().message;
  const auto board = board::LoadBoard("cortex-m4f");
  ASSERT_TRUE(board) << board.error().message;

  const auto program =
      BoardProgram::Build(*graph, *board, {.layer_hook = true, .passes = optimize::NoPasses()});
  ASSERT_TRUE(program) << program.error().message;
  const auto bytes = static_cast<size_t>(graph->tensor(graph->inputs[0]).ByteCount());
  std::vector<Bytes> inputs;
  for (uint32_t g = 0; g < kGenerators; ++g) inputs.push_back(GoldenInput(g, bytes));
  const std::vector<ByteView> samples(inputs.begin(), inputs.end());
  const auto run = program->Run(samples);
  ASSERT_TRUE(run) << run.error().message;

  for (const auto& input : golden["per_layer"]["inputs"]) {
    const auto g = input["gen"].get<size_t>();
    ASSERT_EQ(input["layers"].size(), graph->ops.size());
    for (const auto& layer : input["layers"]) {
      const auto op = layer["op"].get<size_t>();
      EXPECT_EQ(fmt::format("{:08x}", run->samples[g].layer_hashes[op]),
                layer["fnv1a32"].get<std::string>())
          << graph->ops[op].name << ", generator " << g;
    }
  }
  for (uint32_t seed = 0; seed < 3; ++seed) {
    const auto& expected = golden["outputs"][fmt::format("seed{}", seed)];
    const Bytes& output = run->samples[seed].outputs[0];
    ASSERT_EQ(output.size(), expected.size());
    for (size_t i = 0; i < output.size(); ++i) {
      EXPECT_EQ(static_cast<int8_t>(output[i]), expected[i].get<int>());
    }
  }

  const auto plain = BoardProgram::Build(*graph, *board, {});
  ASSERT_TRUE(plain) << plain.error().message;
  const auto timed = plain->Run({samples.data(), 1});
  ASSERT_TRUE(timed) << timed.error().message;
  const auto sum = [&](const char* kernels) {
    const auto layers = golden["insn_per_layer_m4_O2"][kernels].get<std::vector<uint64_t>>();
    return std::accumulate(layers.begin(), layers.end(), uint64_t{0});
  };
  std::printf(
      "%s: %s instructions; reference kernels %s, optimised kernels %s; flash %s B, "
      "static RAM %s B, arena %s B, stack %s B\n",
      GetParam(), FormatCount(timed->samples[0].model.instructions).c_str(),
      FormatCount(sum("ref")).c_str(), FormatCount(sum("cmsis")).c_str(),
      FormatCount(plain->application().flash_bytes()).c_str(),
      FormatCount(plain->application().static_ram_bytes()).c_str(),
      FormatCount(plain->numbers().arena_bytes).c_str(), FormatCount(timed->stack_bytes).c_str());
  EXPECT_GT(2 * timed->samples[0].model.instructions, static_cast<uint64_t>(plain->numbers().macs));
}

}  // namespace
}  // namespace kinglet::bench
