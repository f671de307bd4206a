#include "src/pipeline/project.h"

#include "src/base/config.h"
#include "src/base/files.h"

namespace kinglet::pipeline {
namespace {

constexpr int64_t kBytesMax = int64_t{1} << 32;

void ReadRequirements(ConfigTable& table, Project::Requirements& out) {
  out.accuracy_min = table.GetDouble("accuracy_min", out.accuracy_min, 0, 1);
  out.flash_bytes_max = static_cast<uint64_t>(table.GetInt("flash_bytes_max", 0, 0, kBytesMax));
  out.ram_bytes_max = static_cast<uint64_t>(table.GetInt("ram_bytes_max", 0, 0, kBytesMax));
  out.latency_ms_max = table.GetDouble("latency_ms_max", out.latency_ms_max, 0, 1e6);
}

void ReadData(ConfigTable& table, Project::Data& out) {
  out.sources = table.GetStrings("sources");
  out.pattern = table.GetString("pattern", out.pattern);
  out.manifest = table.GetString("manifest", out.manifest);
  out.group_column = table.GetString("group_column", out.group_column);
  out.validation_percent =
      static_cast<int>(table.GetInt("validation_percent", out.validation_percent, 0, 80));
  out.test_percent = static_cast<int>(table.GetInt("test_percent", out.test_percent, 0, 80));
  if (out.validation_percent + out.test_percent > 90) {
    table.Reject("test_percent", "validation and test together leave less than 10 % to train on");
  }
  out.validation_groups = table.GetStrings("validation_groups");
  out.test_groups = table.GetStrings("test_groups");
  out.seed = static_cast<uint64_t>(table.GetInt("seed", 1, 0, INT64_MAX));
  out.classes_expected =
      static_cast<int>(table.GetInt("classes_expected", out.classes_expected, 2, 1000));
}

// Ranges are checked by signal::Pipeline::Make, which knows how the fields hang together.
void ReadAudio(ConfigTable& table, signal::AudioOptions& out) {
  const auto get = [&table](const char* key, int& field) {
    field = static_cast<int>(table.GetInt(key, field, 0, 1'000'000));
  };
  get("sample_rate_hz", out.sample_rate_hz);
  get("clip_ms", out.clip_ms);
  get("step_ms", out.step_ms);
  get("frame_ms", out.frame_ms);
  get("stride_ms", out.stride_ms);
  get("mel_count", out.mel_count);
  get("coefficients", out.coefficients);
  get("low_hz", out.low_hz);
  get("high_hz", out.high_hz);
  get("range_db", out.range_db);
  const std::string normalize = table.GetString("normalize", signal::NormalizeName(out.normalize));
  if (const auto value = signal::AudioNormalizeFromName(normalize)) {
    out.normalize = *value;
  } else {
    table.Reject("normalize", value.error().message);
  }
}

void ReadImage(ConfigTable& table, signal::ImageOptions& out) {
  const auto get = [&table](const char* key, int& field) {
    field = static_cast<int>(table.GetInt(key, field, 0, 1'000'000));
  };
  get("width", out.width);
  get("height", out.height);
  get("channels", out.channels);
  const std::string normalize = table.GetString("normalize", signal::NormalizeName(out.normalize));
  if (const auto value = signal::ImageNormalizeFromName(normalize)) {
    out.normalize = *value;
  } else {
    table.Reject("normalize", value.error().message);
  }
}

void ReadTrain(ConfigTable& table, Project::Train& out) {
  out.model = table.GetString("model", out.model);
  out.epochs = static_cast<int>(table.GetInt("epochs", 0, 0, 100000));
  out.qat_epochs = static_cast<int>(table.GetInt("qat_epochs", 0, 0, 100000));
  out.noise_label = table.GetString("noise_label", out.noise_label);
  out.augment_copies = static_cast<int>(table.GetInt("augment_copies", 0, 0, 100));
  out.seed = static_cast<uint64_t>(table.GetInt("seed", 1, 0, INT64_MAX));
  out.threads = static_cast<int>(table.GetInt("threads", 0, 0, 256));
}

}  // namespace

signal::Options Project::SignalOptions() const {
  if (task == Task::kKeyword) return audio;
  return image;
}

std::string_view TaskName(Task task) { return task == Task::kKeyword ? "keyword" : "image"; }

Result<Project> ParseProject(std::string_view text, const std::string& name) {
  KINGLET_TRY(ConfigTable root, ConfigTable::Parse(text, name));
  Project project;
  ConfigTable& head = root.Table("project");
  project.name = head.GetString("name", "");
  if (project.name.empty()) head.Reject("name", "must be given");
  project.task = head.GetChoice("task", "keyword", {"keyword", "image"}) == "keyword"
                     ? Task::kKeyword
                     : Task::kImage;
  project.board = head.GetString("board", "");
  if (project.board.empty()) head.Reject("board", "must be given; 'kinglet boards' lists them");
  ReadRequirements(root.Table("requirements"), project.requirements);
  ConfigTable& application = root.Table("application");
  project.application.flash_bytes =
      static_cast<uint64_t>(application.GetInt("flash_bytes", 0, 0, kBytesMax));
  project.application.ram_bytes =
      static_cast<uint64_t>(application.GetInt("ram_bytes", 0, 0, kBytesMax));
  ReadData(root.Table("data"), project.data);
  // The other task's table is an unknown key: it would be ignored in silence otherwise.
  if (project.task == Task::kKeyword) {
    ReadAudio(root.Table("audio"), project.audio);
  } else {
    ReadImage(root.Table("image"), project.image);
  }
  ReadTrain(root.Table("train"), project.train);
  project.bench.emulated_samples = static_cast<int>(
      root.Table("bench").GetInt("emulated_samples", project.bench.emulated_samples, 1, 1000000));
  KINGLET_CHECK(root.Finish());
  if (const auto made = signal::Pipeline::Make(project.SignalOptions()); !made) {
    return Within(fmt::format("{}: [{}]", name, project.task == Task::kKeyword ? "audio" : "image"),
                  made.error());
  }
  return project;
}

Result<Project> LoadProject(const std::string& folder) {
  const std::string path = folder + "/kinglet.toml";
  if (!FileExists(path)) {
    return Fail(Code::kNotFound,
                "{}: no such file; run this in a project's folder, or make one with 'kinglet new'",
                path);
  }
  KINGLET_TRY(const std::string text, ReadTextFile(path, 1 << 20));
  KINGLET_TRY(Project project, ParseProject(text, path));
  project.folder = folder;
  return project;
}

}  // namespace kinglet::pipeline
