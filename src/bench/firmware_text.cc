#include "src/bench/firmware_text.h"

#include <fmt/format.h>

namespace kinglet::bench {
namespace {

// A mark is a label on an instruction: it costs nothing. Functions that hold one must exist once.
constexpr const char* kBenchTop = R"(#include "device/port/port.h"
#include "model.h"
using namespace kinglet;
#define MARK(name) __asm__ volatile(".globl kinglet_mark_" name "\nkinglet_mark_" name ":" ::: "memory")
#define COUNTED [[gnu::noipa, gnu::used]]
namespace {
constexpr int kInputEndsInSample = 2;
void Write(const void* bytes, size_t count) {
  if (!port::WriteOutput(bytes, count)) port::Exit(port::kStatusOutputRefused);
}
// False at the end of the input.
bool Read(void* bytes, size_t count, bool first) {
  const size_t read = port::ReadInput(bytes, count);
  if (read == 0 && first) return false;
  if (read != count) port::Exit(kInputEndsInSample);
  return true;
}
}  // namespace
COUNTED void RunModel(uint8_t* arena) {
$RESET$  MARK("model_begin");
  model::Invoke(arena);
  MARK("model_end");
}
)";

constexpr const char* kModelArena =
    "alignas(model::kArenaAlignmentBytes) static uint8_t arena[model::kArenaBytes];\n";

constexpr const char* kSoundMemory = R"(
namespace features = kinglet_app::features;
constexpr size_t kArenaBytes = model::kArenaBytes > features::kScratchBytes ? model::kArenaBytes
                                                                           : features::kScratchBytes;
alignas(4) alignas(model::kArenaAlignmentBytes) static uint8_t arena[kArenaBytes];
$SCRATCH_MEMORY$static features::State state;
static int16_t chunk[features::kChunkSamples];
static_assert(features::kFeatureBytes == model::kInputs[0].bytes);
)";

constexpr const char* kPictureMemory = R"(
namespace features = kinglet_app::features;
alignas(model::kArenaAlignmentBytes) static uint8_t arena[model::kArenaBytes];
static_assert(features::kFeatureBytes == model::kInputs[0].bytes);
static_assert(features::kImageBytes == features::kFeatureBytes);
)";

// bool ReadSample(): a sample's model input is in the arena; false at the end.
constexpr const char* kReadTensors = R"(
static bool ReadSample() {
  for (int32_t i = 0; i < model::kInputCount; ++i) {
    if (!Read(model::Input(arena, i), model::kInputs[i].bytes, i == 0)) return false;
  }
  return true;
}
)";

constexpr const char* kReadSound = R"(
COUNTED bool RunDsp(int8_t* to) {
  MARK("dsp_begin");
  const bool full = features::Push(state, chunk, $SCRATCH$, to);
  MARK("dsp_end");
  return full;
}
static bool ReadSample() {
  features::Reset(state);
  for (bool first = true; Read(chunk, sizeof chunk, first); first = false) {
    if (!RunDsp(model::Input(arena))) continue;
    Write(model::Input(arena), features::kFeatureBytes);
    return true;
  }
  return false;
}
)";

constexpr const char* kReadPicture = R"(
COUNTED void RunDsp(int8_t* to) {
  MARK("dsp_begin");
  features::Extract(reinterpret_cast<const uint8_t*>(to), to);
  MARK("dsp_end");
}
static bool ReadSample() {
  if (!Read(model::Input(arena), features::kImageBytes, true)) return false;
  RunDsp(model::Input(arena));
  Write(model::Input(arena), features::kFeatureBytes);
  return true;
}
)";

constexpr const char* kHookInclude = "#include \"device/runtime/layer_hook.h\"\n";

constexpr const char* kHook = R"(
static uint32_t layer_hashes[{0}];
static int32_t open_layer = -1;  // that has begun to be hashed
COUNTED void HashLayer(int32_t layer, const int8_t* data, uint32_t bytes, bool ends) {{
  uint32_t hash = layer == open_layer ? layer_hashes[layer] : 0x811C9DC5U;
  for (uint32_t i = 0; i < bytes; ++i) hash = (hash ^ static_cast<uint8_t>(data[i])) * 0x01000193U;
  layer_hashes[layer] = hash;
  open_layer = ends ? -1 : layer;
}}
extern "C" COUNTED void kinglet_layer_output(int32_t layer, const int8_t* data, uint32_t bytes) {{
  HashLayer(layer, data, bytes, false);
}}
extern "C" COUNTED void kinglet_layer_done(int32_t layer, const int8_t* data, uint32_t bytes) {{
  HashLayer(layer, data, bytes, true);
  MARK("layer_begin");
}}
)";

