// Raw samples in, features and outputs back: the deployed whole on the emulated board.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "src/base/random.h"
#include "src/bench/bench.h"
#include "tests/support/graph_builder.h"

namespace kinglet::bench {
namespace {

using kinglet::testing::GraphBuilder;
using ::testing::HasSubstr;

board::Board LoadBoard(const std::string& name) {
  auto board = board::LoadBoard(name);
  EXPECT_TRUE(board) << board.error().message;
  return *board;
}

// A small network of the right shape whose input has the features' quantisation.
ir::Graph NetworkFor(const signal::Pipeline& pipeline) {
  const signal::FeatureShape shape = pipeline.shape();
  GraphBuilder builder("behind_features", 3);
  const auto input = builder.Input({1, shape.height, shape.width, shape.channels});
  const auto conv = builder.Conv(input, 4, {.filter = 3, .stride = 2, .padding = 1});
  const auto scores = builder.Dense(builder.Flatten(builder.GlobalAverage(conv)), 5);
  ir::Graph graph = builder.Finish({scores});
  ir::Quantization& quantization = graph.tensors[static_cast<size_t>(graph.inputs[0])].quantization;
  quantization.scales = {pipeline.quantization().scale};
  quantization.zero_points = {pipeline.quantization().zero_point};
  return graph;
}

// Tones with noise, silence and clipping: little-endian int16.
std::vector<Bytes> SoundWindows(size_t raw_bytes) {
  std::vector<Bytes> windows;
  for (int w = 0; w < 6; ++w) {
    Random random(11, static_cast<uint64_t>(w));
    Bytes& window = windows.emplace_back();
    for (size_t i = 0; i < raw_bytes / 2; ++i) {
      const float tone = std::sin(static_cast<float>(i) * 0.02F * static_cast<float>(w + 1));
      const float level = w == 0 ? 0.0F : w == 5 ? 60000.0F : 3000.0F * static_cast<float>(w);
      const float value = level * tone + (w == 0 ? 0.0F : 200.0F * random.Normal());
      AppendLe(window, static_cast<int16_t>(std::clamp(value, -32768.0F, 32767.0F)));
    }
  }
  return windows;
}

std::vector<LabelledWindow> Label(const std::vector<Bytes>& windows) {
  std::vector<LabelledWindow> labelled;
  for (const Bytes& window : windows) {
    labelled.push_back({window, static_cast<uint32_t>(labelled.size() % 5)});
  }
  return labelled;
}

class PipelineOnEveryCore : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Bench, PipelineOnEveryCore,
                         ::testing::Values("cortex-m0plus", "cortex-m4f", "cortex-m7", "cortex-m33",
                                           "cortex-m55", "rv32imc"),
                         [](const auto& core) {
                           std::string name = core.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST_P(PipelineOnEveryCore, SoundFeaturesAndOutputsAreBitIdentical) {
  const auto pipeline = signal::Pipeline::Make(signal::AudioOptions{.clip_ms = 400});
  ASSERT_TRUE(pipeline) << pipeline.error().message;
  const std::vector<Bytes> windows = SoundWindows(pipeline->raw_bytes());
  const auto bench = BenchPipeline(NetworkFor(*pipeline), *pipeline, LoadBoard(GetParam()),
                                   Label(windows), Layers::kNo);
  ASSERT_TRUE(bench) << bench.error().message;
  EXPECT_TRUE(bench->result.bit_identical);
  EXPECT_EQ(bench->result.samples, windows.size());
  EXPECT_GT(bench->result.instructions_dsp, pipeline->raw_bytes());
  EXPECT_GT(bench->result.instructions, 0U);
  ASSERT_TRUE(bench->result.accuracy);
  ASSERT_EQ(bench->board.size(), windows.size());
  for (size_t i = 0; i < windows.size(); ++i) {
    const auto features = pipeline->Extract(windows[i]);
    ASSERT_TRUE(features);
    EXPECT_TRUE(std::ranges::equal(bench->board[i].features, AsBytes(*features))) << i;
  }
  EXPECT_LT(bench->result.ram_bytes, bench->result.arena_bytes + 16384)
      << "the clip itself is never in RAM";
}

TEST_P(PipelineOnEveryCore, PictureFeaturesAndOutputsAreBitIdentical) {
  const auto pipeline = signal::Pipeline::Make(signal::ImageOptions{.width = 12, .height = 10});
  ASSERT_TRUE(pipeline) << pipeline.error().message;
  std::vector<Bytes> windows;
  for (uint64_t w = 0; w < 9; ++w) {
    Random random(5, w);
    Bytes& window = windows.emplace_back(pipeline->raw_bytes());
    for (uint8_t& pixel : window) pixel = static_cast<uint8_t>(random.Next() >> 24);
  }
  const auto bench = BenchPipeline(NetworkFor(*pipeline), *pipeline, LoadBoard(GetParam()),
                                   Label(windows), Layers::kYes);
  ASSERT_TRUE(bench) << bench.error().message;
  EXPECT_TRUE(bench->result.bit_identical);
  EXPECT_GT(bench->result.instructions_dsp, 0U);
  for (const LayerResult& layer : bench->result.layers) EXPECT_TRUE(layer.bit_identical);
}

TEST(Pipeline, AModelOfAnotherShapeIsRefused) {
  const auto small = signal::Pipeline::Make(signal::ImageOptions{.width = 12, .height = 10});
  const auto large = signal::Pipeline::Make(signal::ImageOptions{.width = 14, .height = 10});
  ASSERT_TRUE(small);
  ASSERT_TRUE(large);
  const auto bench =
      BenchPipeline(NetworkFor(*small), *large, LoadBoard("cortex-m4f"), {}, Layers::kNo);
  ASSERT_FALSE(bench);
  EXPECT_EQ(bench.error().code, Code::kInvalid);
  EXPECT_THAT(bench.error().message, HasSubstr("is not the 140 features"));
}

}  // namespace
}  // namespace kinglet::bench
