// run, train, deploy, report: the project's stages up to a goal.
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/kinglet/command_line.h"
#include "apps/kinglet/commands.h"
#include "apps/kinglet/project_run.h"
#include "src/base/progress.h"

namespace kinglet::apps {
namespace {

using nlohmann::json;

struct Options {
  std::string folder = ".";
  bool json = false;
};

void AddProjectOptions(Command& command, Options& options) {
  command.Option("--project", &options.folder, "DIR", "Folder of kinglet.toml");
  command.Flag("--json", &options.json, "Print one JSON object");
}

// Indented; bytes that are not UTF-8 are replaced.
void PrintJson(const json& object) {
  std::printf("%s\n", object.dump(2, ' ', false, json::error_handler_t::replace).c_str());
}

// Exit status 3 when the result misses what kinglet.toml asks for.
Result<int> Run(const Options& options) {
  KINGLET_TRY(pipeline::Workspace workspace, OpenProject(options.folder));
  KINGLET_TRY(const pipeline::RunResult run, RunProject(workspace, pipeline::Goal::kReport));
  KINGLET_TRY(const Bytes text, workspace.store.GetBlob(run.bench->content));
  KINGLET_TRY(const pipeline::BenchRecord bench, pipeline::ParseBenchRecord(text));
  if (options.json) {
    std::printf("%s\n", std::string(AsText(text)).c_str());
  } else {
    PrintResults(workspace.project, bench);
    std::printf("\nreport    %s/report.html\nfirmware  %s/firmware\n",
                workspace.OutFolder().c_str(), workspace.OutFolder().c_str());
  }
  return MeetsRequirements(workspace.project, bench) ? 0 : 3;
}

Result<int> Train(const Options& options) {
  KINGLET_TRY(pipeline::Workspace workspace, OpenProject(options.folder));
  KINGLET_TRY(const pipeline::RunResult run, RunProject(workspace, pipeline::Goal::kTrain));
  KINGLET_TRY(const Bytes text, workspace.store.GetBlob(run.training->content));
  KINGLET_TRY(const pipeline::TrainingRecord record, pipeline::ParseTrainingRecord(text));
  if (options.json) {
    json object = json::parse(text);
    object["file"] = workspace.OutFolder() + "/model.tflite";
    PrintJson(object);
    return 0;
  }
  std::printf("\n%s  %s weights, validation accuracy %s (float %s)\n%s/model.tflite\n",
              record.model.c_str(), FormatCount(record.weights).c_str(),
              Percent(record.validation_accuracy).c_str(),
              Percent(record.validation_accuracy_float).c_str(), workspace.OutFolder().c_str());
  return 0;
}

Result<int> Deploy(const Options& options) {
  KINGLET_TRY(pipeline::Workspace workspace, OpenProject(options.folder));
  KINGLET_TRY(const pipeline::RunResult run, RunProject(workspace, pipeline::Goal::kFirmware));
  KINGLET_TRY(const Bytes text, workspace.store.GetBlob(run.firmware->content));
  KINGLET_TRY(const pipeline::FirmwareRecord record, pipeline::ParseFirmwareRecord(text));
  const std::string folder = workspace.OutFolder() + "/firmware";
  if (options.json) {
    json sizes = json::parse(text)["sizes"];
    sizes["folder"] = folder;
    PrintJson(sizes);
    return 0;
  }
  std::printf("\n%s  links for %s: %s of flash, %s of RAM besides the stack\n", folder.c_str(),
              workspace.project.board.c_str(), FormatBytes(record.flash_bytes).c_str(),
              FormatBytes(record.static_ram_bytes).c_str());
  return 0;
}

Result<int> Report(const Options& options) {
  KINGLET_TRY(pipeline::Workspace workspace, OpenProject(options.folder));
  KINGLET_TRY(const pipeline::RunResult run, RunProject(workspace, pipeline::Goal::kReport));
  const std::string path = workspace.OutFolder() + "/report.html";
  if (options.json) {
    PrintJson({{"file", path}, {"id", run.report->id.Hex()}});
  } else {
    std::printf("\n%s\n", path.c_str());
  }
  return 0;
}

void Add(CommandLine& cli, const char* name, const char* summary,
         Result<int> (*run)(const Options&)) {
  auto options = std::make_shared<Options>();
  Command& command = cli.Add(name, summary);
  AddProjectOptions(command, *options);
  command.Run([options, run] { return run(*options); });
}

}  // namespace

void AddTrain(CommandLine& cli) {
  Add(cli, "train", "Train and quantise the largest model the plan admits; resumes when killed",
      Train);
}

void AddDeploy(CommandLine& cli) {
  Add(cli, "deploy", "Generate the firmware folder and link it for the board", Deploy);
}

void AddRun(CommandLine& cli) {
  Add(cli, "run", "Everything that is out of date, from the data to the report", Run);
}

void AddReport(CommandLine& cli) {
  Add(cli, "report", "One HTML page: requirements and results, plots, costs, lineage", Report);
}

}  // namespace kinglet::apps
