#include "src/pipeline/raw_window.h"

#include "src/data/decode.h"
#include "src/signal/augment.h"

namespace kinglet::pipeline {

RawWindows::RawWindows(const Workspace& workspace, data::Dataset dataset)
    : workspace_(&workspace), dataset_(std::move(dataset)) {
  for (size_t i = 0; i < dataset_.recordings.size(); ++i) {
    by_content_.emplace(dataset_.recordings[i].content, i);
  }
}

Result<RawWindows> RawWindows::Open(const Workspace& workspace, const store::Artifact& dataset) {
  KINGLET_TRY(data::Dataset loaded, data::LoadDataset(workspace.store, dataset));
  return RawWindows(workspace, std::move(loaded));
}

Result<Bytes> RawWindows::Get(const data::Recording& recording) const {
  const Project& project = workspace_->project;
  KINGLET_TRY(const Bytes bytes, workspace_->store.GetBlob(recording.content));
  if (project.task == Task::kImage) {
    const signal::ImageOptions& image = project.image;
    auto pixels = data::DecodeImage(recording, bytes, image.width, image.height, image.channels);
    if (!pixels) return Within(recording.name, std::move(pixels).error());
    return pixels;
  }
  const signal::AudioOptions& audio = project.audio;
  const auto samples = data::DecodeAudio(bytes, audio.sample_rate_hz);
  if (!samples) return Within(recording.name, samples.error());
  const auto length =
      static_cast<size_t>(audio.sample_rate_hz) * static_cast<size_t>(audio.clip_ms) / 1000;
  const std::vector<int16_t> cut = signal::CutWindow(*samples, length);
  const ByteView window = AsBytes(cut);
  return Bytes(window.begin(), window.end());
}

Result<const data::Recording*> RawWindows::Find(const Digest& content) const {
  const auto found = by_content_.find(content);
  if (found == by_content_.end()) {
    return Fail(Code::kNotFound, "recording {} is not in the data set", content.Short());
  }
  return &dataset_.recordings[found->second];
}

}  // namespace kinglet::pipeline
