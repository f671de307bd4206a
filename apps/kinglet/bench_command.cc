#include <cstdio>
#include <memory>
#include <string>

#include "apps/kinglet/command_line.h"
#include "apps/kinglet/commands.h"
#include "apps/kinglet/project_run.h"
#include "src/bench/bench.h"
#include "src/bench/render.h"
#include "src/tflite/read.h"

namespace kinglet::apps {
namespace {

struct Options {
  std::string model, board;
  std::string folder = ".", goal = "flash";
  int64_t samples = 8;
  bool layers = false, json = false;
};

constexpr int64_t kSamplesMax = 10'000;

// The project's own model on its own test recordings.
Result<int> BenchProject(const Options& options) {
  if (!options.board.empty() || options.layers) {
    return Fail(Code::kInvalid, "{} goes with a MODEL; a project's board stands in kinglet.toml",
                options.layers ? "--layers" : "--board");
  }
  KINGLET_TRY(pipeline::Workspace workspace, OpenProject(options.folder));
  KINGLET_TRY(const pipeline::RunResult run, RunProject(workspace, pipeline::Goal::kBench));
  KINGLET_TRY(const Bytes text, workspace.store.GetBlob(run.bench->content));
  KINGLET_TRY(const pipeline::BenchRecord bench, pipeline::ParseBenchRecord(text));
  if (options.json) {
    std::printf("%s\n", std::string(AsText(text)).c_str());
  } else {
    PrintResults(workspace.project, bench);
  }
  return bench.bit_identical ? 0 : ExitStatus(Code::kInternal);
}

Result<int> Bench(const Options& options) {
  if (options.model.empty()) return BenchProject(options);
  if (options.board.empty()) {
    return Fail(Code::kInvalid, "--board is required with a MODEL; 'kinglet boards' lists them");
  }
  if (options.samples < 1 || options.samples > kSamplesMax) {
    return Fail(Code::kInvalid, "--samples {}: must be 1 to {}", options.samples, kSamplesMax);
  }
  KINGLET_TRY(const compile::Goal goal, compile::ParseGoal(options.goal));
  KINGLET_TRY(const ir::Graph graph, tflite::ReadModelFile(options.model));
  KINGLET_TRY(const board::Board board, board::LoadBoard(options.board));
  KINGLET_TRY(
      const bench::BenchResult result,
      bench::BenchModel(graph, board,
                        {.sample_count = static_cast<uint32_t>(options.samples),
                         .layers = options.layers ? bench::Layers::kYes : bench::Layers::kNo,
                         .goal = goal}));
  const std::string text = options.json ? bench::ToJson(result) + "\n" : bench::ToText(result);
  std::fputs(text.c_str(), stdout);
  if (result.bit_identical) return 0;
  return Fail(Code::kInternal, "{}: the outputs on {} differ from the host's", options.model,
              board.name);
}

}  // namespace

void AddBench(CommandLine& cli) {
  auto options = std::make_shared<Options>();
  Command& command = cli.Add(
      "bench", "Measure a model on an emulated board: instructions, flash, RAM, same bits as here");
  command.Positional("MODEL", &options->model,
                     "A .tflite file with int8 tensors; without it the project's model is measured "
                     "on its test recordings",
                     Command::Need::kOptional);
  command.Option("--board", &options->board, "NAME",
                 "Board for MODEL; 'kinglet boards' lists them and the bare cores");
  command.Option("--project", &options->folder, "DIR", "Folder of kinglet.toml");
  command.Option("--optimize", &options->goal, "GOAL",
                 "Kernels for MODEL: least flash (flash, the default), fewest instructions (speed) "
                 "or the smallest arena (ram)");
  command.Option("--samples", &options->samples, "N", "Random inputs to run");
  command.Flag("--layers", &options->layers, "Also count and compare every layer");
  command.Flag("--json", &options->json, "Print one JSON object");
  command.Run([options] { return Bench(*options); });
}

}  // namespace kinglet::apps
