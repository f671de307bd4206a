// The MLPerf Tiny models through the compiler: memory plans against known figures, and generated
// code on the host and on an emulated Cortex-M4 against what TensorFlow Lite Micro's reference
// kernels gave for every layer.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "src/base/files.h"
#include "src/board/board.h"
#include "src/compile/generate.h"
#include "src/emulate/firmware.h"
#include "src/emulate/process.h"
#include "src/emulate/qemu.h"
#include "src/tflite/read.h"
#include "tests/support/shared_data.h"

namespace kinglet {
namespace {

using Json = nlohmann::json;

struct ModelCase {
  const char* name;          // key in golden.json
  uint32_t peak_live_bytes;  // TensorFlow Lite Micro's lower bound: no overlap of input and output
  uint32_t arena_bytes_max;  // what we reached; a plan must not become worse
};

void PrintTo(const ModelCase& model, std::ostream* out) { *out << model.name; }

class GeneratedModels : public ::testing::TestWithParam<ModelCase> {
 protected:
  void SetUp() override {
    const std::string json_path = testing::SharedPath("models/golden.json");
    if (json_path.empty()) GTEST_SKIP() << "outside data not present: models/golden.json";
    golden_ = Json::parse(ReadTextFile(json_path).value()).at("models").at(GetParam().name);
    const std::string path = testing::SharedPath("models/" + golden_.at("file").get<std::string>());
    if (path.empty()) GTEST_SKIP() << "outside data not present: " << golden_.at("file");
    graph_ = tflite::ReadModel(ReadFile(path).value()).value();
    graph_.name = GetParam().name;
  }

