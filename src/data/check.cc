#include "src/data/check.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "src/data/decode.h"

namespace kinglet::data {
namespace {

constexpr size_t kExamplesMax = 5;
// A recording counts as clipped when more than this share of its samples, and more than a few, are
// at full scale.
constexpr double kClippedShareMax = 0.001;
constexpr uint64_t kClippedSamplesMin = 4;
// The largest class over the smallest, from where on training needs help.
constexpr double kImbalanceMax = 3.0;
constexpr uint64_t kClassCountMin = 20;

using Names = std::vector<std::string>;

// Collects findings; one without examples is no finding.
class Findings {
 public:
  void Add(Severity severity, std::string code, const Names& examples, std::string message) {
    if (examples.empty()) return;
    Finding finding{severity, std::move(code), std::move(message), examples.size(), {}};
    finding.examples.assign(
        examples.begin(),
        examples.begin() + static_cast<ptrdiff_t>(std::min(examples.size(), kExamplesMax)));
    findings_.push_back(std::move(finding));
  }

  std::vector<Finding> Take() {
    std::stable_sort(findings_.begin(), findings_.end(),
                     [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
    return std::move(findings_);
  }

 private:
  std::vector<Finding> findings_;
};

std::string Count(const Names& names, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", FormatCount(names.size()), names.size() == 1 ? one : many);
}

// Names of recordings with the same bytes, side by side.
void CheckCopies(const std::vector<Recording>& recordings, Findings& findings) {
  std::map<Digest, std::vector<const Recording*>> by_content;
  for (const Recording& recording : recordings) by_content[recording.content].push_back(&recording);
  Names copies;
  Names conflicts;
  Names leaks;
  for (const auto& [content, same] : by_content) {
    for (size_t i = 1; i < same.size(); ++i) {
      const Recording& a = *same[0];
      const Recording& b = *same[i];
      copies.push_back(fmt::format("{} = {}", a.name, b.name));
      if (a.label != b.label) {
        conflicts.push_back(fmt::format("{} ({}) = {} ({})", a.name, a.label, b.name, b.label));
      }
      if (a.split != b.split) {
        leaks.push_back(fmt::format("{} ({}) = {} ({})", a.name, SplitName(a.split), b.name,
                                    SplitName(b.split)));
      }
    }
  }
  findings.Add(Severity::kWarning, "duplicates", copies,
               Count(copies, "recording is a copy", "recordings are copies") +
                   " of another, byte for byte; they count twice in training and in accuracy");
  findings.Add(Severity::kError, "label_conflict", conflicts,
               Count(conflicts, "copy has", "copies have") +
                   " another label than the original; one of the two is wrong");
  findings.Add(Severity::kError, "duplicate_on_two_sides", leaks,
               Count(leaks, "copy lies", "copies lie") +
                   " on another side of the split than the original; accuracy will look better "
                   "than it is");
}

void CheckGroups(const std::vector<Recording>& recordings, Findings& findings) {
  std::map<std::string, std::set<Split>> sides;
  size_t without = 0;
  for (const Recording& recording : recordings) {
    if (recording.group.empty()) {
      ++without;
    } else {
      sides[recording.group].insert(recording.split);
    }
  }
  Names torn;
  for (const auto& [group, splits] : sides) {
    if (splits.size() > 1) torn.push_back(group);
  }
  findings.Add(
      Severity::kError, "group_on_two_sides", torn,
      Count(torn, "group has", "groups have") +
          " recordings on several sides of the split; accuracy will look better than it is "
          "for anyone new");
  if (without == recordings.size()) {
    findings.Add(Severity::kWarning, "no_groups", {recordings[0].name},
                 "no recording has a group (speaker, person, session): accuracy may look better "
                 "than it is for anyone new; name it with a pattern or a manifest");
  }
}

void CheckClasses(const std::vector<Recording>& recordings, Findings& findings) {
  std::map<std::string, std::array<uint64_t, 3>, decltype(&LabelLess)> classes(&LabelLess);
  std::array<uint64_t, 3> total{};
  for (const Recording& recording : recordings) {
    ++classes[recording.label][static_cast<size_t>(recording.split)];
    ++total[static_cast<size_t>(recording.split)];
  }
  Names few;
  Names untrained;
  Names untested;
  uint64_t least = UINT64_MAX;
  uint64_t most = 0;
  for (const auto& [label, count] : classes) {
    const uint64_t all = count[0] + count[1] + count[2];
    least = std::min(least, all);
    most = std::max(most, all);
    if (all < kClassCountMin) few.push_back(fmt::format("{} ({})", label, all));
    if (count[static_cast<size_t>(Split::kTrain)] == 0) untrained.push_back(label);
    for (const Split split : {Split::kValidation, Split::kTest}) {
      const auto side = static_cast<size_t>(split);
      if (total[side] > 0 && count[side] == 0) {
        untested.push_back(fmt::format("{} (none in {})", label, SplitName(split)));
      }
    }
  }
  if (classes.size() == 1) {
    findings.Add(Severity::kError, "one_class", {classes.begin()->first},
                 "there is only one class; nothing can be told apart");
  }
  findings.Add(Severity::kError, "class_not_in_training", untrained,
               Count(untrained, "class has", "classes have") + " no recording to train on");
  findings.Add(Severity::kWarning, "class_not_in_split", untested,
               "a class is missing on a side of the split, so its recall there is unknown; record "
               "it with more people or sessions");
  findings.Add(Severity::kWarning, "few_recordings", few,
               Count(few, "class has", "classes have") +
                   fmt::format(" fewer than {} recordings", kClassCountMin));
  if (static_cast<double>(most) > kImbalanceMax * static_cast<double>(least)) {
    Names sizes;
    for (const auto& [label, count] : classes) {
      sizes.push_back(fmt::format("{} ({})", label, count[0] + count[1] + count[2]));
    }
    findings.Add(Severity::kWarning, "imbalance", sizes,
                 fmt::format("the largest class has {:.1f} times as many recordings as the "
                             "smallest; record more of the small ones",
                             static_cast<double>(most) / static_cast<double>(least)));
  }
}

void CheckForms(const std::vector<Recording>& recordings, const CheckOptions& options,
                Findings& findings) {
  std::map<std::string, uint64_t> forms;
  std::map<int, uint64_t> rates_hz;
  Names odd_lengths;
  for (const Recording& recording : recordings) {
    if (recording.kind() == Kind::kAudio) {
      ++rates_hz[recording.sample_rate_hz];
      // Half a length missing, or twice too much, is not a matter of trimming.
      const double ratio =
          options.clip_seconds > 0 ? recording.seconds() / options.clip_seconds : 1;
      if (ratio < 0.5 || ratio > 2) {
        odd_lengths.push_back(fmt::format("{} ({:.2f} s)", recording.name, recording.seconds()));
      }
    } else {
      ++forms[fmt::format("{}x{}x{}", recording.width, recording.height, recording.channels)];
    }
  }
  const auto report = [&](std::string code, const auto& counts, std::string_view unit,
                          std::string message) {
    if (counts.size() < 2) return;
    Names names;
    for (const auto& [value, count] : counts) {
      names.push_back(fmt::format("{}{} ({})", value, unit, FormatCount(count)));
    }
    findings.Add(Severity::kWarning, std::move(code), names, std::move(message));
  };
  report("mixed_rates", rates_hz, " Hz",
         "recordings have different sampling rates; they are resampled, but a class recorded at "
         "another rate can be told by that alone");
  report("mixed_sizes", forms, "", "pictures have different sizes; they are stretched to one size");
  findings.Add(Severity::kWarning, "length", odd_lengths,
               Count(odd_lengths, "recording is", "recordings are") +
                   fmt::format(" less than half or more than twice as long as the window of {} s; "
                               "shorter ones get silence around them, longer ones are cut",
                               options.clip_seconds));
}

// What only the decoded samples tell.
struct Signals {
  Names damaged, clipped, silent;
};

void CheckAudio(const Recording& recording, const std::vector<int16_t>& samples, Signals& signals) {
  uint64_t clipped = 0;
  for (const int16_t sample : samples) {
    if (sample == INT16_MAX || sample == INT16_MIN) ++clipped;
  }
  const double share = static_cast<double>(clipped) / static_cast<double>(samples.size());
  if (clipped >= kClippedSamplesMin && share > kClippedShareMax) {
    signals.clipped.push_back(fmt::format("{} ({:.1f} %)", recording.name, share * 100));
  }
  const auto [low, high] = std::minmax_element(samples.begin(), samples.end());
  // One step of the converter up and down is still nothing.
  if (*high - *low <= 2) signals.silent.push_back(recording.name);
}

void CheckSignal(const Recording& recording, const Result<Bytes>& bytes, Signals& signals) {
  const auto damaged = [&](const Error& error) {
    signals.damaged.push_back(fmt::format("{}: {}", recording.name, error.message));
  };
  if (!bytes) return damaged(bytes.error());
  if (recording.kind() == Kind::kAudio) {
    const auto audio = DecodeWav(*bytes);
    if (!audio) return damaged(audio.error());
    return CheckAudio(recording, audio->samples, signals);
  }
  const auto image = DecodePicture(recording, *bytes);
  if (!image) return damaged(image.error());
  const auto [low, high] = std::minmax_element(image->pixels.begin(), image->pixels.end());
  if (*low == *high) signals.silent.push_back(recording.name);
}

}  // namespace

Result<std::vector<Finding>> Check(const store::Store& store,
                                   const std::vector<Recording>& recordings,
                                   const std::vector<Rejected>& rejected,
                                   const CheckOptions& options) {
  if (recordings.empty()) {
    return Fail(Code::kInvalid, "no recordings; run 'kinglet data import' first");
  }
  Signals signals;
  Progress progress("check", recordings.size(), "recordings", options.progress);
  for (size_t i = 0; i < recordings.size(); ++i) {
    const auto bytes = store.GetBlob(recordings[i].content);
    if (!bytes && bytes.error().code == Code::kIo) return tl::unexpected(bytes.error());
    CheckSignal(recordings[i], bytes, signals);
    progress.Update(i + 1);
  }
  progress.Finish();

  Findings findings;
  findings.Add(Severity::kError, "damaged", signals.damaged,
               Count(signals.damaged, "recording", "recordings") +
                   " of the project can no longer be read; import again");
  CheckCopies(recordings, findings);
  CheckGroups(recordings, findings);
  CheckClasses(recordings, findings);
  Names unreadable;
  for (const Rejected& file : rejected) unreadable.push_back(file.name + ": " + file.reason);
  findings.Add(Severity::kWarning, "not_imported", unreadable,
               Count(unreadable, "file was", "files were") + " left out by the import");
  CheckForms(recordings, options, findings);
  findings.Add(Severity::kWarning, "clipping", signals.clipped,
               Count(signals.clipped, "recording is", "recordings are") +
                   fmt::format(" clipped: more than {} % of the samples at full scale; record with "
                               "less gain",
                               kClippedShareMax * 100));
  findings.Add(Severity::kWarning, "silent", signals.silent,
               Count(signals.silent, "recording is", "recordings are") +
                   " constant: silence, or a picture of one shade");
  return findings.Take();
}

std::string FormatFindings(const std::vector<Finding>& findings) {
  if (findings.empty()) return "Nothing found.\n";
  std::string text;
  for (const Finding& finding : findings) {
    text += fmt::format("{}: {}: {}\n", finding.severity == Severity::kError ? "error" : "warning",
                        finding.code, finding.message);
    for (const std::string& example : finding.examples) text += "    " + example + "\n";
    if (finding.count > finding.examples.size()) {
      text +=
          fmt::format("    and {} more\n", FormatCount(finding.count - finding.examples.size()));
    }
  }
  return text;
}

std::string FormatFindingsJson(const std::vector<Finding>& findings) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  uint64_t errors = 0;
  for (const Finding& finding : findings) {
    const bool error = finding.severity == Severity::kError;
    errors += error ? 1 : 0;
    list.push_back({{"severity", error ? "error" : "warning"},
                    {"code", finding.code},
                    {"message", finding.message},
                    {"count", finding.count},
                    {"examples", finding.examples}});
  }
  const Json all = {{"errors", errors}, {"warnings", findings.size() - errors}, {"findings", list}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace kinglet::data
