// The stages of a project, each a function from artifacts to an artifact; each returns at once when
// it is up to date.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/board/board.h"
#include "src/data/split.h"
#include "src/lookahead/measure.h"
#include "src/pipeline/workspace.h"

namespace kinglet::pipeline {

// Imports what is new below [data] sources and makes a data set version. kInvalid when there is
// nothing to train on.
Result<StageResult> MakeDatasetVersion(Workspace& workspace);

// How the project's data is divided.
data::SplitOptions SplitsOf(const Project& project);

// Classes of the newest data set version; before there is one, what kinglet.toml expects. The
// second opens the project's store if there is one, and makes none.
Result<int> KnownClasses(const Workspace& workspace);
Result<int> KnownClasses(const Project& project);

// Features of every recording of the data set, with augmented copies of the training split.
Result<StageResult> MakeFeatures(Workspace& workspace, const store::Artifact& dataset);

// What kinglet.toml asks of a plan.
lookahead::Requirements RequirementsOf(const Project& project);
// What is planned, for any board: every member of the family, or the one that kinglet.toml names,
// with `classes` outputs.
struct PlanSubject {
  lookahead::Requirements requirements;
  signal::Pipeline pipeline;
  std::vector<lookahead::MeasuredModel> models;
};
Result<PlanSubject> MeasurePlanSubject(const Project& project, int classes);
// The budget before training and the network member it admits. kOverBudget with the first reason
// when none fits.
Result<StageResult> MakePlanStage(Workspace& workspace, int classes);

// Trains the plan's member. The result is the training record (JSON); MakeModel takes the .tflite
// out of it.
Result<StageResult> MakeTraining(Workspace& workspace, const store::Artifact& features,
                                 const store::Artifact& plan);
Result<StageResult> MakeModel(Workspace& workspace, const store::Artifact& training);

// The generated firmware folder, as JSON from path to text.
Result<StageResult> MakeFirmware(Workspace& workspace, const store::Artifact& model);

struct BenchInputs {
  store::Artifact dataset, features, training, model, firmware;
};
// Accuracy on the host and the emulated board, bit-identity, instructions, sizes (JSON;
// docs/bench.md has the fields).
Result<StageResult> MakeBench(Workspace& workspace, const BenchInputs& inputs);

struct ReportInputs {
  store::Artifact dataset, plan, training, bench;
};
// The HTML page.
Result<StageResult> MakeReport(Workspace& workspace, const ReportInputs& inputs);

}  // namespace kinglet::pipeline
