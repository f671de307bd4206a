// What the commands that work on a project share.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "src/pipeline/run.h"

namespace kinglet::apps {

// Runs the stages up to `goal`, a line on standard error for each.
Result<pipeline::RunResult> RunProject(pipeline::Workspace& workspace, pipeline::Goal goal);

// The JSON object that is an artifact's content.
Result<nlohmann::json> LoadJson(const pipeline::Workspace& workspace,
                                const store::Artifact& artifact);

// Indented text; bytes that are not UTF-8 are replaced.
std::string JsonText(const nlohmann::json& object);

// Prints what the bench (its JSON object) found against what kinglet.toml asks; true when all of it
// is met.
bool PrintResults(const pipeline::Project& project, const nlohmann::json& bench);

// "91.23 %".
std::string Percent(double fraction);

}  // namespace kinglet::apps
