#include <algorithm>
#include <filesystem>

#include "src/base/files.h"
#include "src/data/dataset.h"
#include "src/data/import.h"
#include "src/pipeline/stages.h"

namespace kinglet::pipeline {
namespace {

namespace fs = std::filesystem;

// Reference in the store: what the sources looked like when they were last imported completely.
constexpr std::string_view kImportedReference = "pipeline/imported-sources";

std::vector<std::string> SourcePaths(const Project& project) {
  std::vector<std::string> paths;
  for (const std::string& source : project.data.sources) {
    paths.push_back(source.starts_with('/') ? source : project.folder + "/" + source);
  }
  return paths;
}

// Names, sizes and times of every file below the sources, and how they are to be read. Cheap, and
// changes when a file does.
Result<Digest> Fingerprint(const Project& project, const std::vector<std::string>& paths) {
  Hasher hasher;
  hasher.AddField(project.data.pattern).AddField(project.data.manifest);
  hasher.AddField(project.data.group_column);
  const auto add = [&hasher](const std::string& path) {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    const auto time = fs::last_write_time(path, error).time_since_epoch().count();
    hasher.AddField(path).AddField(fmt::format("{} {}", size, time));
  };
  if (!project.data.manifest.empty()) add(project.folder + "/" + project.data.manifest);
  for (const std::string& path : paths) {
    if (!fs::is_directory(path)) {
      add(path);
      continue;
    }
    KINGLET_TRY(const std::vector<std::string> files, ListFiles(path));
    for (const std::string& file : files) add(path + "/" + file);
  }
  return hasher.Finish();
}

// True when any source holds a file; an empty data/ folder is not a source yet.
bool AnyFiles(const std::vector<std::string>& paths) {
  return std::any_of(paths.begin(), paths.end(), [](const std::string& path) {
    std::error_code error;
    return fs::is_regular_file(path, error) ||
           (fs::is_directory(path, error) && !fs::is_empty(path, error));
  });
}

// Imports the sources of kinglet.toml unless they are as they were. True when something was run.
Result<bool> ImportSources(Workspace& workspace) {
  const Project& project = workspace.project;
  const std::vector<std::string> paths = SourcePaths(project);
  for (const std::string& path : paths) {
    if (!FileExists(path)) {
      return Fail(Code::kNotFound, "{}/kinglet.toml: [data] sources: {} does not exist",
                  project.folder, path);
    }
  }
  if (!AnyFiles(paths)) return false;
  KINGLET_TRY(const Digest fingerprint, Fingerprint(project, paths));
  // A reference must name a blob: it names the fingerprint's text.
  const std::string text = fingerprint.Hex();
  KINGLET_TRY(const auto imported, workspace.store.GetReference(kImportedReference));
  if (imported == HashBytes(AsBytes(text))) return false;
  data::ImportOptions options;
  options.paths = paths;
  options.pattern = project.data.pattern;
  if (!project.data.manifest.empty()) {
    options.manifest = project.data.manifest.starts_with('/')
                           ? project.data.manifest
                           : project.folder + "/" + project.data.manifest;
  }
  options.group_column = project.data.group_column;
  KINGLET_CHECK(data::Import(workspace.store, options));
  KINGLET_TRY(const Digest kept, workspace.store.PutBlob(AsBytes(text)));
  KINGLET_CHECK(workspace.store.SetReference(kImportedReference, kept));
  return true;
}

Result<int> ClassesIn(const store::Store& store, const Project& project) {
  KINGLET_TRY(const std::vector<store::Artifact> made, store.List("dataset"));
  if (made.empty()) return project.data.classes_expected;
  KINGLET_TRY(const data::Dataset dataset, data::LoadDataset(store, made.front()));
  return static_cast<int>(dataset.labels.size());
}

}  // namespace

data::SplitOptions SplitsOf(const Project& project) {
  data::SplitOptions splits;
  splits.validation_percent = project.data.validation_percent;
  splits.test_percent = project.data.test_percent;
  splits.validation_groups = project.data.validation_groups;
  splits.test_groups = project.data.test_groups;
  splits.seed = project.data.seed;
  return splits;
}

Result<StageResult> MakeDatasetVersion(Workspace& workspace) {
  KINGLET_TRY(const bool imported, ImportSources(workspace));
  KINGLET_TRY(const std::vector<store::Artifact> before, workspace.store.List("dataset"));
  KINGLET_TRY(const data::Dataset dataset,
              data::MakeDataset(workspace.store, SplitsOf(workspace.project)));
  const bool known = std::any_of(before.begin(), before.end(), [&](const store::Artifact& other) {
    return other.id == dataset.artifact.id;
  });
  if (dataset.labels.size() < 2) {
    return Fail(Code::kInvalid,
                "the data has {} class; a classifier needs two (labels come from folder names or "
                "[data] pattern)",
                dataset.labels.size());
  }
  return StageResult{dataset.artifact, known && !imported};
}

Result<int> KnownClasses(const Workspace& workspace) {
  return ClassesIn(workspace.store, workspace.project);
}

Result<int> KnownClasses(const Project& project) {
  if (!store::Store::Exists(project.StoreFolder())) return project.data.classes_expected;
  KINGLET_TRY(const store::Store store, store::Store::Open(project.StoreFolder()));
  return ClassesIn(store, project);
}

}  // namespace kinglet::pipeline
