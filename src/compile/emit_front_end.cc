// What a generated folder says about the front end beside the model: the example program and its
// part of the page.
#include <string>
#include <string_view>

#include "src/compile/emit.h"

namespace kinglet::compile {
namespace {

constexpr std::string_view kSoundTop =
    R"(// From raw sound to labels, as firmware does it: reads 16-bit little-endian mono samples at kSampleRateHz
// from standard input and prints a line for each window. On a board the microphone's driver brings them.
)";

constexpr std::string_view kPictureTop =
    R"(// From raw pictures to labels, as firmware does it: reads pictures of kImageBytes bytes (rows of pixels,
// channels interleaved) from standard input and prints a line for each. On a board the camera brings them.
)";

constexpr std::string_view kPrint = R"(#include <cstdio>

#include "front_end.h"
#include "model.h"

namespace {

// The class with the highest score, and that score as a real number.
void Print(const int8_t* scores) {
  const kinglet::runtime::TensorInfo& info = $NAME$::kOutputs[0];
  uint32_t best = 0;
  for (uint32_t i = 1; i < info.bytes; ++i) {
    if (scores[i] > scores[best]) best = i;
  }
  const float score = info.scale * static_cast<float>(scores[best] - info.zero_point);
)";

constexpr std::string_view kPrintLabel =
    R"(  std::printf("%s %.3f\n", $NAME$::kLabels[best], static_cast<double>(score));
)";

constexpr std::string_view kPrintNumber =
    R"(  std::printf("%u %.3f\n", static_cast<unsigned>(best), static_cast<double>(score));
)";

constexpr std::string_view kSoundMain = R"(}

}  // namespace

int main() {
$SOUND_MEMORY$  static kinglet_app::features::State state;
  static int16_t chunk[kinglet_app::features::kChunkSamples];

  kinglet_app::features::Reset(state);
  while (std::fread(chunk, sizeof chunk, 1, stdin) == 1) {
    // False until a window is full.
    if (!kinglet_app::features::Push(state, chunk, $SCRATCH$, $NAME$::Input(memory))) continue;
    $NAME$::Invoke(memory);
    Print($NAME$::Output(memory));
  }
}
)";

constexpr std::string_view kSharedMemory =
    R"(  // One memory for both: the features' scratch is free while the model runs.
  constexpr size_t kMemoryBytes = $NAME$::kArenaBytes > kinglet_app::features::kScratchBytes
                                      ? $NAME$::kArenaBytes
                                      : kinglet_app::features::kScratchBytes;
  alignas(4) alignas($NAME$::kArenaAlignmentBytes) static uint8_t memory[kMemoryBytes];
)";
// With state the arena is the model's alone.
constexpr std::string_view kOwnMemory =
    R"(  alignas($NAME$::kArenaAlignmentBytes) static uint8_t memory[$NAME$::kArenaBytes];
  alignas(4) static uint8_t scratch[kinglet_app::features::kScratchBytes];
  $NAME$::Reset(memory);
)";

constexpr std::string_view kPictureMain = R"(}

}  // namespace

int main() {
  alignas($NAME$::kArenaAlignmentBytes) static uint8_t memory[$NAME$::kArenaBytes];
$RESET_MEMORY$
  // The picture lies where its features will be: it needs no memory of its own.
  static_assert(kinglet_app::features::kImageBytes == $NAME$::kInputs[0].bytes);
  int8_t* const input = $NAME$::Input(memory);
  while (std::fread(input, kinglet_app::features::kImageBytes, 1, stdin) == 1) {
    kinglet_app::features::Extract(reinterpret_cast<const uint8_t*>(input), input);
    $NAME$::Invoke(memory);
    Print($NAME$::Output(memory));
  }
}
)";

constexpr std::string_view kSoundUse = R"(
## From raw sound

`front_end.h` is the signal processing in front of the model, which takes its output as it is:

    kinglet_app::features::Reset(state);                        // once
    kinglet_app::features::Push(state, chunk, $SCRATCH$, input);$SCRATCH_GAP$ // for every kChunkSamples samples

`Push` is true when `input`, which is `$NAME$::Input(memory)`, holds the features of a full window; then call `Invoke`.
$MEMORY_USE$
)";

constexpr std::string_view kSoundExample = R"(
Without CMake compile `front_end.cc` and `device/dsp/*.cc`, too. `example_main.cc` is a whole program:

    tail -c +45 recording.wav | build/$NAME$_example    # 16-bit mono at kSampleRateHz, without its header
)";

constexpr std::string_view kPictureUse = R"(
## From raw pictures

`front_end.h` is the processing in front of the model, which takes its output as it is:

    kinglet_app::features::Extract(picture, input);   // kImageBytes pixels to $NAME$::Input(arena); may be one memory

Then call `Invoke`.
)";

constexpr std::string_view kPictureExample = R"(
Without CMake compile `front_end.cc` and `device/dsp/*.cc`, too. `example_main.cc` is a whole program:

    build/$NAME$_example < pictures.raw    # rows of pixels, channels interleaved, picture after picture
)";

constexpr std::string_view kSharedUse =
    R"(`memory` serves as the features' scratch and as the model's arena: the larger of `kScratchBytes` and `kArenaBytes`, at a
multiple of 4 bytes.)";
constexpr std::string_view kOwnUse =
    R"(`memory` is the model's arena, which must be kept, as it holds the state; `scratch` is `kScratchBytes` bytes at a multiple
of 4 bytes.)";

// `text` with what depends on whether the arena may serve as the features' scratch, too.
std::string FillMemory(std::string_view text, const Emission& e) {
  const bool state = ir::HasState(e.graph);
  std::string filled(text);
  const std::pair<std::string_view, std::string_view> words[] = {
      {"$SOUND_MEMORY$", state ? kOwnMemory : kSharedMemory},
      {"$SCRATCH$", state ? "scratch" : "memory"},
      {"$SCRATCH_GAP$", state ? " " : "  "},
      {"$RESET_MEMORY$", state ? "  $NAME$::Reset(memory);\n" : ""},
      {"$MEMORY_USE$", state ? kOwnUse : kSharedUse},
  };
  for (const auto& [word, by] : words) {
    for (size_t at = filled.find(word); at != std::string::npos; at = filled.find(word, at)) {
      filled.replace(at, word.size(), by);
    }
  }
  return Fill(filled, e);
}

// A label for every score.
bool HasLabels(const Emission& e) {
  const ir::Tensor& scores = e.graph.tensor(e.graph.outputs[0]);
  return Labels(e.graph).size() >= static_cast<size_t>(scores.ByteCount());
}

}  // namespace

std::string EmitExampleMain(const Emission& e) {
  const bool sound = e.front_end->is_audio();
  std::string text = kGeneratedBanner;
  for (const std::string_view part :
       {sound ? kSoundTop : kPictureTop, kPrint, HasLabels(e) ? kPrintLabel : kPrintNumber,
        sound ? kSoundMain : kPictureMain}) {
    text += FillMemory(part, e);
  }
  return text;
}

std::string EmitFrontEndUse(const Emission& e) {
  const bool sound = e.front_end->is_audio();
  return FillMemory(sound ? kSoundUse : kPictureUse, e) +
         (e.format == Format::kCMake ? Fill(sound ? kSoundExample : kPictureExample, e) : "");
}

}  // namespace kinglet::compile
