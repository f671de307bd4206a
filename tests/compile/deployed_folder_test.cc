// Folders with a front end beside the model, as `kinglet deploy` writes them, built as a user would
// build them: on this machine with the example program, and across for a microcontroller.
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "src/base/files.h"
#include "src/base/random.h"
#include "src/board/board.h"
#include "src/compile/generate.h"
#include "src/emulate/process.h"
#include "src/ir/execute.h"
#include "tests/support/graph_builder.h"

namespace kinglet::compile {
namespace {

using kinglet::testing::GraphBuilder;
using ::testing::HasSubstr;

constexpr int kClasses = 3;
constexpr const char* kLabels[kClasses] = {"left", "right", "\"?\""};

// A small network behind `pipeline` whose answers differ between inputs.
ir::Graph NetworkFor(const signal::Pipeline& pipeline) {
  const signal::FeatureShape shape = pipeline.shape();
  GraphBuilder builder("bird", 3);
  const auto input = builder.Input({1, shape.height, shape.width, shape.channels});
  const auto conv = builder.Conv(input, 4, {.filter = 3, .stride = 2, .padding = 1});
  ir::Graph graph = builder.Finish({builder.Dense(builder.Flatten(conv), kClasses)});
  ir::Quantization& quantization = graph.tensors[static_cast<size_t>(graph.inputs[0])].quantization;
  quantization.scales = {pipeline.quantization().scale};
  quantization.zero_points = {pipeline.quantization().zero_point};
  graph.metadata[std::string(ir::kLabelsMetadata)] = fmt::format("{}", fmt::join(kLabels, "\n"));
  return graph;
}

// `graph` with its scores added to those before, which a variable keeps.
ir::Graph WithMemory(ir::Graph graph) {
  const ir::TensorIndex scores = graph.outputs[0];
  ir::Tensor kept = graph.tensor(scores);
  kept.name = "kept";
  kept.variable = true;
  kept.data.assign(static_cast<size_t>(kept.ByteCount()), 3);
  ir::Tensor sum = graph.tensor(scores);
  sum.name = "sum";
  const auto variable = static_cast<ir::TensorIndex>(graph.tensors.size());
  graph.tensors.push_back(kept);
  graph.tensors.push_back(sum);
  graph.ops.push_back({"sum", ir::Add{}, {scores, variable}, {variable + 1}});
  graph.ops.push_back({"keep", ir::Copy{}, {variable + 1}, {variable}});
  graph.outputs = {variable + 1};
  return graph;
}

// What the example must print for the next window.
std::string ExpectedLine(const ir::Graph& graph, const signal::Pipeline& pipeline, ByteView raw,
                         ir::State& state) {
  const std::vector<int8_t> features = pipeline.Extract(raw).value();
  const auto outputs = ir::Executor::Make(graph)->Step(state, {AsBytes(features)}).value();
  const auto* scores = reinterpret_cast<const int8_t*>(outputs[0].data());
  const auto best = static_cast<size_t>(std::max_element(scores, scores + kClasses) - scores);
  const ir::Quantization& q = graph.tensor(graph.outputs[0]).quantization;
  return fmt::format("{} {:.3f}\n", kLabels[best],
                     q.scales[0] * static_cast<float>(scores[best] - q.zero_points[0]));
}

std::string ExpectedLine(const ir::Graph& graph, const signal::Pipeline& pipeline, ByteView raw) {
  ir::State state = ir::InitialState(graph);
  return ExpectedLine(graph, pipeline, raw, state);
}

class DeployedFolder : public ::testing::Test {
 protected:
  void Write(const ir::Graph& graph, const signal::Pipeline& pipeline) {
    const auto model = Compile(graph, {.name = "bird", .front_end = &pipeline});
    ASSERT_TRUE(model.has_value()) << model.error().message;
    ASSERT_TRUE(WriteFolder(model->files, folder_.path()).has_value());
  }

  int Run(const std::vector<std::string>& command) {
    auto output = emulate::RunProcess(command, {.folder = folder_.path(), .seconds_max = 300});
    EXPECT_TRUE(output.has_value()) << output.error().message;
    if (!output.has_value()) return -1;
    text_ = output->text;
    return output->status;
  }

  void BuildOnHost() {
    ASSERT_EQ(Run({"cmake", "-B", "build", "-DCMAKE_CXX_FLAGS=-Wpedantic -Werror"}), 0) << text_;
    ASSERT_EQ(Run({"cmake", "--build", "build"}), 0) << text_;
    EXPECT_EQ(Run({"ctest", "--test-dir", "build"}), 0) << text_;
  }

  // What the example prints for `raw` on its standard input.
  std::string RunExample(const Bytes& raw) {
    EXPECT_TRUE(WriteFileAtomic(folder_.path() + "/raw", raw).has_value());
    EXPECT_EQ(Run({"sh", "-c", "build/bird_example <raw"}), 0) << text_;
    return text_;
  }

