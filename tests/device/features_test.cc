// Emitted front ends on every core under the emulator: the same bytes as the host's features, and
// costs as the plan estimates them.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "src/base/files.h"
#include "src/base/random.h"
#include "src/emulate/firmware.h"
#include "src/emulate/qemu.h"
#include "src/signal/emit.h"
#include "src/signal/resources.h"
#include "tests/support/shared_data.h"

namespace kinglet {
namespace {

// Reads raw windows until the input ends; writes each one's features and at last the deepest stack.
constexpr char kHarness[] = R"(
#include "device/port/port.h"
#include "front_end.h"
using namespace kinglet_app::features;
using namespace kinglet;
static int8_t features[kFeatureBytes];
extern "C" __attribute__((noinline)) void MarkBegin() { asm volatile(""); }
extern "C" __attribute__((noinline)) void MarkEnd() { asm volatile(""); }
static void Finish() {
  const uint32_t stack = static_cast<uint32_t>(port::StackBytesUsed());
  if (!port::WriteOutput(&stack, sizeof stack)) port::Exit(1);
  port::Exit(0);
}
)";

constexpr char kAudioMain[] = R"(
static State state;
static int16_t chunk[kChunkSamples];
alignas(4) static uint8_t scratch[kScratchBytes];
int main() {
  Reset(state);
  while (port::ReadInput(chunk, sizeof chunk) == sizeof chunk) {
    MarkBegin();
    const bool full = Push(state, chunk, scratch, features);
    MarkEnd();
    if (!full) continue;
    if (!port::WriteOutput(features, sizeof features)) port::Exit(1);
    Reset(state);
  }
  Finish();
}
)";

constexpr char kImageMain[] = R"(
static uint8_t image[kImageBytes];
int main() {
  while (port::ReadInput(image, sizeof image) == sizeof image) {
    MarkBegin();
    Extract(image, features);
    MarkEnd();
    if (!port::WriteOutput(features, sizeof features)) port::Exit(1);
  }
  Finish();
}
)";

struct Measured {
  Bytes features;
  uint32_t stack_bytes = 0;
  uint64_t instructions = 0;                    // of the whole input
  uint64_t code_bytes = 0, constant_bytes = 0;  // of device/dsp and the emitted files
};

Result<Measured> RunOnCore(const std::string& core, const signal::Pipeline& pipeline,
                           ByteView input) {
  const signal::FrontEnd front_end = signal::EmitFrontEnd(pipeline);
  emulate::SourceFiles files;
  for (const signal::SourceFile& file : front_end.files) files[file.path] = file.text;
  for (const auto* list : {&front_end.device_sources, &front_end.device_headers}) {
    for (const std::string& path : *list) {
      KINGLET_TRY(files[path], ReadTextFile(testing::SourcePath(path)));
    }
  }
  files["main.cc"] = std::string(kHarness) + (pipeline.is_audio() ? kAudioMain : kImageMain);

  KINGLET_TRY(const board::Board board, board::LoadBoard(core));
  KINGLET_TRY(emulate::Firmware firmware, emulate::Firmware::Start(board));
  KINGLET_CHECK(firmware.Add(files));
  KINGLET_TRY(std::vector<std::string> sources,
              firmware.AddPort(emulate::Firmware::Port::kSemihosting));
  sources.insert(sources.end(), front_end.device_sources.begin(), front_end.device_sources.end());
  sources.insert(sources.end(), {"front_end.cc", "main.cc"});
  KINGLET_TRY(const emulate::Image image,
              firmware.Link({.name = "features",
                             .sources = sources,
                             .stack_bytes = 4096,
                             .fit = emulate::LinkOptions::Fit::kEmulator}));
  KINGLET_TRY(emulate::RunOutput run,
              emulate::Run(board, image, input, {.marks = {"MarkBegin", "MarkEnd"}}));
  if (run.output.size() < sizeof(uint32_t)) return Fail(Code::kInternal, "no output");

  Measured out;
  out.stack_bytes = LoadLe<uint32_t>(run.output, run.output.size() - sizeof(uint32_t));
  run.output.resize(run.output.size() - sizeof(uint32_t));
  out.features = std::move(run.output);
  for (const uint64_t count : emulate::InstructionsBetween(run.hits, 0, 1))
    out.instructions += count;
  for (const emulate::FileSize& file : image.files) {
    if (!file.file.starts_with("device/dsp/") && file.file != "front_end.cc") continue;
    out.code_bytes += file.code_bytes;
    out.constant_bytes += file.constant_bytes;
  }
  return out;
}

