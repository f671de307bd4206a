// Generated code on every core: builds without a warning, and its self-test passes under the
// emulator, so that the device computes the host's bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/board/board.h"
#include "src/compile/generate.h"
#include "src/emulate/firmware.h"
#include "src/emulate/qemu.h"
#include "tests/support/graph_builder.h"
#include "tests/support/random_graph.h"
#include "tests/support/state_graphs.h"

namespace kinglet::compile {
namespace {

constexpr char kMain[] = R"(
#include "device/port/port.h"
#include "model.h"
#include "model_c.h"
#include "self_test.h"

int main() {
  alignas(bird::kArenaAlignmentBytes) static uint8_t arena[bird::kArenaBytes];
  bird_invoke(arena);
  kinglet::port::Exit(bird::SelfTest(arena) ? 0 : 1);
}
)";

class GeneratedOnDevice : public ::testing::TestWithParam<std::string> {
 protected:
  Result<emulate::RunOutput> BuildAndRun(const ir::Graph& graph) {
    KINGLET_TRY(const CompiledModel model, Compile(graph, {.name = "bird", .layer_hook = false}));
    KINGLET_TRY(const board::Board board, board::LoadBoard(GetParam()));
    KINGLET_TRY(emulate::Firmware firmware, emulate::Firmware::Start(board));
    KINGLET_CHECK(firmware.Add(model.files));
    KINGLET_CHECK(firmware.Add({{"main.cc", kMain}}));
    KINGLET_TRY(std::vector<std::string> sources,
                firmware.AddPort(emulate::Firmware::Port::kSemihosting));
    sources.insert(sources.end(), model.sources.begin(), model.sources.end());
    sources.insert(sources.end(), {"model_c.cc", "self_test.cc", "main.cc"});
    KINGLET_TRY(const emulate::Image image,
                firmware.Link({.name = "self_test",
                               .sources = sources,
                               .stack_bytes = 4096,
                               .fit = emulate::LinkOptions::Fit::kEmulator}));
    return emulate::Run(board, image, {}, {});
  }
};

TEST_P(GeneratedOnDevice, ComputesTheHostsBytes) {
  for (const ir::Graph& graph :
       {kinglet::testing::SmallNetwork(), kinglet::testing::RandomGraph(11),
        kinglet::testing::EveryKindGraph(), kinglet::testing::Int16Network(1),
        kinglet::testing::SvdfNetwork(), kinglet::testing::LstmNetwork(),
        kinglet::testing::StreamingNetwork()}) {
    const auto run = BuildAndRun(graph);
    if (!run.has_value() && run.error().code == Code::kNotFound) {
      GTEST_SKIP() << run.error().message;
    }
    EXPECT_TRUE(run.has_value()) << graph.name << ": " << run.error().message;
  }
}

INSTANTIATE_TEST_SUITE_P(Cores, GeneratedOnDevice,
                         ::testing::Values("cortex-m0plus", "cortex-m4f", "cortex-m7", "cortex-m33",
                                           "cortex-m55", "rv32imc"),
                         [](const auto& core) {
                           std::string name = core.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace kinglet::compile
