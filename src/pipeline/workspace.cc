#include "src/pipeline/workspace.h"

#include "src/base/files.h"

namespace kinglet::pipeline {

namespace {

Result<Workspace> Open(Project project, const std::string& build) {
  KINGLET_TRY(store::Store store, store::Store::Open(project.StoreFolder(), build));
  return Workspace{std::move(project), std::move(store), build};
}

}  // namespace

Result<Workspace> OpenWorkspace(const std::string& folder, const std::string& build) {
  KINGLET_TRY(Project project, LoadProject(folder));
  // Left by runs that were killed.
  RemoveAbandonedFiles(project.StoreFolder());
  RemoveAbandonedFiles(project.OutFolder());
  return Open(std::move(project), build);
}

Result<Workspace> OpenWorkspaceToRead(const std::string& folder, std::string_view first) {
  KINGLET_TRY(Project project, LoadProject(folder));
  if (!store::Store::Exists(project.StoreFolder())) {
    return Fail(Code::kNotFound, "{}: nothing was made in this project yet; run '{}' first", folder,
                first);
  }
  return Open(std::move(project), kVersion);
}

Result<StageResult> RunStage(Workspace& workspace, const Stage& stage,
                             const std::function<Result<Bytes>()>& make) {
  std::vector<Digest> contents;
  for (const store::Artifact& input : stage.inputs) contents.push_back(input.content);
  const Digest key = store::StageKey(stage.kind, stage.parameters, contents);
  KINGLET_TRY(const auto made, workspace.store.FindByKey(stage.kind, key));
  if (made && workspace.store.HasBlob(made->content)) return StageResult{*made, true};

  KINGLET_TRY(const Bytes bytes, make());
  store::Artifact artifact;
  artifact.kind = stage.kind;
  artifact.name = stage.name;
  artifact.key = key;
  artifact.parameters = stage.parameters;
  for (const store::Artifact& input : stage.inputs) artifact.inputs.push_back(input.id);
  KINGLET_TRY(artifact.content, workspace.store.PutBlob(bytes));
  KINGLET_TRY(artifact, workspace.store.PutArtifact(std::move(artifact)));
  return StageResult{std::move(artifact), false};
}

}  // namespace kinglet::pipeline
