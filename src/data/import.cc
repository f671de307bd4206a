#include "src/data/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "src/base/files.h"
#include "src/data/csv.h"
#include "src/data/decode.h"
#include "src/data/idx.h"
#include "src/data/pattern.h"

namespace kinglet::data {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kFileBytesMax = uint64_t{256} << 20;
constexpr size_t kBatchCountMax = 1000;
constexpr size_t kBatchBytesMax = size_t{32} << 20;

// A file that looks like something to import.
struct Candidate {
  std::string path;      // to open it
  std::string relative;  // below the imported folder
  std::string name;      // in the catalogue
};

struct Found {
  std::vector<Candidate> files;   // WAV, PNG, JPEG
  std::vector<Candidate> images;  // IDX files of pictures
  uint64_t ignored = 0;
};

std::string LowerExtension(const std::string& path) {
  std::string extension = fs::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

std::optional<Format> FormatOf(const std::string& path) {
  const std::string extension = LowerExtension(path);
  if (extension == ".wav" || extension == ".wave") return Format::kWav;
  if (extension == ".png") return Format::kPng;
  if (extension == ".jpg" || extension == ".jpeg") return Format::kJpeg;
  return std::nullopt;
}

std::string WithoutGz(std::string name) {
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  return name;
}

// MNIST's names: train-images-idx3-ubyte with train-labels-idx1-ubyte; some copies have a dot
// before "idx".
bool IsIdxImages(const std::string& path) {
  const std::string name = WithoutGz(fs::path(path).filename().string());
  return name.ends_with("images-idx3-ubyte") || name.ends_with("images.idx3-ubyte") ||
         name.ends_with("images-idx4-ubyte") || name.ends_with("images.idx4-ubyte");
}

bool IsIdxLabels(const std::string& path) {
  const std::string name = WithoutGz(fs::path(path).filename().string());
  return name.ends_with("labels-idx1-ubyte") || name.ends_with("labels.idx1-ubyte");
}

// The labels' file of `images`, compressed or not; "" when there is none.
std::string LabelsPath(const std::string& images) {
  const fs::path path(images);
  std::string name = WithoutGz(path.filename().string());
  const size_t at = name.size() - std::string_view("images-idx3-ubyte").size();
  name.replace(at, 6, "labels");
  name[name.size() - 7] = '1';
  for (const std::string ending : {"", ".gz"}) {
    std::string candidate = (path.parent_path() / (name + ending)).string();
    if (FileExists(candidate)) return candidate;
  }
  return "";
}

void Sort(Candidate candidate, Found& found) {
  if (IsIdxImages(candidate.path)) {
    candidate.name = WithoutGz(candidate.name);
    found.images.push_back(std::move(candidate));
  } else if (FormatOf(candidate.path)) {
    found.files.push_back(std::move(candidate));
  } else if (!IsIdxLabels(candidate.path)) {
    ++found.ignored;
  }
}

Result<Found> FindFiles(const std::vector<std::string>& paths) {
  Found found;
  for (const std::string& given : paths) {
    std::error_code error;
    const fs::path root = fs::absolute(given, error).lexically_normal();
    if (fs::is_regular_file(root, error)) {
      const fs::path folder = root.parent_path();
      Sort(
          {root.string(), root.filename().string(), (folder.filename() / root.filename()).string()},
          found);
      continue;
    }
    if (!fs::is_directory(root, error)) {
      return Fail(Code::kNotFound, "{}: no such file or folder", given);
    }
    const fs::path folder = root.has_filename() ? root : root.parent_path();
    KINGLET_TRY(const std::vector<std::string> files, ListFiles(folder.string()));
    for (const std::string& file : files) {
      Sort({(folder / file).string(), file, (folder.filename() / file).string()}, found);
    }
  }
  return found;
}

// What is known about a file besides its bytes.
struct Facts {
  std::string label, group;
  std::optional<Split> split;
};

// Tells the facts from the manifest, the pattern, or the folder a file lies in.
class Labeller {
 public:
  static Result<Labeller> Make(const ImportOptions& options) {
    Labeller labeller;
    if (!options.pattern.empty()) {
      KINGLET_TRY(labeller.pattern_, PathPattern::Parse(options.pattern));
    }
    if (!options.manifest.empty()) KINGLET_CHECK(labeller.ReadManifest(options));
    return labeller;
  }

  // kInvalid with the reason when the file cannot be told.
  Result<Facts> Tell(const std::string& relative) {
    PathFields fields;
    if (pattern_) {
      const auto match = pattern_->Match(relative);
      if (!match) return Fail(Code::kInvalid, "its path does not match the pattern");
      fields = *match;
    }
    if (has_manifest_) {
      const auto row = rows_.find(relative);
      if (row == rows_.end()) return Fail(Code::kInvalid, "the manifest does not name it");
      row->second.found = true;
      const PathFields& known = row->second.fields;
      if (!known.label.empty()) fields.label = known.label;
      if (!known.group.empty()) fields.group = known.group;
      if (!known.split.empty()) fields.split = known.split;
    }
    if (fields.label.empty()) fields.label = fs::path(relative).parent_path().filename().string();
    if (fields.label.empty()) {
      return Fail(Code::kInvalid,
                  "has no label: it lies in no class folder, and neither a pattern nor a manifest "
                  "names one");
    }
    Facts facts{fields.label, fields.group, std::nullopt};
    if (!fields.split.empty()) {
      facts.split = SplitFromName(fields.split);
      if (!facts.split) {
        return Fail(Code::kInvalid, "split '{}' is neither train, validation nor test",
                    fields.split);
      }
    }
    return facts;
  }

  // What the manifest names and nobody asked for.
  std::vector<Rejected> Missing() const {
    std::vector<Rejected> missing;
    for (const auto& [path, row] : rows_) {
      if (!row.found) missing.push_back({path, "the manifest names it, but it is not there"});
    }
    return missing;
  }

 private:
  struct Row {
    PathFields fields;
    bool found = false;
  };

  Status ReadManifest(const ImportOptions& options) {
    KINGLET_TRY(const std::string text, ReadTextFile(options.manifest));
    KINGLET_TRY(const CsvTable table, ParseCsv(text, options.manifest));
    const auto path = table.Column("path");
    if (!path) return Fail(Code::kInvalid, "{}:1: no column 'path'", options.manifest);
    const auto label = table.Column("label");
    const auto split = table.Column("split");
    std::optional<size_t> group;
    if (!options.group_column.empty()) {
      group = table.Column(options.group_column);
      if (!group) {
        return Fail(Code::kInvalid, "{}:1: no column '{}'; there are {}", options.manifest,
                    options.group_column, fmt::join(table.columns, ", "));
      }
    }
    for (const char* name : {"group", "speaker", "person", "participant", "subject", "session"}) {
      if (!group) group = table.Column(name);
    }
    for (const auto& row : table.rows) {
      const auto field = [&](std::optional<size_t> column) {
        return column ? row[*column] : std::string();
      };
      const std::string relative = fs::path(row[*path]).lexically_normal().string();
      rows_[relative].fields = {field(label), field(group), field(split)};
    }
    has_manifest_ = true;
    return {};
  }

  std::optional<PathPattern> pattern_;
  bool has_manifest_ = false;
  std::map<std::string, Row> rows_;
};

// Fills in size, rate and channels; fails when the bytes cannot be used.
Status Describe(ByteView bytes, Recording& recording) {
  if (recording.kind() == Kind::kAudio) {
    KINGLET_TRY(const Audio audio, DecodeWav(bytes));
    recording.sample_rate_hz = audio.sample_rate_hz;
    recording.sample_count = static_cast<uint32_t>(audio.samples.size());
    recording.channels = audio.channels;
    return {};
  }
  KINGLET_TRY(const Image image, DecodePicture(recording, bytes));
  recording.width = image.width;
  recording.height = image.height;
  recording.channels = image.channels;
  return {};
}

// Collects recordings and writes them in batches.
class Writer {
 public:
  Writer(store::Store& store, ImportSummary& summary) : store_(store), summary_(summary) {}

  // Reads what is in the catalogue now, unless that is known already.
  Status Refresh() {
    KINGLET_TRY(Catalog catalog, LoadCatalog(store_));
    head_ = catalog.head;
    known_.clear();
    rejected_.clear();
    for (Recording& recording : catalog.recordings) {
      std::string name = recording.name;
      known_.emplace(std::move(name), std::move(recording));
    }
    for (Rejected& rejected : catalog.rejected) rejected_[rejected.name] = rejected.reason;
    return {};
  }

  // The same name, bytes and facts: nothing to do.
  bool IsKnown(const Recording& recording) const {
    const auto known = known_.find(recording.name);
    return known != known_.end() && known->second.content == recording.content &&
           known->second.label == recording.label && known->second.group == recording.group &&
           known->second.given_split == recording.given_split;
  }

  // Takes a described recording with its bytes; writes a batch when enough have come together.
  Status Add(Recording recording, Bytes bytes) {
    pending_bytes_ += bytes.size();
    pending_.emplace_back(std::move(recording), std::move(bytes));
    if (pending_.size() < kBatchCountMax && pending_bytes_ < kBatchBytesMax) return {};
    return Flush();
  }

  void Reject(std::string name, std::string reason) {
    summary_.rejected.push_back({name, reason});
    pending_rejected_.push_back({std::move(name), std::move(reason)});
  }

  Status Flush() {
    KINGLET_CHECK(store_.BeginBatch());
    if (Status written = WriteBatch(); !written) {
      store_.AbandonBatch();
      return written;
    }
    KINGLET_CHECK(store_.CommitBatch());
    pending_.clear();
    pending_rejected_.clear();
    pending_bytes_ = 0;
    KINGLET_TRY(head_, CatalogHead(store_));
    return {};
  }

 private:
  Status WriteBatch() {
    // Another process may have imported meanwhile.
    KINGLET_TRY(const Digest head, CatalogHead(store_));
    if (head != head_) KINGLET_CHECK(Refresh());
    std::vector<Recording> recordings;
    for (auto& [recording, bytes] : pending_) {
      if (IsKnown(recording)) {
        ++summary_.already;
        continue;
      }
      KINGLET_CHECK(store_.PutBlob(bytes));
      ++(known_.contains(recording.name) ? summary_.changed : summary_.added);
      rejected_.erase(recording.name);
      known_[recording.name] = recording;
      recordings.push_back(recording);
    }
    std::vector<Rejected> rejected;
    for (const Rejected& file : pending_rejected_) {
      // A good recording of that name that is there already stays.
      if (known_.contains(file.name)) continue;
      const auto known = rejected_.find(file.name);
      if (known != rejected_.end() && known->second == file.reason) continue;
      rejected_[file.name] = file.reason;
      rejected.push_back(file);
    }
    if (recordings.empty() && rejected.empty()) return {};
    return AppendToCatalog(store_, recordings, rejected);
  }

  store::Store& store_;
  ImportSummary& summary_;
  Digest head_;
  std::unordered_map<std::string, Recording> known_;
  std::unordered_map<std::string, std::string> rejected_;
  std::vector<std::pair<Recording, Bytes>> pending_;
  std::vector<Rejected> pending_rejected_;
  size_t pending_bytes_ = 0;
};

Status ImportFile(const Candidate& file, Labeller& labeller, Writer& writer,
                  ImportSummary& summary) {
  const auto facts = labeller.Tell(file.relative);
  if (!facts) {
    writer.Reject(file.name, facts.error().message);
    return {};
  }
  auto bytes = ReadFile(file.path, kFileBytesMax);
  if (!bytes) {
    writer.Reject(file.name, bytes.error().message);
    return {};
  }
  Recording recording;
  recording.name = file.name;
  recording.content = HashBytes(*bytes);
  recording.format = *FormatOf(file.path);
  recording.label = facts->label;
  recording.group = facts->group;
  recording.given_split = facts->split;
  if (writer.IsKnown(recording)) {
    ++summary.already;
    return {};
  }
  if (const Status described = Describe(*bytes, recording); !described) {
    writer.Reject(file.name, described.error().message);
    return {};
  }
  return writer.Add(std::move(recording), std::move(*bytes));
}

struct IdxPair {
  IdxImages images;
  IdxLabels labels;
};

Result<IdxPair> ReadIdxPair(const Candidate& file) {
  const std::string labels_path = LabelsPath(file.path);
  if (labels_path.empty()) return Fail(Code::kInvalid, "has no file of labels beside it");
  IdxPair pair;
  KINGLET_TRY(Bytes images, ReadFile(file.path, kIdxBytesMax));
  KINGLET_TRY(images, Gunzip(std::move(images)));
  KINGLET_TRY(pair.images, ParseIdxImages(std::move(images)));
  KINGLET_TRY(Bytes labels, ReadFile(labels_path, kIdxBytesMax));
  KINGLET_TRY(labels, Gunzip(std::move(labels)));
  auto parsed = ParseIdxLabels(std::move(labels));
  if (!parsed) return Within(fs::path(labels_path).filename().string(), parsed.error());
  pair.labels = std::move(*parsed);
  if (pair.images.count != pair.labels.count) {
    return Fail(Code::kInvalid, "has {} pictures, its labels are {}", pair.images.count,
                pair.labels.count);
  }
  return pair;
}

Status ImportIdx(const Candidate& file, Writer& writer, ImportSummary& summary,
                 Progress::Show show) {
  const auto pair = ReadIdxPair(file);
  if (!pair) {
    writer.Reject(file.name, pair.error().message);
    return {};
  }
  const std::string stem = fs::path(file.name).filename().string();
  std::optional<Split> split;
  if (stem.starts_with("train")) split = Split::kTrain;
  if (stem.starts_with("t10k") || stem.starts_with("test")) split = Split::kTest;
  Progress progress("import " + stem, pair->images.count, "pictures", show);
  for (uint32_t i = 0; i < pair->images.count; ++i) {
    const ByteView image = pair->images.Image(i);
    Recording recording;
    recording.name = fmt::format("{}#{:05}", file.name, i);
    recording.content = HashBytes(image);
    recording.format = Format::kRaw;
    recording.label = std::to_string(pair->labels.Label(i));
    recording.given_split = split;
    recording.width = pair->images.width;
    recording.height = pair->images.height;
    recording.channels = pair->images.channels;
    if (writer.IsKnown(recording)) {
      ++summary.already;
    } else {
      KINGLET_CHECK(writer.Add(std::move(recording), Bytes(image.begin(), image.end())));
    }
    progress.Update(i + 1);
  }
  return {};
}

}  // namespace

Result<ImportSummary> Import(store::Store& store, const ImportOptions& options) {
  KINGLET_TRY(Labeller labeller, Labeller::Make(options));
  KINGLET_TRY(const Found found, FindFiles(options.paths));
  ImportSummary summary;
  summary.ignored = found.ignored;
  Writer writer(store, summary);
  KINGLET_CHECK(writer.Refresh());
  for (const Candidate& file : found.images) {
    KINGLET_CHECK(ImportIdx(file, writer, summary, options.progress));
  }
  if (!found.files.empty()) {
    Progress progress("import", found.files.size(), "files", options.progress);
    for (size_t i = 0; i < found.files.size(); ++i) {
      KINGLET_CHECK(ImportFile(found.files[i], labeller, writer, summary));
      progress.Update(i + 1);
    }
  }
  KINGLET_CHECK(writer.Flush());
  for (Rejected& missing : labeller.Missing()) summary.rejected.push_back(std::move(missing));
  if (summary.added + summary.changed + summary.already == 0) {
    if (summary.rejected.empty()) {
      return Fail(Code::kInvalid, "{}: no WAV, PNG, JPEG or IDX files",
                  fmt::join(options.paths, ", "));
    }
    return Fail(Code::kInvalid, "none of {} files can be used; the first is {}: {}",
                summary.rejected.size(), summary.rejected[0].name, summary.rejected[0].reason);
  }
  return summary;
}

}  // namespace kinglet::data
