// What surrounds the model in a generated folder: the C interface, the self-test, the build file,
// the page that explains it.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "src/base/version.h"
#include "src/compile/cpp_text.h"
#include "src/compile/emit.h"

namespace kinglet::compile {
namespace {

// The C type of all `tensors`, "void" when they differ.
std::string_view CommonType(const ir::Graph& graph, const std::vector<ir::TensorIndex>& tensors) {
  const ir::DataType first = graph.tensor(tensors[0]).type;
  for (const ir::TensorIndex index : tensors) {
    if (graph.tensor(index).type != first) return "void";
  }
  return ElementTypeName(first);
}

// For MakeInputs of the self-test; without floats it must not need the library for them.
constexpr char kMakeFloats[] =
    R"(    if (kInputs[i].type == kinglet::runtime::ElementType::kFloat32) {
      float* const floats = Input<float>(arena, i);
      for (uint32_t k = 0; k < kInputs[i].bytes / sizeof(float); ++k) {
        seed = seed * 1664525U + 1013904223U;
        floats[k] = static_cast<float>(static_cast<int8_t>(seed >> 24)) / 32;
      }
      continue;
    }
)";

// For README.md.
constexpr char kResetUse[] =
    "$NAME$::Reset(arena);                        // once, and where a new sequence begins\n";
constexpr char kArenaKept[] =
    "The model has state, which lies in the arena: between inferences\nthe arena must be kept.";
constexpr char kArenaFree[] = "Between inferences the arena may serve other purposes.";

// How the self-test goes from vector to vector: without state each begins with an arena of zeros.
constexpr char kBeginVectors[] =
    R"(  for (const golden::Vector& vector : golden::kVectors) {
    for (size_t i = 0; i < kArenaBytes; ++i) arena[i] = 0;
)";
constexpr char kBeginVectorsWithState[] =
    R"(  for (size_t i = 0; i < kArenaBytes; ++i) arena[i] = 0;
  for (const golden::Vector& vector : golden::kVectors) {
    if (vector.reset) Reset(arena);
)";

// Of models with state.
constexpr char kResetInC[] =
    R"(// $NAME$_reset is called once before the first inference, and where a new sequence begins; between
// inferences the arena must be kept, as it holds the state.
void $NAME$_reset(uint8_t* arena);
)";
constexpr char kResetBodyInC[] = "void $NAME$_reset(uint8_t* arena) { $NAME$::Reset(arena); }\n\n";

bool HasFloatInput(const ir::Graph& graph) {
  return std::ranges::any_of(graph.inputs, [&](ir::TensorIndex index) {
    return graph.tensor(index).type == ir::DataType::kFloat32;
  });
}

std::string UpperCase(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return text;
}

bool HasAssembly(const Emission& e) {
  return std::ranges::any_of(e.kernel_sources,
                             [](const std::string& source) { return source.ends_with(".S"); });
}

}  // namespace

std::vector<std::string> LibrarySources(const Emission& e) {
  std::vector<std::string> sources = {"model.cc", "model_c.cc", "self_test.cc"};
  for (const auto* list : {&e.kernel_sources, &e.front_end_sources}) {
    sources.insert(sources.end(), list->begin(), list->end());
  }
  for (std::string& source : sources) source = LibraryPath(e.format, source);
  return sources;
}

ElementMeaning Meaning(const ir::Tensor& tensor) {
  const ir::Quantization& q = tensor.quantization;
  return q.present() ? ElementMeaning{q.scales[0], q.zero_points[0]} : ElementMeaning{};
}

std::string Fill(std::string_view pattern, const Emission& e) {
  std::string text(pattern);
  const auto replace = [&](std::string_view word, std::string_view by) {
    for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at)) {
      text.replace(at, word.size(), by);
      at += by.size();
    }
  };
  replace("$RESET_USE$", WithState(e, kResetUse));
  replace("$ARENA_USE$", ir::HasState(e.graph) ? kArenaKept : kArenaFree);
  replace("$RESET_C$", WithState(e, kResetInC));
  replace("$RESET_C_BODY$", WithState(e, kResetBodyInC));
  replace("$UPPER$", UpperCase(e.name));
  replace("$NAME$", e.name);
  replace("$VERSION$", kVersion);
  replace("$BEGIN_VECTORS$", ir::HasState(e.graph) ? kBeginVectorsWithState : kBeginVectors);
  replace("$FLOATS$", HasFloatInput(e.graph) ? kMakeFloats : "");
  replace("$INPUT$", CommonType(e.graph, e.graph.inputs));
  replace("$OUTPUT$", CommonType(e.graph, e.graph.outputs));
  replace("$LANGUAGES$", HasAssembly(e) ? "CXX ASM" : "CXX");
  return text;
}

