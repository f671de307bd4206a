// What is estimated before linking, beside what the linked and emulated firmware of the MLPerf Tiny
// models takes.
#include <gtest/gtest.h>

#include <map>

#include "src/bench/bench.h"
#include "src/compile/estimate.h"
#include "src/tflite/read.h"
#include "tests/support/shared_data.h"

namespace kinglet {
namespace {

struct Case {
  std::string core, file;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.file << " on " << c.core; }

class Estimates : public ::testing::TestWithParam<Case> {};

TEST_P(Estimates, AreWithinTheStatedErrorsOfTheFirmware) {
  KINGLET_SHARED_OR_SKIP(path, "models/" + GetParam().file);
  const ir::Graph graph = tflite::ReadModelFile(path).value();
  const board::Board board = board::LoadBoard(GetParam().core).value();
  const auto measured = bench::BenchModel(graph, board, {.sample_count = 1});
  if (!measured.has_value() && measured.error().code == Code::kNotFound) {
    GTEST_SKIP() << measured.error().message;
  }
  ASSERT_TRUE(measured.has_value()) << measured.error().message;

  const ir::Graph optimized = optimize::Optimize(graph).value().graph;
  const compile::Program program =
      compile::MakeProgram(optimized, compile::TargetOf(board.core)).value();
  const compile::ModelNumbers numbers = compile::Measure(optimized, program);
  const compile::CoreCosts costs = compile::LoadCoreCosts(board.core.name).value();
  const compile::ModelEstimate estimate = compile::Estimate(program, costs).value();

  const auto instructions = static_cast<double>(measured->instructions);
  EXPECT_NEAR(estimate.instructions, instructions, estimate.instructions_error * instructions);

  // The parameters of the calls are constants, too, so they are among the firmware's weights.
  std::map<std::string, uint64_t> parts;
  for (const bench::FlashPart& part : measured->flash_parts) parts[part.name] = part.bytes;
  const uint64_t without_library =
      parts["weights"] - numbers.weights_bytes + parts["kernels"] + parts["model"];
  const auto kernel_bytes = static_cast<double>(estimate.kernel_bytes);
  const double worst = kernel_bytes * (1 + compile::kKernelBytesError);
  EXPECT_GE(worst, static_cast<double>(without_library));
  // The library also serves the rest of the firmware, so its share is between nothing and all.
  EXPECT_LE(kernel_bytes * (1 - compile::kKernelBytesError),
            static_cast<double>(without_library + parts["libc"]));

  // The frames above Invoke are the application's.
  EXPECT_GE(measured->stack_bytes, estimate.stack_bytes);
  EXPECT_LE(measured->stack_bytes, estimate.stack_bytes + 128);
}

std::vector<Case> Cases() {
  std::vector<Case> cases;
  for (const char* core : {"cortex-m0plus", "cortex-m4f", "cortex-m55", "rv32imc"}) {
    for (const char* file : {"kws_ref_model.tflite", "vww_96_int8.tflite",
                             "pretrainedResnet_quant.tflite", "ad01_int8.tflite"}) {
      cases.push_back({core, file});
    }
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Compile, Estimates, ::testing::ValuesIn(Cases()), [](const auto& c) {
  std::string name = c.param.core + "_" + c.param.file.substr(0, 3);
  std::erase(name, '-');
  return name;
});

}  // namespace
}  // namespace kinglet
