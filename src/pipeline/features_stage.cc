#include <nlohmann/json.hpp>
#include <thread>

#include "src/base/progress.h"
#include "src/base/random.h"
#include "src/pipeline/feature_set.h"
#include "src/pipeline/raw_window.h"
#include "src/pipeline/stages.h"
#include "src/signal/augment.h"

namespace kinglet::pipeline {
namespace {

// Altered copies of each training clip when [train] augment_copies is 0.
constexpr int kDefaultAudioCopies = 12;

// Raw windows of one split, with what the features need to know of each.
struct RawSplit {
  std::vector<Bytes> windows;
  FeatureSplit split;  // labels and contents; features come later
};

int AlteredCopies(const Project& project) {
  if (project.task == Task::kImage) return 0;
  return project.train.augment_copies > 0 ? project.train.augment_copies : kDefaultAudioCopies;
}

Result<std::array<RawSplit, 3>> ReadSplits(const RawWindows& raw) {
  std::array<RawSplit, 3> splits;
  const data::Dataset& dataset = raw.dataset();
  Progress progress("decode", dataset.recordings.size(), "recordings");
  uint64_t done = 0;
  for (const data::Recording& recording : dataset.recordings) {
    RawSplit& split = splits[static_cast<size_t>(recording.split)];
    KINGLET_TRY(Bytes window, raw.Get(recording));
    split.windows.push_back(std::move(window));
    split.split.labels.push_back(static_cast<int32_t>(dataset.LabelIndex(recording.label)));
    split.split.contents.push_back(recording.content);
    progress.Update(++done);
  }
  for (RawSplit& split : splits) {
    split.split.sample_count = static_cast<uint32_t>(split.windows.size());
  }
  return splits;
}

std::vector<int16_t> ToSamples(const Bytes& window) {
  std::vector<int16_t> samples(window.size() / 2);
  std::memcpy(samples.data(), window.data(), samples.size() * 2);
  return samples;
}

// Training clips of the class that is background, to be mixed into the others.
std::vector<std::vector<int16_t>> Background(const RawSplit& train,
                                             const std::vector<std::string>& classes,
                                             const std::string& label) {
  std::vector<std::vector<int16_t>> noises;
  for (size_t i = 0; i < train.windows.size(); ++i) {
    if (classes[static_cast<size_t>(train.split.labels[i])] == label) {
      noises.push_back(ToSamples(train.windows[i]));
    }
  }
  return noises;
}

// Calls work(i) for every i below `count`, on all cores. `work` must not touch what others write.
void ForEach(size_t count, const std::function<void(size_t)>& work) {
  const size_t workers = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::thread> threads;
  for (size_t worker = 0; worker < workers; ++worker) {
    threads.emplace_back([=, &work] {
      for (size_t i = worker; i < count; i += workers) work(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// Fills split.features: the plain ones, then `altered` copies of each clip, each from a random
// sequence of its own so that the order of work does not matter.
void ExtractSplit(const signal::Pipeline& pipeline, RawSplit& raw, int altered, uint64_t seed,
                  const std::vector<std::vector<int16_t>>& noises) {
  FeatureSplit& split = raw.split;
  const auto row = static_cast<size_t>(pipeline.shape().ElementCount());
  const size_t samples = raw.windows.size();
  split.copies = static_cast<uint32_t>(altered + 1);
  split.features.resize(samples * split.copies * row);
  ForEach(samples * split.copies, [&](size_t i) {
    const size_t sample = i % samples;
    ByteView window = raw.windows[sample];
    std::vector<int16_t> changed;
    if (i >= samples) {
      Random random(seed, i);
      const auto* audio = std::get_if<signal::AudioOptions>(&pipeline.options());
      KINGLET_ASSERT(audio != nullptr);
      changed = signal::AugmentAudio(ToSamples(raw.windows[sample]), audio->sample_rate_hz, noises,
                                     {}, random);
      window = AsBytes(changed);
    }
    const auto features = pipeline.Extract(window);
    KINGLET_ASSERT(features.has_value());
    std::copy(features->begin(), features->end(),
              split.features.begin() + static_cast<ptrdiff_t>(i * row));
  });
}

}  // namespace

Result<StageResult> MakeFeatures(Workspace& workspace, const store::Artifact& dataset) {
  const Project& project = workspace.project;
  KINGLET_TRY(const signal::Pipeline pipeline, signal::Pipeline::Make(project.SignalOptions()));
  const int altered = AlteredCopies(project);
  const nlohmann::json parameters = {{"signal", signal::CanonicalText(project.SignalOptions())},
                                     {"augment_copies", altered},
                                     {"noise_label", project.train.noise_label},
                                     {"seed", altered > 0 ? project.train.seed : 0}};
  const Stage stage{"features", "features", parameters.dump(), {dataset}};
  return RunStage(workspace, stage, [&]() -> Result<Bytes> {
    KINGLET_TRY(const RawWindows raw, RawWindows::Open(workspace, dataset));
    KINGLET_TRY(auto splits, ReadSplits(raw));
    FeatureSet set;
    set.shape = pipeline.shape();
    set.quantization = pipeline.quantization();
    set.classes = raw.dataset().labels;
    auto& [train, validation, test] = splits;
    const auto noises = Background(train, set.classes, project.train.noise_label);
    ExtractSplit(pipeline, train, altered, project.train.seed, noises);
    ExtractSplit(pipeline, validation, 0, 0, {});
    ExtractSplit(pipeline, test, 0, 0, {});
    set.train = std::move(train.split);
    set.validation = std::move(validation.split);
    set.test = std::move(test.split);
    return Serialize(set);
  });
}

}  // namespace kinglet::pipeline