  Json golden_;
  ir::Graph graph_;
};

TEST_P(GeneratedModels, ArenaIsAsSmallAsKnown) {
  const auto program = compile::MakeProgram(graph_);
  ASSERT_TRUE(program.has_value()) << program.error().message;
  EXPECT_TRUE(program->plan.optimal);
  EXPECT_EQ(program->plan.peak_live_bytes, GetParam().peak_live_bytes);
  EXPECT_LE(program->plan.arena_bytes, GetParam().arena_bytes_max);
}

// What a layer left behind, in golden.json's terms; the layer hooks below tell it as three words.
struct LayerResult {
  uint32_t layer = 0, bytes = 0, hash = 0;
};

// The vectors of the self-test with seeds 1 and 2 are golden.json's generators 3 and 4.
void ExpectGoldenLayers(const Json& golden, const std::vector<LayerResult>& results) {
  const Json& runs = golden.at("per_layer").at("inputs");
  for (size_t vector = 0; vector < 2; ++vector) {
    const Json& run = runs.at(3 + vector);
    ASSERT_EQ(run.at("gen"), 3 + vector);
    const Json& layers = run.at("layers");
    ASSERT_GE(results.size(), (vector + 1) * layers.size());
    for (size_t i = 0; i < layers.size(); ++i) {
      const LayerResult& result = results[vector * layers.size() + i];
      EXPECT_EQ(result.layer, i);
      EXPECT_EQ(result.bytes, layers[i].at("n").get<uint32_t>()) << "layer " << i;
      EXPECT_EQ(fmt::format("{:08x}", result.hash), layers[i].at("fnv1a32").get<std::string>())
          << "layer " << i;
    }
  }
}

compile::CompiledModel CompileWithHook(const ir::Graph& graph) {
  auto model =
      compile::Compile(graph, {.name = {}, .layer_hook = true, .passes = optimize::NoPasses()});
  EXPECT_TRUE(model.has_value()) << model.error().message;
  return *std::move(model);
}

TEST_P(GeneratedModels, HostBuildEqualsTheReferenceInEveryLayer) {
  const compile::CompiledModel model = CompileWithHook(graph_);
  const auto folder = TemporaryFolder::Make("kinglet-generated-");
  ASSERT_TRUE(folder.has_value());
  ASSERT_TRUE(compile::WriteFolder(model.files, folder->path()).has_value());
  std::vector<std::string> command = {"g++",     "-std=c++17", "-O2",     "-Wall",
                                      "-Wextra", "-Wpedantic", "-Werror", "-I."};
  command.insert(command.end(), model.sources.begin(), model.sources.end());
  command.insert(command.end(), {"self_test.cc", "self_test_main.cc", "-o", "self_test"});
  const auto built = emulate::RunProcess(command, {.folder = folder->path(), .seconds_max = 300});
  ASSERT_TRUE(built.has_value()) << built.error().message;
  ASSERT_EQ(built->status, 0) << built->text;
  const auto run = emulate::RunProcess({folder->path() + "/self_test"}, {});
  ASSERT_TRUE(run.has_value()) << run.error().message;
  EXPECT_EQ(run->status, 0) << run->text;

  std::vector<LayerResult> results;
  std::istringstream lines(run->text);
  std::string word;
  for (LayerResult r; lines >> word && word == "layer";) {
    lines >> r.layer >> r.bytes >> std::hex >> r.hash >> std::dec;
    results.push_back(r);
  }
  EXPECT_EQ(word, "passed");
  ExpectGoldenLayers(golden_, results);
}

constexpr char kDeviceMain[] = R"(
#include "device/port/port.h"
#include "device/runtime/layer_hook.h"
#include "model.h"
#include "self_test.h"

void kinglet_layer_done(int32_t layer, const int8_t* data, uint32_t bytes) {
  uint32_t hash = 2166136261U;
  for (uint32_t i = 0; i < bytes; ++i) hash = (hash ^ static_cast<uint8_t>(data[i])) * 16777619U;
  const uint32_t words[] = {static_cast<uint32_t>(layer), bytes, hash};
  kinglet::port::WriteOutput(words, sizeof words);
}

int main() {
  alignas(NAME::kArenaAlignmentBytes) static uint8_t arena[NAME::kArenaBytes];
  kinglet::port::Exit(NAME::SelfTest(arena) ? 0 : 1);
}
)";

TEST_P(GeneratedModels, CortexM4EqualsTheReferenceInEveryLayer) {
  const compile::CompiledModel model = CompileWithHook(graph_);
  const auto board = board::LoadBoard("cortex-m4f");
  ASSERT_TRUE(board.has_value()) << board.error().message;
  auto firmware = emulate::Firmware::Start(*board);
  ASSERT_TRUE(firmware.has_value()) << firmware.error().message;
  std::string main_text = kDeviceMain;
  for (size_t at; (at = main_text.find("NAME")) != std::string::npos;) {
    main_text.replace(at, 4, model.name);
  }
  ASSERT_TRUE(firmware->Add(model.files).has_value());
  ASSERT_TRUE(firmware->Add({{"main.cc", main_text}}).has_value());
  auto sources = firmware->AddPort(emulate::Firmware::Port::kSemihosting);
  ASSERT_TRUE(sources.has_value()) << sources.error().message;
  sources->insert(sources->end(), model.sources.begin(), model.sources.end());
  sources->insert(sources->end(), {"self_test.cc", "main.cc"});
  const auto image = firmware->Link({.name = "self_test",
                                     .sources = *sources,
                                     .stack_bytes = 4096,
                                     .fit = emulate::LinkOptions::Fit::kEmulator});
  if (!image.has_value() && image.error().code == Code::kNotFound) {
    GTEST_SKIP() << image.error().message;
  }
  ASSERT_TRUE(image.has_value()) << image.error().message;
  const auto run = emulate::Run(*board, *image, {}, {.seconds_max = 300});
  ASSERT_TRUE(run.has_value()) << run.error().message;

  std::vector<LayerResult> results;
  for (size_t at = 0; at + 12 <= run->output.size(); at += 12) {
    results.push_back({LoadLe<uint32_t>(run->output, at), LoadLe<uint32_t>(run->output, at + 4),
                       LoadLe<uint32_t>(run->output, at + 8)});
  }
  ExpectGoldenLayers(golden_, results);
}

INSTANTIATE_TEST_SUITE_P(Compile, GeneratedModels,
                         ::testing::Values(ModelCase{"kws", 16'000, 9'792},
                                           ModelCase{"vww", 55'296, 36'872},
                                           ModelCase{"resnet", 49'152, 33'312},
                                           ModelCase{"ad01", 768, 768}),
                         [](const auto& model) { return std::string(model.param.name); });

}  // namespace
}  // namespace kinglet
