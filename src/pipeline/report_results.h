// What a project asked for and what its stages found, as the report shows it. Internal to the
// report stage.
#pragma once

#include "src/pipeline/project.h"
#include "src/pipeline/records.h"
#include "src/pipeline/report/report.h"

namespace kinglet::pipeline {

// Fills in requirements, scores, confusion, training, layers and budgets.
void AddResults(const Project::Requirements& asked, const PlanRecord& plan,
                const TrainingRecord& training, const BenchRecord& bench, report::ReportData& out);

}  // namespace kinglet::pipeline