namespace {

std::string TensorMacros(const Emission& e, std::string_view role,
                         const std::vector<ir::TensorIndex>& tensors) {
  const std::string prefix = UpperCase(e.name);
  std::string text = fmt::format("#define {}_{}_COUNT {}\n", prefix, role, tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    const ir::Tensor& tensor = e.graph.tensor(tensors[i]);
    const auto [scale, zero_point] = Meaning(tensor);
    const std::string name = fmt::format("#define {}_{}_{}_", prefix, role, i);
    std::string sizes;
    for (const int32_t size : tensor.shape) {
      sizes += (sizes.empty() ? "" : ", ") + std::to_string(size);
    }
    text += fmt::format("{}TYPE {}\n", name, ElementTypeName(tensor.type));
    text += fmt::format("{}BYTES {}\n", name, tensor.ByteCount());
    text += fmt::format("{}RANK {}\n", name, tensor.shape.size());
    if (!sizes.empty()) text += fmt::format("{}SHAPE {{{}}}\n", name, sizes);
    text += fmt::format("{}SCALE {}\n", name, FloatLiteral(scale));
    text += fmt::format("{}ZERO_POINT ({})\n", name, zero_point);
  }
  return text;
}

std::string ShapeText(const ir::Tensor& tensor) {
  std::string text;
  for (const int32_t size : tensor.shape)
    text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text.empty() ? "1 value" : text;
}

std::string TensorRow(const Emission& e, std::string_view role, ir::TensorIndex index) {
  const ir::Tensor& tensor = e.graph.tensor(index);
  std::string meaning = "as it stands";
  if (tensor.quantization.present()) {
    const auto [scale, zero_point] = Meaning(tensor);
    meaning = fmt::format("real = {:.9g} * (value - ({}))", scale, zero_point);
  }
  return fmt::format("| {} | {} {} | {} |\n", role, ir::DataTypeName(tensor.type),
                     ShapeText(tensor), meaning);
}

}  // namespace

std::string EmitCHeader(const Emission& e) {
  std::string text = kGeneratedBanner;
  text += "// The model for programs in C; model.h is the same for C++.\n#pragma once\n\n";
  text += "#include <stdbool.h>\n#include <stdint.h>\n\n";
  text += Fill("#define $UPPER$_DIGEST \\\n  \"", e) + e.digest + "\"\n";
  const auto number = [&](std::string_view name, int64_t value) {
    text += Fill("#define $UPPER$_", e) + fmt::format("{} {}\n", name, value);
  };
  number("ARENA_BYTES", static_cast<int64_t>(e.numbers.arena_bytes));
  number("ARENA_ALIGNMENT_BYTES", e.program.plan.alignment_bytes);
  number("WEIGHTS_BYTES", static_cast<int64_t>(e.numbers.weights_bytes));
  number("MACS", e.numbers.macs);
  text += "// real value = scale * (element - zero point)\n";
  text += TensorMacros(e, "INPUT", e.graph.inputs);
  text += TensorMacros(e, "OUTPUT", e.graph.outputs);
  const size_t labels = Labels(e.graph).size();
  number("LABEL_COUNT", static_cast<int64_t>(labels));
  return text +
         Fill(R"(
#ifdef __cplusplus
extern "C" {
#endif

// The arena is $UPPER$_ARENA_BYTES bytes of the caller's, at a multiple of
// $UPPER$_ARENA_ALIGNMENT_BYTES. Inputs are written before each inference, which may overwrite them;
// outputs are read after it.
$RESET_C$$INPUT$* $NAME$_input(uint8_t* arena, int32_t index);
const $OUTPUT$* $NAME$_output(const uint8_t* arena, int32_t index);
void $NAME$_invoke(uint8_t* arena);
)",
              e) +
         (labels > 0 ? Fill("// The name of a class, below $UPPER$_LABEL_COUNT.\n"
                            "const char* $NAME$_label(int32_t index);\n",
                            e)
                     : "") +
         Fill(
             R"(// Runs the test vectors of golden.h; true if the device computes every byte that the host did. Needs
// self_test.cc.
bool $NAME$_self_test(uint8_t* arena);

#ifdef __cplusplus
}
#endif
)",
             e);
}

std::string EmitCSource(const Emission& e) {
  return kGeneratedBanner +
         Fill(R"(#include "model_c.h"

#include "model.h"

$INPUT$* $NAME$_input(uint8_t* arena, int32_t index) {
  return $NAME$::Input<$INPUT$>(arena, index);
}

const $OUTPUT$* $NAME$_output(const uint8_t* arena, int32_t index) {
  return $NAME$::Output<$OUTPUT$>(arena, index);
}

$RESET_C_BODY$void $NAME$_invoke(uint8_t* arena) { $NAME$::Invoke(arena); }
)",
              e) +
         (Labels(e.graph).empty() ? ""
                                  : Fill("\nconst char* $NAME$_label(int32_t index) { return "
                                         "$NAME$::kLabels[index]; }\n",
                                         e));
}