  TemporaryFolder folder_ = TemporaryFolder::Make("kinglet-deployed-").value();
  std::string text_;
};

TEST_F(DeployedFolder, ItsExampleHearsWhatTheHostHears) {
  const auto pipeline =
      signal::Pipeline::Make(signal::AudioOptions{.clip_ms = 400, .step_ms = 200}).value();
  const ir::Graph graph = NetworkFor(pipeline);
  ASSERT_NO_FATAL_FAILURE(Write(graph, pipeline));
  ASSERT_NO_FATAL_FAILURE(BuildOnHost());
  // The first window is full after 400 ms; features of one that begins in silence are the host's.
  for (uint64_t seed = 0; seed < 4; ++seed) {
    Random random(seed);
    Bytes raw;
    for (size_t i = 0; i < pipeline.raw_bytes() / 2; ++i) {
      AppendLe(raw, static_cast<int16_t>(random.Uniform(-1, 1) * static_cast<float>(i)));
    }
    EXPECT_EQ(RunExample(raw), ExpectedLine(graph, pipeline, raw)) << "seed " << seed;
  }
  // Another 400 ms hold two steps more, the rest of a chunk is no window.
  EXPECT_EQ(std::ranges::count(RunExample(Bytes(2 * pipeline.raw_bytes() + 100)), '\n'), 3);
}

TEST_F(DeployedFolder, ItsExampleSeesWhatTheHostSees) {
  const auto pipeline =
      signal::Pipeline::Make(signal::ImageOptions{.width = 12,
                                                  .height = 10,
                                                  .channels = 3,
                                                  .normalize = dsp::ImageNormalize::kContrast})
          .value();
  const ir::Graph graph = NetworkFor(pipeline);
  ASSERT_NO_FATAL_FAILURE(Write(graph, pipeline));
  ASSERT_NO_FATAL_FAILURE(BuildOnHost());
  Random random(5);
  Bytes pictures;
  std::string expected;
  for (int picture = 0; picture < 8; ++picture) {
    Bytes raw(pipeline.raw_bytes());
    for (uint8_t& pixel : raw) pixel = static_cast<uint8_t>(random.Next() >> 24);
    expected += ExpectedLine(graph, pipeline, raw);
    pictures.insert(pictures.end(), raw.begin(), raw.end());
  }
  EXPECT_EQ(RunExample(pictures), expected);
}

TEST_F(DeployedFolder, ExamplesOfModelsWithMemoryKeepTheArena) {
  const auto sound =
      signal::Pipeline::Make(signal::AudioOptions{.clip_ms = 400, .step_ms = 400}).value();
  ir::Graph graph = WithMemory(NetworkFor(sound));
  ASSERT_NO_FATAL_FAILURE(Write(graph, sound));
  ASSERT_NO_FATAL_FAILURE(BuildOnHost());
  const Bytes silence(sound.raw_bytes());
  EXPECT_EQ(RunExample(silence), ExpectedLine(graph, sound, silence));

  const auto picture =
      signal::Pipeline::Make(signal::ImageOptions{.width = 12, .height = 10, .channels = 3})
          .value();
  graph = WithMemory(NetworkFor(picture));
  ASSERT_NO_FATAL_FAILURE(Write(graph, picture));
  ASSERT_EQ(Run({"rm", "-r", "build"}), 0);
  ASSERT_NO_FATAL_FAILURE(BuildOnHost());
  ir::State state = ir::InitialState(graph);
  Bytes pictures;
  std::string expected;
  for (uint8_t i = 0; i < 5; ++i) {
    const Bytes raw(picture.raw_bytes(), static_cast<uint8_t>(50 * i));
    expected += ExpectedLine(graph, picture, raw, state);
    pictures.insert(pictures.end(), raw.begin(), raw.end());
  }
  EXPECT_EQ(RunExample(pictures), expected);
}

TEST_F(DeployedFolder, BuildsAcrossForACore) {
  const board::Core core = board::LoadBoard("cortex-m4f").value().core;
  const std::string compiler = core.toolchain + "-g++";
  if (!emulate::RunProcess({compiler, "--version"}, {}).has_value()) {
    GTEST_SKIP() << "not on this machine: " << compiler;
  }
  for (const signal::Options& options :
       {signal::Options(signal::AudioOptions{}), signal::Options(signal::ImageOptions{})}) {
    const auto pipeline = signal::Pipeline::Make(options).value();
    ASSERT_NO_FATAL_FAILURE(Write(NetworkFor(pipeline), pipeline));
    ASSERT_EQ(
        Run({"cmake", "-B", "build", "-DCMAKE_SYSTEM_NAME=Generic",
             "-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY", "-DCMAKE_CXX_COMPILER=" + compiler,
             fmt::format("-DCMAKE_CXX_FLAGS={} -Wpedantic -Werror",
                         fmt::join(core.compile_flags, " "))}),
        0)
        << text_;
    ASSERT_EQ(Run({"cmake", "--build", "build"}), 0) << text_;
    ASSERT_EQ(Run({core.toolchain + "-nm", "--demangle", "build/libbird.a"}), 0) << text_;
    EXPECT_THAT(text_, HasSubstr(" T bird::Invoke(unsigned char*)"));
    EXPECT_THAT(text_, HasSubstr(pipeline.is_audio() ? " T kinglet_app::features::Push("
                                                     : " T kinglet_app::features::Extract("));
    EXPECT_FALSE(FileExists(folder_.path() + "/build/bird_example")) << "a program of the host";
  }
}

TEST_F(DeployedFolder, AFrontEndThatDoesNotFitTheModelIsRefused) {
  const auto small = signal::Pipeline::Make(signal::ImageOptions{.width = 12}).value();
  const auto large = signal::Pipeline::Make(signal::ImageOptions{.width = 14}).value();
  const auto model = Compile(NetworkFor(small), {.name = "bird", .front_end = &large});
  ASSERT_FALSE(model.has_value());
  EXPECT_EQ(model.error().code, Code::kInvalid);
  EXPECT_THAT(model.error().message, HasSubstr("is not the 392 features"));
}

}  // namespace
}  // namespace kinglet::compile
