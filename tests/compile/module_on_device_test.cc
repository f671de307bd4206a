// Model modules in firmware on emulated cores: the same bytes, copied to two addresses, compute the
// host's bytes at both.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "device/runtime/module.h"
#include "src/board/board.h"
#include "src/compile/generate.h"
#include "src/emulate/firmware.h"
#include "src/emulate/qemu.h"
#include "src/ir/execute.h"
#include "src/module/module.h"
#include "src/tflite/read.h"
#include "tests/support/graph_builder.h"
#include "tests/support/random_graph.h"
#include "tests/support/shared_data.h"

namespace kinglet::module {
namespace {

using ::testing::HasSubstr;

// The input: the module, then its input tensors. The output: its output tensors, once for each
// place. Where the module ran before there is nothing any more when it runs at the next.
constexpr char kMain[] = R"(
#include <string.h>

#include "device/port/port.h"
#include "module_host.h"

using namespace kinglet;

namespace {

constexpr size_t kPlaces[] = {0, bird::kModuleBytes / 16 * 16 + 4096 + 48};
alignas(16) uint8_t memory[2 * bird::kModuleBytes + 8192];
alignas(16) uint8_t arena[bird::kArenaBytes];
uint8_t module_bytes[bird::kModuleBytes];
uint8_t input_bytes[bird::kArenaBytes];

void Check(bool fine, int status) {
  if (!fine) port::Exit(status);
}

void RunAt(uint8_t* place) {
  memset(memory, 0xFF, sizeof memory);
  memcpy(place, module_bytes, sizeof module_bytes);
  runtime::Module module;
  const runtime::ModuleStatus status =
      runtime::LoadModule(place, sizeof module_bytes, bird::kModuleHost, &module);
  Check(status == runtime::ModuleStatus::kOk, 40 + static_cast<int>(status));
  memset(arena, 0xA5, sizeof arena);
  const uint8_t* from = input_bytes;
  for (int32_t i = 0; i < module.header.input_count; ++i) {
    const runtime::TensorInfo input = ModuleInput(module, i);
    memcpy(arena + input.offset_bytes, from, input.bytes);
    from += input.bytes;
  }
  module.invoke(arena);
  for (int32_t i = 0; i < module.header.output_count; ++i) {
    const runtime::TensorInfo output = ModuleOutput(module, i);
    Check(port::WriteOutput(arena + output.offset_bytes, output.bytes), 2);
  }
}

}  // namespace

int main() {
  Check(port::ReadInput(module_bytes, sizeof module_bytes) == sizeof module_bytes, 3);
  port::ReadInput(input_bytes, sizeof input_bytes);
  for (const size_t place : kPlaces) RunAt(memory + place);
  port::Exit(0);
}
)";

class ModuleOnDevice : public ::testing::TestWithParam<std::string> {
 protected:
  // kNotFound when this machine lacks a tool.
  Status Build(const ir::Graph& graph) {
    KINGLET_TRY(board_, board::LoadBoard(GetParam()));
    KINGLET_TRY(
        const compile::CompiledModel model,
        compile::Compile(graph, {.name = "bird", .target = compile::TargetOf(board_.core)}));
    KINGLET_TRY(module_, BuildModule(model, board_));
    KINGLET_TRY(emulate::Firmware firmware, emulate::Firmware::Start(board_));
    compile::FileTexts files = module_.files;
    files.erase("model.kmod");
    KINGLET_CHECK(firmware.Add(files));
    KINGLET_CHECK(firmware.Add({{"main.cc", kMain}}));
    KINGLET_TRY(std::vector<std::string> sources,
                firmware.AddPort(emulate::Firmware::Port::kSemihosting));
    sources.insert(sources.end(), {"device/runtime/module.cc", "main.cc"});
    KINGLET_TRY(image_, firmware.Link({.name = "host",
                                       .sources = sources,
                                       .stack_bytes = 4096,
                                       .fit = emulate::LinkOptions::Fit::kEmulator}));
    firmware_ = std::make_unique<emulate::Firmware>(std::move(firmware));
    return {};
  }

  Result<emulate::RunOutput> Run(const Bytes& module, const std::vector<Bytes>& inputs) {
    Bytes input = module;
    for (const Bytes& tensor : inputs) input.insert(input.end(), tensor.begin(), tensor.end());
    return emulate::Run(board_, image_, input, {});
  }

  void ExpectTheHostsBytesTwice(const ir::Graph& graph) {
    const std::vector<Bytes> inputs = kinglet::testing::RandomInputs(graph, 7);
    const std::vector<ByteView> views(inputs.begin(), inputs.end());
    const std::vector<Bytes> outputs = ir::Executor::Make(graph)->Run(views).value();
    Bytes expected;
    for (int place = 0; place < 2; ++place) {
      for (const Bytes& output : outputs) {
        expected.insert(expected.end(), output.begin(), output.end());
      }
    }
    const auto run = Run(module_.bytes, inputs);
    ASSERT_TRUE(run.has_value()) << graph.name << ": " << run.error().message;
    EXPECT_EQ(run->output, expected) << graph.name;
  }

