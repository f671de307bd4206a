// A project opened for work: its kinglet.toml, its store, and the rule by which stages are skipped
// when they are up to date.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/result.h"
#include "src/base/version.h"
#include "src/pipeline/project.h"
#include "src/store/store.h"

namespace kinglet::pipeline {

struct Workspace {
  Project project;
  store::Store store;
  std::string build;  // of the program at work

  std::string OutFolder() const { return project.OutFolder(); }
  std::string StoreFolder() const { return project.StoreFolder(); }
};

// Also clears away what a killed run was writing. `build` is the program's, for the lineage.
Result<Workspace> OpenWorkspace(const std::string& folder, const std::string& build = kVersion);
// The same for commands that only read: in a project without a store nothing is made, and the error
// (kNotFound) says to run `first`.
Result<Workspace> OpenWorkspaceToRead(const std::string& folder, std::string_view first);

// One stage: a function from inputs and parameters to bytes.
struct Stage {
  std::string kind;  // "features"; also the artifact's kind
  std::string name;  // of the artifact: "model.tflite"
  std::string
      parameters;  // canonical JSON text of everything that shapes the result and is no input
  std::vector<store::Artifact> inputs;
};

struct StageResult {
  store::Artifact artifact;
  bool up_to_date = false;  // nothing was run
};

// The artifact that `stage` names if it was made before from the same inputs and parameters by this
// version; else runs `make`, keeps its bytes and records the lineage. `make` may use the store;
// nothing is recorded when it fails.
Result<StageResult> RunStage(Workspace& workspace, const Stage& stage,
                             const std::function<Result<Bytes>()>& make);

}  // namespace kinglet::pipeline
