// Runs a project up to a goal like a build system: what is up to date is left alone.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "src/pipeline/stages.h"

namespace kinglet::pipeline {

enum class Goal : uint8_t { kData, kFeatures, kPlan, kTrain, kFirmware, kBench, kReport };

// The artifacts on the way to the goal; those behind it are absent.
struct RunResult {
  std::optional<store::Artifact> dataset, features, plan, training, model, firmware, bench, report;
};

// Told after each stage: its word ("features"), its result, and how long it took.
using StageObserver =
    std::function<void(std::string_view stage, const StageResult& result, double seconds)>;

// kIo "another kinglet is at work in this project" when one is. What was finished before an error
// stays.
Result<RunResult> RunTo(Workspace& workspace, Goal goal, const StageObserver& observer);

}  // namespace kinglet::pipeline
