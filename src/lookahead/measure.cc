#include "src/lookahead/measure.h"

#include <algorithm>
#include <set>

#include "src/compile/measure.h"
#include "src/compile/program.h"
#include "src/lookahead/kernel_cost.h"
#include "src/train/families.h"
#include "src/train/quantize.h"

namespace kinglet::lookahead {
namespace {

// The deepest chain from the model's entry to a kernel and its helpers, as the compiler reports the
// frames; the largest kernel has 200 B.
constexpr double kModelStackBytes = 320;
// main() and what start-up leaves; interrupt handlers are the application's.
constexpr double kRuntimeStackBytes = 64;
constexpr double kStackError = 0.25;

// A result nobody waits for and padding between variables.
constexpr uint64_t kRuntimeDataBytes = 16;

Result<MeasuredModel> MeasureArchitecture(const signal::Pipeline& pipeline, int32_t class_count,
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

}  // namespace

Result<MeasuredModel> MeasureModel(std::string name, const ir::Graph& graph) {
  KINGLET_TRY(const compile::Program program, compile::MakeProgram(graph));
  const compile::ModelNumbers numbers = compile::Measure(graph, program);
  MeasuredModel model;
  model.name = std::move(name);
  model.macs = numbers.macs;
  model.weight_bytes = numbers.weights_bytes;
  model.arena_bytes = numbers.arena_bytes;
  for (const compile::Step& step : program.steps) {
    if (step.moves_nothing) continue;
    model.parameter_bytes += ir::ParamFields(step.call.params).size() * sizeof(int32_t);
    model.calls.push_back(WorkOf(step.call.params));
  }
  return model;
}

std::string_view FamilyFor(const signal::Pipeline& pipeline) {
  return pipeline.is_audio() ? "ds_cnn" : "cnn";
}

Result<std::vector<MeasuredModel>> MeasureFamily(const signal::Pipeline& pipeline,
                                                 int32_t class_count) {
  KINGLET_TRY(const std::vector<std::string> members, train::Members(FamilyFor(pipeline)));
  std::vector<MeasuredModel> models;
  models.reserve(members.size());
  for (const std::string& member : members) {
    KINGLET_TRY(MeasuredModel model, MeasureArchitecture(pipeline, class_count, member));
    models.push_back(std::move(model));
  }
  return models;
}

Result<MeasuredModel> MeasureMember(const signal::Pipeline& pipeline, int32_t class_count,
                                    std::string_view member) {
  return MeasureArchitecture(pipeline, class_count, member);
}

ModelCost CostOf(const MeasuredModel& model, signal::CoreClass core) {
  ModelCost cost{.name = model.name,
                 .macs = model.macs,
                 .weight_bytes = model.weight_bytes,
                 .arena_bytes = model.arena_bytes,
                 .stack_bytes = Estimate::Within(kModelStackBytes, kStackError)};
  double instructions = 0;
  double kernel_bytes = 0;
  double call_bytes = static_cast<double>(model.parameter_bytes);
  std::set<Kernel> kernels;
  for (const KernelWork& call : model.calls) {
    instructions += Instructions(call, core);
    call_bytes += CallBytes(core);
    if (kernels.insert(call.kernel).second) kernel_bytes += KernelBytes(call.kernel, core);
  }
  cost.kernel_bytes = Estimate::Within(kernel_bytes, kCodeError);
  cost.call_bytes = Estimate::Within(call_bytes, kCodeError);
  cost.instructions = Estimate::Within(instructions, kInstructionsError);
  return cost;
}

FeaturesCost CostOf(const signal::Pipeline& pipeline, signal::CoreClass core) {
  const signal::Resources resources = signal::EstimateResources(pipeline, core);
  FeaturesCost cost{.code_bytes = Estimate::Within(resources.code_bytes, kCodeError),
                    .table_bytes = resources.table_bytes,
                    .state_bytes = resources.state_bytes,
                    .scratch_bytes = resources.scratch_bytes,
                    .stack_bytes = Estimate::Within(resources.stack_bytes, kStackError),
                    .instructions = Estimate::Within(static_cast<double>(resources.instructions),
                                                     kInstructionsError)};
  // A picture is read into the arena, where the model expects it; sound into a buffer of its own.
  if (const auto* audio = std::get_if<signal::AudioOptions>(&pipeline.options())) {
    cost.raw_bytes = resources.input_bytes;
    cost.window_ms = audio->clip_ms;
    cost.step_ms = std::max(1, audio->step_ms / audio->stride_ms) * audio->stride_ms;
  }
  return cost;
}

RuntimeCost CostOfRuntime(signal::CoreClass core) {
  return {.code_bytes = Estimate::Within(RuntimeBytes(core), kCodeError),
          .data_bytes = kRuntimeDataBytes,
          .stack_bytes = Estimate::Within(kRuntimeStackBytes, kStackError)};
}

Result<Plan> PlanFor(const board::Board& board, const Requirements& requirements,
                     const signal::Pipeline& pipeline, const std::vector<MeasuredModel>& models) {
  KINGLET_TRY(const signal::CoreClass core, signal::CoreClassOf(board.core.name));
  std::vector<ModelCost> costs;
  costs.reserve(models.size());
  for (const MeasuredModel& model : models) costs.push_back(CostOf(model, core));
  return MakePlan(board, requirements, CostOfRuntime(core), CostOf(pipeline, core), costs);
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
