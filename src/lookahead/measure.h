// The costs of a pipeline and of models, before anything is trained: sizes by the compiler's own
// planner on untrained int8 graphs, code, stack and instructions by its calibrated estimates.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/board/board.h"
#include "src/compile/program.h"
#include "src/ir/graph.h"
#include "src/lookahead/cost.h"
#include "src/lookahead/plan.h"
#include "src/signal/pipeline.h"

namespace kinglet::lookahead {

// A model laid out once for each set of kernels, for boards of any core.
struct MeasuredModel {
  struct Layout {
    compile::Target target;
    uint64_t weight_bytes = 0;
    uint64_t arena_bytes = 0;
    compile::Program program;
  };
  std::string name;
  int64_t macs = 0;
  std::vector<Layout> layouts;

  const Layout& For(const board::Core& core) const;
};

// Errors as compile::MakeProgram.
Result<MeasuredModel> MeasureModel(std::string name, const ir::Graph& graph);

// The family that suits the pipeline's input: "ds_cnn" for sound, "cnn" for pictures.
std::string_view FamilyFor(const signal::Pipeline& pipeline);

// Every member of FamilyFor(pipeline), untrained, for the pipeline's features and `class_count`
// classes; smallest first. kInvalid as train::MakeArchitecture.
Result<std::vector<MeasuredModel>> MeasureFamily(const signal::Pipeline& pipeline,
                                                 int32_t class_count);
// The same for one member. kNotFound names the families.
Result<MeasuredModel> MeasureMember(const signal::Pipeline& pipeline, int32_t class_count,
                                    std::string_view member);

// What the parts cost on `core`. kNotFound when its costs have not been measured.
Result<ModelCost> CostOf(const MeasuredModel& model, const board::Core& core);
Result<FeaturesCost> CostOf(const signal::Pipeline& pipeline, const board::Core& core);
Result<RuntimeCost> CostOfRuntime(const board::Core& core);

// MakePlan with these costs.
Result<Plan> PlanFor(const board::Board& board, const Requirements& requirements,
                     const signal::Pipeline& pipeline, const std::vector<MeasuredModel>& models);

// PlanFor every board that is not generic, best first (see SortByRank).
Result<std::vector<Plan>> RankBoards(const std::vector<board::Board>& boards,
                                     const Requirements& requirements,
                                     const signal::Pipeline& pipeline,
                                     const std::vector<MeasuredModel>& models);

}  // namespace kinglet::lookahead
