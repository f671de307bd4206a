#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/kinglet/command_line.h"
#include "apps/kinglet/commands.h"
#include "apps/kinglet/project_run.h"
#include "src/data/check.h"
#include "src/data/import.h"
#include "src/data/split.h"
#include "src/data/stats.h"
#include "src/pipeline/workspace.h"

namespace kinglet::apps {
namespace {

using pipeline::Project;
using pipeline::Workspace;

constexpr std::string_view kFirst = "kinglet data import";

struct Options {
  std::string folder = ".";
  bool json = false;
  std::vector<std::string> paths;
  std::string pattern, manifest, group_column;
  bool strict = false;
  std::string glob;
};

// A path of kinglet.toml, which is relative to its folder.
std::string Below(const Project& project, const std::string& path) {
  return path.empty() || path.starts_with('/') ? path : project.folder + "/" + path;
}

// What the command line says, and kinglet.toml where it says nothing.
data::ImportOptions ImportOptionsOf(const Options& options, const Project& project) {
  data::ImportOptions import{.paths = options.paths,
                             .pattern = options.pattern,
                             .manifest = options.manifest,
                             .group_column = options.group_column};
  if (import.paths.empty()) {
    for (const std::string& source : project.data.sources) {
      import.paths.push_back(Below(project, source));
    }
  }
  if (import.pattern.empty() && import.manifest.empty()) {
    import.pattern = project.data.pattern;
    import.manifest = Below(project, project.data.manifest);
    if (import.group_column.empty()) import.group_column = project.data.group_column;
  }
  return import;
}

nlohmann::ordered_json ToJson(const data::ImportSummary& summary) {
  nlohmann::ordered_json rejected = nlohmann::json::array();
  for (const data::Rejected& file : summary.rejected) {
    rejected.push_back({{"name", file.name}, {"reason", file.reason}});
  }
  return {{"added", summary.added},
          {"changed", summary.changed},
          {"already", summary.already},
          {"ignored", summary.ignored},
          {"rejected", rejected}};
}

void PrintSummary(const data::ImportSummary& summary) {
  constexpr size_t kLinesMax = 20;
  const size_t lines = std::min(summary.rejected.size(), kLinesMax);
  for (size_t i = 0; i < lines; ++i) {
    const data::Rejected& file = summary.rejected[i];
    std::fprintf(stderr, "left out: %s: %s\n", file.name.c_str(), file.reason.c_str());
  }
  if (const size_t more = summary.rejected.size() - lines; more > 0) {
    std::fprintf(stderr, "left out: %s more; --json lists them all\n", FormatCount(more).c_str());
  }
  std::printf("%s recordings added, %s changed, %s there already",
              FormatCount(summary.added).c_str(), FormatCount(summary.changed).c_str(),
              FormatCount(summary.already).c_str());
  if (!summary.rejected.empty()) {
    std::printf(", %s files left out", FormatCount(summary.rejected.size()).c_str());
  }
  std::printf("\n");
}

void PrintJson(const nlohmann::ordered_json& object) {
  const std::string text =
      object.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  std::printf("%s\n", text.c_str());
}

Result<int> ImportCommand(const Options& options) {
  KINGLET_TRY(Workspace workspace, OpenProject(options.folder));
  const data::ImportOptions import = ImportOptionsOf(options, workspace.project);
  if (import.paths.empty()) {
    return Fail(Code::kInvalid,
                "{}/kinglet.toml: [data] sources is empty; name folders there or here",
                options.folder);
  }
  KINGLET_TRY(const data::ImportSummary summary, data::Import(workspace.store, import));
  if (options.json) {
    PrintJson(ToJson(summary));
  } else {
    PrintSummary(summary);
  }
  return options.strict && !summary.rejected.empty() ? ExitStatus(Code::kInvalid) : 0;
}

// The catalogue with the splits that kinglet.toml asks for.
Result<data::Catalog> LoadSplit(const Workspace& workspace) {
  KINGLET_TRY(data::Catalog catalog, data::LoadCatalog(workspace.store));
  if (catalog.recordings.empty()) {
    return Fail(Code::kInvalid, "{}: no recordings; run '{}' first", workspace.project.folder,
                kFirst);
  }
  const Project::Data& wanted = workspace.project.data;
  KINGLET_CHECK(
      data::AssignSplits(catalog.recordings, {.validation_percent = wanted.validation_percent,
                                              .test_percent = wanted.test_percent,
                                              .validation_groups = wanted.validation_groups,
                                              .test_groups = wanted.test_groups,
                                              .seed = wanted.seed}));
  return catalog;
}

Result<int> StatsCommand(const Options& options) {
  KINGLET_TRY(const Workspace workspace, pipeline::OpenWorkspaceToRead(options.folder, kFirst));
  KINGLET_TRY(const data::Catalog catalog, LoadSplit(workspace));
  const data::Stats stats = data::ComputeStats(catalog.recordings);
  if (options.json) {
    std::printf("%s\n", data::FormatStatsJson(stats).c_str());
  } else {
    std::fputs(data::FormatStats(stats).c_str(), stdout);
  }
  return 0;
}

Result<int> CheckCommand(const Options& options) {
  KINGLET_TRY(const Workspace workspace, pipeline::OpenWorkspaceToRead(options.folder, kFirst));
  KINGLET_TRY(const data::Catalog catalog, LoadSplit(workspace));
  const bool sound = workspace.project.task == pipeline::Task::kKeyword;
  const double clip_seconds = sound ? workspace.project.audio.clip_ms / 1000.0 : 0;
  KINGLET_TRY(const std::vector<data::Finding> findings,
              data::Check(workspace.store, catalog.recordings, catalog.rejected,
                          {.clip_seconds = clip_seconds}));
  if (options.json) {
    std::printf("%s\n", data::FormatFindingsJson(findings).c_str());
  } else {
    std::fputs(data::FormatFindings(findings).c_str(), stdout);
  }
  const bool errors = std::any_of(findings.begin(), findings.end(), [](const auto& finding) {
    return finding.severity == data::Severity::kError;
  });
  return errors ? ExitStatus(Code::kInvalid) : 0;
}

Result<int> RemoveCommand(const Options& options) {
  KINGLET_TRY(Workspace workspace, pipeline::OpenWorkspaceToRead(options.folder, kFirst));
  KINGLET_TRY(const size_t removed, data::RemoveFromCatalog(workspace.store, options.glob));
  if (removed == 0) {
    return Fail(Code::kNotFound, "no recording has a name like '{}'", options.glob);
  }
  KINGLET_TRY(const uint64_t freed, workspace.store.CollectGarbage());
  if (options.json) {
    PrintJson({{"removed", removed}, {"freed_bytes", freed}});
  } else {
    std::printf("%s recordings taken out, %s freed\n", FormatCount(removed).c_str(),
                FormatBytes(freed).c_str());
  }
  return 0;
}

}  // namespace

void AddData(CommandLine& cli) {
  CommandLine& group = cli.AddGroup("data", "Bring in recordings, look at them, check them");
  auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* summary, auto run) -> Command& {
    Command& command = group.Add(name, summary);
    command.Option("--project", &options->folder, "DIR", "Folder of kinglet.toml");
    command.Flag("--json", &options->json, "Print one JSON object");
    command.Run([options, run] { return run(*options); });
    return command;
  };
  Command& import =
      add("import", "Bring WAV, PNG, JPEG and IDX files into the project", ImportCommand);
  import.Positionals("PATH", &options->paths,
                     "Folders or files; none: [data] sources of kinglet.toml",
                     Command::Need::kOptional);
  import.Option("--pattern", &options->pattern, "PATTERN",
                "Where label and group stand in a path; else files lie in class folders");
  import.Option("--manifest", &options->manifest, "CSV",
                "Table with the column path, and label, split or a group column");
  import.Option("--group", &options->group_column, "COLUMN",
                "The manifest's column for speaker, person or session");
  import.Flag("--strict", &options->strict, "Fail when a file was left out");
  import.Footer("Example: kinglet data import clips --pattern '{label}/{group}_nohash_{*}.wav'");
  add("stats", "Count recordings per class, split and group", StatsCommand);
  Command& check =
      add("check", "Look for copies, leaks, damage, clipping and imbalance", CheckCommand);
  check.Footer("The exit status is 2 when there are errors; warnings do not count.");
  Command& remove = add("remove", "Take recordings out of the project again", RemoveCommand);
  remove.Positional("NAMES", &options->glob,
                    "Names as 'kinglet data check' shows them; '*' stands for any text");
}

}  // namespace kinglet::apps
