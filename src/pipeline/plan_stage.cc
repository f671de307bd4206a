#include <algorithm>

#include "src/base/files.h"
#include "src/board/board.h"
#include "src/lookahead/measure.h"
#include "src/lookahead/render.h"
#include "src/pipeline/stages.h"

namespace kinglet::pipeline {

lookahead::Requirements RequirementsOf(const Project& project) {
  lookahead::Requirements requirements;
  requirements.flash_bytes_max = project.requirements.flash_bytes_max;
  requirements.ram_bytes_max = project.requirements.ram_bytes_max;
  requirements.latency_ms_max = project.requirements.latency_ms_max;
  requirements.application_flash_bytes = project.application.flash_bytes;
  requirements.application_ram_bytes = project.application.ram_bytes;
  return requirements;
}

Result<PlanSubject> MeasurePlanSubject(const Project& project, int classes) {
  KINGLET_TRY(signal::Pipeline pipeline, signal::Pipeline::Make(project.SignalOptions()));
  std::vector<lookahead::MeasuredModel> models;
  if (project.train.model == "auto") {
    KINGLET_TRY(models, lookahead::MeasureFamily(pipeline, classes));
  } else {
    KINGLET_TRY(lookahead::MeasuredModel model,
                lookahead::MeasureMember(pipeline, classes, project.train.model));
    models.push_back(std::move(model));
  }
  return PlanSubject{RequirementsOf(project), std::move(pipeline), std::move(models)};
}

Result<StageResult> MakePlanStage(Workspace& workspace, int classes) {
  const Project& project = workspace.project;
  KINGLET_TRY(const board::Board board, board::LoadBoard(project.board));
  const lookahead::Requirements asked = RequirementsOf(project);
  const std::string parameters = fmt::format(
      "board {}; signal {}; classes {}; model {}; flash {} - {}; ram {} - {}; latency {:.17g}",
      board::CanonicalText(board), signal::CanonicalText(project.SignalOptions()), classes,
      project.train.model, asked.flash_bytes_max, asked.application_flash_bytes,
      asked.ram_bytes_max, asked.application_ram_bytes, asked.latency_ms_max);
  const Stage stage{"plan", "plan.json", parameters, {}};
  return RunStage(workspace, stage, [&]() -> Result<Bytes> {
    KINGLET_TRY(const PlanSubject subject, MeasurePlanSubject(project, classes));
    KINGLET_TRY(const lookahead::Plan plan,
                lookahead::PlanFor(board, subject.requirements, subject.pipeline, subject.models));
    if (!plan.chosen) {
      return Fail(Code::kOverBudget, "{}: {}; 'kinglet plan' shows the budget", board.name,
                  plan.reasons.empty() ? "nothing fits" : plan.reasons.front());
    }
    const std::string text = lookahead::PlanJson(plan);
    return Bytes(text.begin(), text.end());
  });
}

}  // namespace kinglet::pipeline
