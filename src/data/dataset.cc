#include "src/data/dataset.h"

#include <algorithm>
#include <utility>

namespace kinglet::data {
namespace {

constexpr std::string_view kFirstLine = "kinglet-dataset 1\n";

std::vector<std::string> LabelsOf(const std::vector<Recording>& recordings) {
  std::vector<std::string> labels;
  labels.reserve(recordings.size());
  for (const Recording& recording : recordings) labels.push_back(recording.label);
  std::sort(labels.begin(), labels.end(), LabelLess);
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  return labels;
}

Status CheckOneKind(const std::vector<Recording>& recordings) {
  if (recordings.empty()) {
    return Fail(Code::kInvalid, "no recordings; run 'kinglet data import' first");
  }
  for (const Recording& recording : recordings) {
    if (recording.kind() == recordings[0].kind()) continue;
    return Fail(Code::kInvalid,
                "sound ({}) and pictures ({}) in one project; take one of them out with 'kinglet "
                "data remove'",
                recording.kind() == Kind::kAudio ? recording.name : recordings[0].name,
                recording.kind() == Kind::kAudio ? recordings[0].name : recording.name);
  }
  return {};
}

// The options as JSON text, for people and for the stage's key.
std::string Parameters(const SplitOptions& options) {
  const auto list = [](std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    std::string text;
    for (const std::string& name : names) {
      text += text.empty() ? "\"" : ", \"";
      for (const char c : name) {
        if (c == '"' || c == '\\') text += '\\';
        text += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
      }
      text += '"';
    }
    return text;
  };
  return fmt::format(
      R"({{"validation_percent": {}, "test_percent": {}, "validation_groups": [{}], )"
      R"("test_groups": [{}], "seed": {}}})",
      options.validation_percent, options.test_percent, list(options.validation_groups),
      list(options.test_groups), options.seed);
}

}  // namespace

size_t Dataset::LabelIndex(std::string_view label) const {
  const auto found = std::lower_bound(labels.begin(), labels.end(), label, LabelLess);
  KINGLET_ASSERT(found != labels.end() && *found == label);
  return static_cast<size_t>(found - labels.begin());
}

std::string FormatManifest(std::vector<Recording> recordings) {
  std::sort(recordings.begin(), recordings.end(),
            [](const Recording& a, const Recording& b) { return a.name < b.name; });
  std::string text(kFirstLine);
  for (const Recording& recording : recordings) text += FormatRecording(recording) + "\n";
  return text;
}

Result<std::vector<Recording>> ParseManifest(std::string_view text) {
  if (!text.starts_with(kFirstLine)) {
    return Fail(Code::kInvalid, "is no manifest of a data set (first line)");
  }
  std::vector<Recording> recordings;
  size_t line = 1;
  for (size_t begin = kFirstLine.size(); begin < text.size();) {
    ++line;
    const size_t end = std::min(text.find('\n', begin), text.size());
    auto recording = ParseRecording(text.substr(begin, end - begin));
    if (!recording) return Within(fmt::format("line {}", line), recording.error());
    recordings.push_back(std::move(*recording));
    begin = end + 1;
  }
  return recordings;
}

Result<Dataset> MakeDataset(store::Store& store, const SplitOptions& options) {
  KINGLET_TRY(Catalog catalog, LoadCatalog(store));
  const std::string parameters = Parameters(options);
  const Digest key = store::StageKey("dataset", parameters, {catalog.head});
  KINGLET_TRY(const auto made, store.FindByKey("dataset", key));
  if (made) return LoadDataset(store, *made);
  KINGLET_CHECK(CheckOneKind(catalog.recordings));
  KINGLET_CHECK(AssignSplits(catalog.recordings, options));
  Dataset dataset;
  dataset.labels = LabelsOf(catalog.recordings);
  dataset.recordings = std::move(catalog.recordings);

  std::vector<Digest> holds;
  for (const Recording& recording : dataset.recordings) holds.push_back(recording.content);
  const std::string manifest = FormatManifest(dataset.recordings);
  KINGLET_CHECK(store.BeginBatch());
  const auto put = [&]() -> Status {
    KINGLET_TRY(const Digest content, store.PutBlob(AsBytes(manifest), holds));
    KINGLET_TRY(dataset.artifact, store.PutArtifact({.kind = "dataset",
                                                     .name = "dataset",
                                                     .key = key,
                                                     .content = content,
                                                     .parameters = parameters}));
    return {};
  };
  if (Status done = put(); !done) {
    store.AbandonBatch();
    return tl::unexpected(std::move(done).error());
  }
  KINGLET_CHECK(store.CommitBatch());
  return dataset;
}

Result<Dataset> LoadDataset(const store::Store& store, const store::Artifact& artifact) {
  KINGLET_ASSERT(artifact.kind == "dataset");
  Dataset dataset;
  dataset.artifact = artifact;
  KINGLET_TRY(const Bytes manifest, store.GetBlob(artifact.content));
  auto recordings = ParseManifest(AsText(manifest));
  if (!recordings) return Within("data set " + artifact.id.Short(), recordings.error());
  dataset.recordings = std::move(*recordings);
  dataset.labels = LabelsOf(dataset.recordings);
  return dataset;
}

}  // namespace kinglet::data
