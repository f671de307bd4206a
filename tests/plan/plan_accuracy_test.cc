// Holds the plan to its word: what it predicts before training against firmware that is built for
// the core, linked and run under emulation. Exact lines must be exact, estimates within the error
// they state.
#include <gtest/gtest.h>

#include <ostream>

#include "src/base/random.h"
#include "src/bench/board_program.h"
#include "src/lookahead/measure.h"
#include "src/train/families.h"
#include "src/train/quantize.h"

namespace kinglet {
namespace {

struct Case {
  std::string core, member;
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.member << " on " << one.core; }

std::string CaseName(const ::testing::TestParamInfo<Case>& info) {
  std::string name = info.param.core + "_" + info.param.member;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

signal::Pipeline PipelineFor(const std::string& member) {
  const signal::Options options = member.starts_with("ds_cnn")
                                      ? signal::Options(signal::AudioOptions{.clip_ms = 500})
                                      : signal::Options(signal::ImageOptions{});
  auto pipeline = signal::Pipeline::Make(options);
  KINGLET_ASSERT(pipeline.has_value());
  return *std::move(pipeline);
}

// Noise of middling level: sound as int16, pictures as uint8.
Bytes RawWindow(size_t bytes) {
  Random random(5);
  Bytes window(bytes);
  for (uint8_t& byte : window) byte = static_cast<uint8_t>(random.Below(256));
  for (size_t i = 1; i < bytes; i += 2) window[i] = static_cast<uint8_t>(window[i] % 16);
  return window;
}

// The prediction is near, and the truth is not above what it admits.
void ExpectWithin(const lookahead::Estimate& estimate, double truth, const std::string& what) {
  const double error = estimate.worst - estimate.predicted;
  EXPECT_LE(truth, estimate.worst) << what << ": predicted " << estimate.predicted;
  EXPECT_GE(truth, estimate.predicted - error) << what << ": predicted " << estimate.predicted;
}

const lookahead::Estimate& LineOf(const lookahead::Budget& budget, std::string_view name) {
  for (const lookahead::Line& line : budget.lines) {
    if (line.name == name) return line.amount;
  }
  ADD_FAILURE() << "no line " << name;
  return budget.lines.front().amount;
}

class PlanAccuracy : public ::testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(
    Plan, PlanAccuracy,
    ::testing::Values(Case{"cortex-m0plus", "ds_cnn-16x3"}, Case{"cortex-m0plus", "cnn-8x1"},
                      Case{"cortex-m4f", "ds_cnn-24x3"}, Case{"cortex-m4f", "cnn-16x1"},
                      Case{"cortex-m7", "cnn-12x1"}, Case{"cortex-m33", "ds_cnn-12x3"},
                      Case{"cortex-m55", "ds_cnn-32x4"}, Case{"cortex-m55", "cnn-8x1"},
                      Case{"rv32imc", "ds_cnn-16x3"}, Case{"rv32imc", "cnn-16x2"}),
    CaseName);

TEST_P(PlanAccuracy, FirmwareIsWhatThePlanSaid) {
  const auto board = board::LoadBoard(GetParam().core);
  ASSERT_TRUE(board) << board.error().message;
  const signal::Pipeline pipeline = PipelineFor(GetParam().member);
  const auto measured = lookahead::MeasureMember(pipeline, 10, GetParam().member);
  ASSERT_TRUE(measured) << measured.error().message;
  const auto plan = lookahead::PlanFor(*board, {}, pipeline, {*measured});
  ASSERT_TRUE(plan) << plan.error().message;
  const lookahead::MemberPlan& predicted = plan->members[0];

  const signal::FeatureShape shape = pipeline.shape();
  const auto architecture =
      train::MakeArchitecture(GetParam().member, {shape.height, shape.width, shape.channels}, 10);
  ASSERT_TRUE(architecture) << architecture.error().message;
  const ir::Graph graph = train::UntrainedGraph(
      *architecture, {pipeline.quantization().scale, pipeline.quantization().zero_point});
  const auto program = bench::BoardProgram::Build(graph, *board, {.pipeline = &pipeline});
  ASSERT_TRUE(program) << program.error().message;
  const Bytes window = RawWindow(pipeline.raw_bytes());
  const std::vector<ByteView> samples = {window};
  const auto run = program->Run(samples);
  ASSERT_TRUE(run) << run.error().message;

  EXPECT_EQ(LineOf(predicted.flash(), "weights").predicted,
            static_cast<double>(program->numbers().weights_bytes));
  ExpectWithin(predicted.flash().Total(), static_cast<double>(program->application().flash_bytes()),
               "flash");

  const auto arena = static_cast<double>(program->numbers().arena_bytes);
  EXPECT_EQ(LineOf(predicted.ram(), "arena").predicted, arena);
  ExpectWithin(LineOf(predicted.ram(), "stack"), static_cast<double>(run->stack_bytes), "stack");
  ExpectWithin(predicted.ram().Total(),
               static_cast<double>(program->application().static_ram_bytes() + run->stack_bytes),
               "ram");

  const bench::BoardRun::Sample& sample = run->samples[0];
  ExpectWithin(lookahead::CostOf(*measured, board->core)->instructions,
               static_cast<double>(sample.model.instructions), "instructions of the model");
  ExpectWithin(lookahead::CostOf(pipeline, board->core)->instructions,
               static_cast<double>(sample.dsp.instructions), "instructions of the features");
  const double cycles_per_instruction =
      sample.model.cycles / static_cast<double>(sample.model.instructions);
  EXPECT_NEAR(cycles_per_instruction, board->core.cycles_per_instruction,
              0.1 * board->core.cycles_per_instruction);
}

}  // namespace
}  // namespace kinglet