std::string EmitGoldenHeader(const Emission& e) {
  std::string arrays;
  std::string rows;
  for (size_t v = 0; v < e.golden.size(); ++v) {
    const GoldenVector& vector = e.golden[v];
    Bytes outputs;
    for (const Bytes& output : vector.outputs)
      outputs.insert(outputs.end(), output.begin(), output.end());
    arrays += fmt::format("inline constexpr int8_t kOutputs{}[] = {{\n{}}};\n", v,
                          ArrayElements(ir::DataType::kInt8, outputs));
    const std::string_view reset = WithState(e, vector.reset ? ", true" : ", false");
    rows += fmt::format("    {{{}U, kOutputs{}, {:#010x}U{}}},\n", vector.seed, v,
                        vector.arena_hash, reset);
  }
  std::string ranges;
  for (const ArenaRange& range : e.golden_ranges) {
    ranges += fmt::format("    {{{}, {}}},\n", range.begin, range.end);
  }
  return kGeneratedBanner +
         Fill(
             R"(// What the reference executor computed on the host for inputs that anyone can make again: with s the seed, for
// each byte of each input in order, s = s * 1664525 + 1013904223 modulo 2^32; byte = s >> 24. A float has one
// such step, and is that byte, as int8, divided by 32.
#pragma once

#include <stdint.h>

namespace $NAME$::golden {

)",
             e) +
         arrays + R"(
struct Vector {
  uint32_t seed;
  const int8_t* outputs;  // all outputs, one behind the other
  uint32_t arena_hash;    // FNV-1a of kRanges after the inference; the arena began as zeros
)" +
         std::string(WithState(
             e, "  bool reset;             // before this inference; else the state goes on\n")) +
         R"(};

// Bytes begin <= i < end of the arena: all but what kernels use as scratch memory.
struct Range {
  uint32_t begin, end;
};
inline constexpr Range kRanges[] = {
)" + ranges +
         R"(};

inline constexpr Vector kVectors[] = {
)" + rows +
         Fill("};\n\n}  // namespace $NAME$::golden\n", e);
}

std::string EmitSelfTestHeader(const Emission& e) {
  return kGeneratedBanner + Fill(R"(#pragma once

#include <stdint.h>

namespace $NAME$ {

// Runs the test vectors of golden.h in `arena` (kArenaBytes). True if every byte, of the outputs and
// of all that the layers left in the arena, is what the host computed. Needs no library.
bool SelfTest(uint8_t* arena);

}  // namespace $NAME$
)",
                                 e);
}

std::string EmitSelfTestSource(const Emission& e) {
  return kGeneratedBanner + Fill(R"(#include "self_test.h"

#include <stddef.h>
#include <stdint.h>

#include "golden.h"
#include "model.h"
#include "model_c.h"

namespace $NAME$ {
namespace {

void MakeInputs(uint32_t seed, uint8_t* arena) {
  for (int32_t i = 0; i < kInputCount; ++i) {
$FLOATS$    int8_t* const input = Input<int8_t>(arena, i);
    for (uint32_t k = 0; k < kInputs[i].bytes; ++k) {
      seed = seed * 1664525U + 1013904223U;
      input[k] = static_cast<int8_t>(seed >> 24);
    }
  }
}

bool OutputsEqual(const int8_t* expected, const uint8_t* arena) {
  bool equal = true;
  for (int32_t i = 0; i < kOutputCount; ++i) {
    const int8_t* const output = Output<int8_t>(arena, i);
    for (uint32_t k = 0; k < kOutputs[i].bytes; ++k) equal = equal && output[k] == *expected++;
  }
  return equal;
}

uint32_t HashArena(const uint8_t* arena) {
  uint32_t hash = 2166136261U;
  for (const golden::Range& range : golden::kRanges) {
    for (uint32_t i = range.begin; i < range.end; ++i) hash = (hash ^ arena[i]) * 16777619U;
  }
  return hash;
}

}  // namespace

bool SelfTest(uint8_t* arena) {
  bool passed = true;
$BEGIN_VECTORS$    MakeInputs(vector.seed, arena);
    Invoke(arena);
    passed = passed && OutputsEqual(vector.outputs, arena) && HashArena(arena) == vector.arena_hash;
  }
  return passed;
}

}  // namespace $NAME$

bool $NAME$_self_test(uint8_t* arena) { return $NAME$::SelfTest(arena); }
)",
                                 e);
}

