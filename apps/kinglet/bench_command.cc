#include <cstdio>
#include <memory>
#include <string>

#include "apps/kinglet/command_line.h"
#include "apps/kinglet/commands.h"
#include "src/bench/bench.h"
#include "src/bench/render.h"
#include "src/tflite/read.h"

namespace kinglet::apps {
namespace {

struct Options {
  std::string model, board;
  int64_t samples = 8;
  bool layers = false, json = false;
};

constexpr int64_t kSamplesMax = 10'000;

Result<int> Bench(const Options& options) {
  if (options.samples < 1 || options.samples > kSamplesMax) {
    return Fail(Code::kInvalid, "--samples {}: must be 1 to {}", options.samples, kSamplesMax);
  }
  KINGLET_TRY(const ir::Graph graph, tflite::ReadModelFile(options.model));
  KINGLET_TRY(const board::Board board, board::LoadBoard(options.board));
  KINGLET_TRY(
      const bench::BenchResult result,
      bench::BenchModel(graph, board,
                        {.sample_count = static_cast<uint32_t>(options.samples),
                         .layers = options.layers ? bench::Layers::kYes : bench::Layers::kNo}));
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
  command.Positional("MODEL", &options->model, "A .tflite file with int8 tensors");
  command.Option("--board", &options->board, "NAME",
                 "The board; 'kinglet boards' lists them and the bare cores",
                 Command::Need::kRequired);
  command.Option("--samples", &options->samples, "N", "Random inputs to run");
  command.Flag("--layers", &options->layers, "Also count and compare every layer");
  command.Flag("--json", &options->json, "Print one JSON object");
  command.Run([options] { return Bench(*options); });
}

}  // namespace kinglet::apps