  board::Board board_;
  Module module_;
  emulate::Image image_;
  std::unique_ptr<emulate::Firmware> firmware_;
};

#define BUILD_OR_SKIP(graph)                                                                    \
  do {                                                                                          \
    const Status built = Build(graph);                                                          \
    if (!built && built.error().code == Code::kNotFound) GTEST_SKIP() << built.error().message; \
    ASSERT_TRUE(built) << built.error().message;                                                \
  } while (false)

// The first of the random graphs from `seed` on that has no memory.
ir::Graph WithoutMemory(uint64_t seed) {
  for (;; ++seed) {
    ir::Graph graph = kinglet::testing::RandomGraph(seed);
    if (!ir::HasState(graph)) return graph;
  }
}

TEST_P(ModuleOnDevice, ComputesTheHostsBytesAtTwoAddresses) {
  for (const ir::Graph& graph :
       {kinglet::testing::SmallNetwork(), WithoutMemory(11), WithoutMemory(21)}) {
    BUILD_OR_SKIP(graph);
    ExpectTheHostsBytesTwice(graph);
  }
}

TEST_P(ModuleOnDevice, RunsARealModelAtTwoAddresses) {
  const std::string path = kinglet::testing::SharedPath("models/kws_ref_model.tflite");
  if (path.empty()) GTEST_SKIP() << "outside data not present: kws_ref_model.tflite";
  const ir::Graph graph = tflite::ReadModelFile(path).value();
  BUILD_OR_SKIP(graph);
  ExpectTheHostsBytesTwice(graph);
}

TEST_P(ModuleOnDevice, RefusesDamagedBytes) {
  BUILD_OR_SKIP(kinglet::testing::SmallNetwork());
  Bytes damaged = module_.bytes;
  damaged[damaged.size() / 2] ^= 1;
  const auto run = Run(damaged, {});
  ASSERT_FALSE(run.has_value());
  EXPECT_THAT(run.error().message,
              HasSubstr(std::to_string(40 + static_cast<int>(runtime::ModuleStatus::kDamaged))));
}

INSTANTIATE_TEST_SUITE_P(Cores, ModuleOnDevice,
                         ::testing::Values("cortex-m0plus", "cortex-m4f", "cortex-m7", "cortex-m33",
                                           "cortex-m55", "rv32imc"),
                         [](const auto& core) {
                           std::string name = core.param;
                           std::erase(name, '-');
                           return name;
                         });

bool HasFloats(const ir::Graph& graph) {
  return std::ranges::any_of(graph.tensors, [](const ir::Tensor& tensor) {
    return tensor.type == ir::DataType::kFloat32;
  });
}

// Whatever a kernel takes from the compiler's libraries moves, too: on cores that lack the most
// instructions.
class ModuleOfOneOperator : public ::testing::TestWithParam<std::string> {};

TEST_P(ModuleOfOneOperator, CanMove) {
  const board::Board board = board::LoadBoard(GetParam()).value();
  size_t built = 0;
  for (const auto& kind : kinglet::testing::LayerMaker::Kinds()) {
    const auto model = compile::Compile(kinglet::testing::RandomOpGraph(kind, 3), {.name = "bird"});
    if (!model.has_value() && model.error().code == Code::kUnsupported) continue;
    ASSERT_TRUE(model.has_value()) << kind.name << ": " << model.error().message;
    if (ir::HasState(model->graph)) continue;  // no module can have that
    const auto module = BuildModule(*model, board);
    if (!module.has_value() && module.error().code == Code::kNotFound) {
      GTEST_SKIP() << module.error().message;
    }
    // GCC's floating-point routines for this core hold addresses of their tables.
    if (!module.has_value() && GetParam() == "cortex-m0plus" && HasFloats(model->graph)) {
      EXPECT_THAT(module.error().message, HasSubstr("an address in __")) << kind.name;
      continue;
    }
    EXPECT_TRUE(module.has_value()) << kind.name << ": " << module.error().message;
    ++built;
  }
  EXPECT_GE(built, kinglet::testing::LayerMaker::Kinds().size() * 3 / 4);
}

INSTANTIATE_TEST_SUITE_P(Cores, ModuleOfOneOperator, ::testing::Values("cortex-m0plus", "rv32imc"),
                         [](const auto& core) {
                           return std::string(core.param == "rv32imc" ? "rv32imc" : "cortexm0plus");
                         });

}  // namespace
}  // namespace kinglet::module