std::string EmitSelfTestMain(const Emission& e) {
  std::string hook;
  if (e.layer_hook) {
    hook = "\n#include \"device/runtime/layer_hook.h\"\n" + std::string(R"(
void kinglet_layer_done(int32_t layer, const int8_t* data, uint32_t bytes) {
  uint32_t hash = 2166136261U;
  for (uint32_t i = 0; i < bytes; ++i) hash = (hash ^ static_cast<uint8_t>(data[i])) * 16777619U;
  std::printf("layer %d %u %08x\n", static_cast<int>(layer), static_cast<unsigned>(bytes),
              static_cast<unsigned>(hash));
}

void kinglet_layer_output(int32_t layer, const int8_t* data, uint32_t bytes) {
  kinglet_layer_done(layer, data, bytes);
}
)");
  }
  return kGeneratedBanner +
         Fill(
             R"(// Runs the self-test on a machine with an operating system; exit status 0 when it passed.
#include "self_test.h"

#include <cstdio>

#include "model.h"
)" + hook + R"(
int main() {
  alignas($NAME$::kArenaAlignmentBytes) static uint8_t arena[$NAME$::kArenaBytes];
  const bool passed = $NAME$::SelfTest(arena);
  std::printf("%s\n", passed ? "passed" : "failed");
  return passed ? 0 : 1;
}
)",
             e);
}

std::string EmitCMakeLists(const Emission& e) {
  std::string sources;
  for (const std::string& source : LibrarySources(e)) sources += "  " + source + "\n";
  constexpr std::string_view kExample = R"(  add_executable($NAME$_example example_main.cc)
  target_link_libraries($NAME$_example PRIVATE $NAME$)
)";
  return Fill(
             R"(# Generated by kinglet $VERSION$. Builds the library $NAME$; add_subdirectory() this folder and link it, or
# build it alone, where a host build also makes the self-test (ctest runs it).
cmake_minimum_required(VERSION 3.16)
project($NAME$ LANGUAGES $LANGUAGES$)

if(NOT CMAKE_BUILD_TYPE AND CMAKE_SOURCE_DIR STREQUAL CMAKE_CURRENT_SOURCE_DIR)
  set(CMAKE_BUILD_TYPE Release)
endif()

add_library($NAME$ STATIC
)",
             e) +
         sources +
         Fill(R"()
target_include_directories($NAME$ PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}")
target_compile_features($NAME$ PUBLIC cxx_std_17)
target_compile_options($NAME$ PRIVATE -Wall -Wextra -ffp-contract=off -ffunction-sections -fdata-sections
  $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions> $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti>)

if(CMAKE_SOURCE_DIR STREQUAL CMAKE_CURRENT_SOURCE_DIR AND NOT CMAKE_CROSSCOMPILING)
  enable_testing()
  add_executable($NAME$_self_test self_test_main.cc)
  target_link_libraries($NAME$_self_test PRIVATE $NAME$)
  add_test(NAME $NAME$_self_test COMMAND $NAME$_self_test)
)",
              e) +
         (e.front_end != nullptr && !e.layer_hook ? Fill(kExample, e) : "") + "endif()\n";
}

std::string EmitReadme(const Emission& e) {
  std::string text =
      Fill("# $NAME$\n\nA model as C++17 source, generated by kinglet $VERSION$. ", e);
  text += fmt::format(
      "It needs {} bytes of constants, {} bytes of memory for\nactivations and does {} "
      "multiply-accumulates an "
      "inference. There is no interpreter, no\nallocation and {}.\n\n",
      e.numbers.weights_bytes, e.numbers.arena_bytes, e.numbers.macs,
      ir::HasState(e.graph) ? "one state to reset" : "nothing to set up");
  text += "| | type | meaning |\n|---|---|---|\n";
  for (size_t i = 0; i < e.graph.inputs.size(); ++i) {
    text += TensorRow(e, fmt::format("input {}", i), e.graph.inputs[i]);
  }
  for (size_t i = 0; i < e.graph.outputs.size(); ++i) {
    text += TensorRow(e, fmt::format("output {}", i), e.graph.outputs[i]);
  }
  return text +
         Fill(R"(
## Use

```cpp
#include "model.h"

alignas($NAME$::kArenaAlignmentBytes) static uint8_t arena[$NAME$::kArenaBytes];

$RESET_USE$auto* input = $NAME$::Input(arena);          // write $NAME$::kInputs[0].bytes bytes here, every time:
$NAME$::Invoke(arena);                       // the inference may overwrite its input
const auto* output = $NAME$::Output(arena);  // $NAME$::kOutputs[0].bytes bytes
```

`model_c.h` is the same for C. $ARENA_USE$
)",
              e) +
         (e.front_end != nullptr ? EmitFrontEndUse(e) : "") + EmitBuildUse(e);
}

}  // namespace kinglet::compile
