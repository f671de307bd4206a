#include "src/lookahead/measure.h"

#include <algorithm>

#include "src/compile/estimate.h"
#include "src/compile/measure.h"
#include "src/optimize/optimize.h"
#include "src/signal/resources.h"
#include "src/train/families.h"
#include "src/train/quantize.h"

namespace kinglet::lookahead {
namespace {

// Of the front end's code, stack and instructions; tests/plan holds them to it.
constexpr double kFeaturesError = 0.1;

// Start-up, vector table, main() and what they need of the C library (memset, memcpy), as linked by
// GCC 12.2 with newlib and picolibc.
double RuntimeCodeBytes(signal::CoreClass core) {
  switch (core) {
    case signal::CoreClass::kArmv6m:
      return 600;
    case signal::CoreClass::kArmv7m:
      return 760;
    case signal::CoreClass::kArmv81m:
      return 740;
    case signal::CoreClass::kRv32imc:
      return 360;
  }
  KINGLET_ASSERT(false);
  return 0;
}
constexpr double kRuntimeCodeError = 0.2;
// main() and what start-up leaves; interrupt handlers are the application's.
constexpr double kRuntimeStackBytes = 40;
constexpr double kRuntimeStackError = 0.5;
// Padding between variables and the result that the application hands on.
constexpr uint64_t kRuntimeDataBytes = 8;

}  // namespace

const MeasuredModel::Layout& MeasuredModel::For(const board::Core& core) const {
  const auto found = std::ranges::find(layouts, compile::TargetOf(core), &Layout::target);
  KINGLET_ASSERT(found != layouts.end());
  return *found;
}

Result<MeasuredModel> MeasureModel(std::string name, const ir::Graph& graph) {
  KINGLET_CHECK(ir::Verify(graph));
  KINGLET_TRY(const optimize::Optimized optimized, optimize::Optimize(graph));
  MeasuredModel model{std::move(name), ir::GraphMacs(optimized.graph), {}};
  for (const compile::KernelSet kernels :
       {compile::KernelSet::kPortable, compile::KernelSet::kArmv6M, compile::KernelSet::kCortexM4,
        compile::KernelSet::kHelium, compile::KernelSet::kRiscv}) {
    const compile::Target target{kernels};
    KINGLET_TRY(compile::Program program, compile::MakeProgram(optimized.graph, target));
    const compile::ModelNumbers numbers = compile::Measure(optimized.graph, program);
    model.layouts.push_back(
        {target, numbers.weights_bytes, numbers.arena_bytes, std::move(program)});
  }
  return model;
}

std::string_view FamilyFor(const signal::Pipeline& pipeline) {
  return pipeline.is_audio() ? "ds_cnn" : "cnn";
}

Result<MeasuredModel> MeasureMember(const signal::Pipeline& pipeline, int32_t class_count,
                                    std::string_view member) {
  const signal::FeatureShape shape = pipeline.shape();
  KINGLET_TRY(
      const train::Architecture architecture,
      train::MakeArchitecture(member, {shape.height, shape.width, shape.channels}, class_count));
  const signal::FeatureQuantization quantization = pipeline.quantization();
  return MeasureModel(
      std::string(member),
      train::UntrainedGraph(architecture, {quantization.scale, quantization.zero_point}));
}

Result<std::vector<MeasuredModel>> MeasureFamily(const signal::Pipeline& pipeline,
                                                 int32_t class_count) {
  KINGLET_TRY(const std::vector<std::string> members, train::Members(FamilyFor(pipeline)));
  std::vector<MeasuredModel> models;
  models.reserve(members.size());
  for (const std::string& member : members) {
    KINGLET_TRY(MeasuredModel model, MeasureMember(pipeline, class_count, member));
    models.push_back(std::move(model));
  }
  return models;
}

Result<ModelCost> CostOf(const MeasuredModel& model, const board::Core& core) {
  KINGLET_TRY(const compile::CoreCosts costs, compile::LoadCoreCosts(core.name));
  const MeasuredModel::Layout& layout = model.For(core);
  KINGLET_TRY(const compile::ModelEstimate estimate, compile::Estimate(layout.program, costs));
  return ModelCost{
      .name = model.name,
      .macs = model.macs,
      .kernel_bytes =
          Estimate::Within(static_cast<double>(estimate.kernel_bytes), compile::kKernelBytesError),
      .weight_bytes = layout.weight_bytes,
      .arena_bytes = layout.arena_bytes,
      .stack_bytes =
          Estimate::Within(static_cast<double>(estimate.stack_bytes), compile::kStackBytesError),
      .instructions = Estimate::Within(estimate.instructions, estimate.instructions_error)};
}

Result<FeaturesCost> CostOf(const signal::Pipeline& pipeline, const board::Core& core) {
  KINGLET_TRY(const signal::CoreClass core_class, signal::CoreClassOf(core.name));
  const signal::Resources resources = signal::EstimateResources(pipeline, core_class);
  FeaturesCost cost{.code_bytes = Estimate::Within(resources.code_bytes, kFeaturesError),
                    .table_bytes = resources.table_bytes,
                    .state_bytes = resources.state_bytes,
                    .scratch_bytes = resources.scratch_bytes,
                    .stack_bytes = Estimate::Within(resources.stack_bytes, kFeaturesError),
                    .instructions = Estimate::Within(static_cast<double>(resources.instructions),
                                                     kFeaturesError)};
  // A picture is read into the arena, where the model expects it; sound into a buffer of its own.
  if (const auto* audio = std::get_if<signal::AudioOptions>(&pipeline.options())) {
    cost.raw_bytes = resources.input_bytes;
    cost.window_ms = audio->clip_ms;
    cost.step_ms = std::max(1, audio->step_ms / audio->stride_ms) * audio->stride_ms;
  }
  return cost;
}

Result<RuntimeCost> CostOfRuntime(const board::Core& core) {
  KINGLET_TRY(const signal::CoreClass core_class, signal::CoreClassOf(core.name));
  return RuntimeCost{
      .code_bytes = Estimate::Within(RuntimeCodeBytes(core_class), kRuntimeCodeError),
      .data_bytes = kRuntimeDataBytes,
      .stack_bytes = Estimate::Within(kRuntimeStackBytes, kRuntimeStackError)};
}

Result<Plan> PlanFor(const board::Board& board, const Requirements& requirements,
                     const signal::Pipeline& pipeline, const std::vector<MeasuredModel>& models) {
  KINGLET_TRY(const RuntimeCost runtime, CostOfRuntime(board.core));
  KINGLET_TRY(const FeaturesCost features, CostOf(pipeline, board.core));
  std::vector<ModelCost> costs;
  costs.reserve(models.size());
  for (const MeasuredModel& model : models) {
    KINGLET_TRY(ModelCost cost, CostOf(model, board.core));
    costs.push_back(std::move(cost));
  }
  return MakePlan(board, requirements, runtime, features, costs);
}

Result<std::vector<Plan>> RankBoards(const std::vector<board::Board>& boards,
                                     const Requirements& requirements,
                                     const signal::Pipeline& pipeline,
                                     const std::vector<MeasuredModel>& models) {
  std::vector<Plan> plans;
  for (const board::Board& board : boards) {
    if (board.generic) continue;
    KINGLET_TRY(Plan plan, PlanFor(board, requirements, pipeline, models));
    plans.push_back(std::move(plan));
  }
  SortByRank(plans);
  return plans;
}

}  // namespace kinglet::lookahead
