// What the commands that work on a project share.
#pragma once

#include "src/pipeline/records.h"
#include "src/pipeline/run.h"

namespace kinglet::apps {

// Opens a project for work by this build of the program.
Result<pipeline::Workspace> OpenProject(const std::string& folder);

// Runs the stages up to `goal`, a line on standard error for each.
Result<pipeline::RunResult> RunProject(pipeline::Workspace& workspace, pipeline::Goal goal);

// Whether what the bench found meets all that kinglet.toml asks, and is the same on host and board.
bool MeetsRequirements(const pipeline::Project& project, const pipeline::BenchRecord& bench);
// Prints one against the other.
void PrintResults(const pipeline::Project& project, const pipeline::BenchRecord& bench);

// "91.23 %".
std::string Percent(double fraction);

}  // namespace kinglet::apps