constexpr const char* kSilentHook = R"(
extern "C" void kinglet_layer_output(int32_t, const int8_t*, uint32_t) {}
extern "C" void kinglet_layer_done(int32_t, const int8_t*, uint32_t) {}
)";

constexpr const char* kBenchLoop = R"(
int main() {{
  while (ReadSample()) {{
    RunModel(arena);
    for (int32_t i = 0; i < model::kOutputCount; ++i) {{
      Write(model::Output(arena, i), model::kOutputs[i].bytes);
    }}
    {}
  }}
  const uint32_t stack_bytes = static_cast<uint32_t>(port::StackBytesUsed());
  Write(&stack_bytes, sizeof stack_bytes);
  port::Exit(0);
}}
)";

constexpr const char* kApplicationTop = R"(#include "model.h"
)";

constexpr const char* kApplicationOutput = R"(
volatile int8_t kinglet_result;
static void Report() {
  for (int32_t i = 0; i < model::kOutputCount; ++i) {
    const int8_t* output = model::Output<int8_t>(arena, i);
    for (uint32_t j = 0; j < model::kOutputs[i].bytes; ++j) kinglet_result = output[j];
  }
}
)";

constexpr const char* kTensorApplication = R"(
volatile int8_t kinglet_sensor;
int main() {
$RESET$  for (;;) {
    for (int32_t i = 0; i < model::kInputCount; ++i) {
      int8_t* input = model::Input<int8_t>(arena, i);
      for (uint32_t j = 0; j < model::kInputs[i].bytes; ++j) input[j] = kinglet_sensor;
    }
    model::Invoke(arena);
    Report();
  }
}
)";

constexpr const char* kSoundApplication = R"(
volatile int16_t kinglet_sensor;
int main() {
$RESET$  features::Reset(state);
  for (;;) {
    for (int16_t& sample : chunk) sample = kinglet_sensor;
    if (!features::Push(state, chunk, $SCRATCH$, model::Input(arena))) continue;
    model::Invoke(arena);
    Report();
  }
}
)";

constexpr const char* kPictureApplication = R"(
volatile uint8_t kinglet_sensor;
int main() {
$RESET$  for (;;) {
    uint8_t* image = reinterpret_cast<uint8_t*>(model::Input(arena));
    for (uint32_t i = 0; i < features::kImageBytes; ++i) image[i] = kinglet_sensor;
    features::Extract(image, model::Input(arena));
    model::Invoke(arena);
    Report();
  }
}
)";

struct Parts {
  const char *include, *memory, *read, *application;
};

Parts PartsOf(FrontEndKind front_end) {
  switch (front_end) {
    case FrontEndKind::kSound:
      return {"#include \"front_end.h\"\n", kSoundMemory, kReadSound, kSoundApplication};
    case FrontEndKind::kPicture:
      return {"#include \"front_end.h\"\n", kPictureMemory, kReadPicture, kPictureApplication};
    case FrontEndKind::kNone:
      break;
  }
  return {"", kModelArena, kReadTensors, kTensorApplication};
}

// The arena of a model without state serves as the features' scratch memory, too.
std::string Fill(std::string text, bool has_state) {
  const auto replace = [&](std::string_view word, std::string_view by) {
    for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at)) {
      text.replace(at, word.size(), by);
    }
  };
  replace("$RESET$", has_state ? "  model::Reset(arena);\n" : "");
  replace("$SCRATCH$", has_state ? "scratch" : "arena");
  replace("$SCRATCH_MEMORY$",
          has_state ? "alignas(4) static uint8_t scratch[features::kScratchBytes];\n" : "");
  return text;
}

}  // namespace

FirmwareText MakeFirmwareText(FrontEndKind front_end, bool layer_hook, size_t layer_count,
                              bool has_state) {
  const Parts parts = PartsOf(front_end);
  FirmwareText text;
  text.bench_main = std::string(parts.include) + kBenchTop + parts.memory + parts.read;
  if (layer_hook) text.bench_main += kHookInclude + fmt::format(kHook, layer_count);
  text.bench_main +=
      fmt::format(kBenchLoop, layer_hook ? "Write(layer_hashes, sizeof layer_hashes);" : "");
  text.application_main = std::string(parts.include) + kApplicationTop + parts.memory +
                          kApplicationOutput + parts.application;
  if (layer_hook) text.application_main += std::string(kHookInclude) + kSilentHook;
  text.bench_main = Fill(std::move(text.bench_main), has_state);
  text.application_main = Fill(std::move(text.application_main), has_state);
  return text;
}

}  // namespace kinglet::bench