// Windows that differ in everything: loudness from silence to clipping, noise and steps.
Bytes RawWindows(const signal::Pipeline& pipeline, int count) {
  Bytes raw;
  for (int window = 0; window < count; ++window) {
    Random random(42, static_cast<uint64_t>(window));
    if (!pipeline.is_audio()) {
      const uint32_t levels = 1 + random.Below(255);
      for (size_t i = 0; i < pipeline.raw_bytes(); ++i) {
        raw.push_back(static_cast<uint8_t>(random.Below(levels)));
      }
      continue;
    }
    const float loudness = window == 0 ? 0 : std::ldexp(1.0F, static_cast<int>(random.Below(18)));
    int32_t level = 0;
    for (size_t i = 0; i < pipeline.raw_bytes() / 2; ++i) {
      if (random.Below(50) == 0) level = static_cast<int32_t>(random.Below(65'536)) - 32'768;
      const float value = loudness * (random.Normal() + static_cast<float>(level) / 32'768.0F);
      AppendLe(raw, static_cast<int16_t>(std::fmin(std::fmax(value, -32'768.0F), 32'767.0F)));
    }
  }
  return raw;
}

Bytes HostFeatures(const signal::Pipeline& pipeline, ByteView raw) {
  Bytes out;
  for (size_t offset = 0; offset < raw.size(); offset += pipeline.raw_bytes()) {
    const auto features = pipeline.Extract(raw.subspan(offset, pipeline.raw_bytes())).value();
    out.insert(out.end(), features.begin(), features.end());
  }
  return out;
}

class FeaturesOnDevice : public ::testing::TestWithParam<std::string> {
 protected:
  // `windows` raw windows through both; then the estimate beside the measurement.
  void Check(const signal::Options& options, int windows) {
    const signal::Pipeline pipeline = signal::Pipeline::Make(options).value();
    const Bytes raw = RawWindows(pipeline, windows);
    const auto run = RunOnCore(GetParam(), pipeline, raw);
    if (!run && run.error().code == Code::kNotFound) GTEST_SKIP() << run.error().message;
    ASSERT_TRUE(run) << run.error().message;
    EXPECT_TRUE(run->features == HostFeatures(pipeline, raw)) << "features differ from the host's";

    const auto estimate =
        signal::EstimateResources(pipeline, signal::CoreClassOf(GetParam()).value());
    const double instructions = static_cast<double>(run->instructions) / windows;
    EXPECT_NEAR(static_cast<double>(estimate.instructions) / instructions, 1, 0.05)
        << instructions << " per window";
    EXPECT_LE(run->stack_bytes, estimate.stack_bytes);
    EXPECT_LE(run->code_bytes, estimate.code_bytes);
    EXPECT_GE(run->code_bytes + 512, estimate.code_bytes);
    EXPECT_NEAR(static_cast<double>(run->constant_bytes), estimate.table_bytes, 16);
  }
};

TEST_P(FeaturesOnDevice, BandsEqualTheHosts) { Check(signal::AudioOptions{}, 6); }

TEST_P(FeaturesOnDevice, CepstraEqualTheHosts) {
  signal::AudioOptions options;
  options.sample_rate_hz = 8'000;
  options.frame_ms = 25;  // zeros behind the frame
  options.coefficients = 13;
  options.normalize = dsp::AudioNormalize::kBand;
  Check(options, 6);
}

TEST_P(FeaturesOnDevice, PicturesEqualTheHosts) {
  Check(signal::ImageOptions{.width = 32, .height = 32, .channels = 3}, 10);
  Check(signal::ImageOptions{.normalize = dsp::ImageNormalize::kContrast}, 10);
}

INSTANTIATE_TEST_SUITE_P(Cores, FeaturesOnDevice,
                         ::testing::Values("cortex-m0plus", "cortex-m4f", "cortex-m7", "cortex-m33",
                                           "cortex-m55", "rv32imc"),
                         [](const auto& core) {
                           std::string name = core.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace kinglet
