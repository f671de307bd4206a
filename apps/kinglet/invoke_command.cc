#include <memory>
#include <string>
#include <vector>

#include "apps/kinglet/command_line.h"
#include "apps/kinglet/commands.h"
#include "src/base/files.h"
#include "src/bench/bench.h"
#include "src/tflite/read.h"

namespace kinglet::apps {
namespace {

struct Options {
  std::string model, board;
  std::vector<std::string> inputs, outputs;
};

Result<int> Invoke(const Options& options) {
  KINGLET_TRY(const ir::Graph graph, tflite::ReadModelFile(options.model));
  if (options.inputs.size() != graph.inputs.size() ||
      options.outputs.size() != graph.outputs.size()) {
    return Fail(Code::kInvalid,
                "{}: has {} inputs and {} outputs; {} --input and {} --output were given",
                options.model, graph.inputs.size(), graph.outputs.size(), options.inputs.size(),
                options.outputs.size());
  }
  std::vector<Bytes> inputs;
  for (size_t i = 0; i < options.inputs.size(); ++i) {
    const ir::Tensor& tensor = graph.tensor(graph.inputs[i]);
    const auto bytes = static_cast<uint64_t>(tensor.ByteCount());
    KINGLET_TRY(Bytes input, ReadFile(options.inputs[i]));
    if (input.size() != bytes) {
      return Fail(Code::kInvalid, "{}: {} bytes; input {} '{}' of {} takes {}", options.inputs[i],
                  input.size(), i, tensor.name, options.model, bytes);
    }
    inputs.push_back(std::move(input));
  }
  const std::vector<ByteView> views(inputs.begin(), inputs.end());
  std::vector<Bytes> outputs;
  if (options.board.empty()) {
    KINGLET_TRY(outputs, bench::InvokeOnHost(graph, views));
  } else {
    KINGLET_TRY(const board::Board board, board::LoadBoard(options.board));
    KINGLET_TRY(outputs, bench::InvokeOnBoard(graph, board, views));
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    KINGLET_CHECK(WriteFileAtomic(options.outputs[i], outputs[i]));
  }
  return 0;
}

}  // namespace

void AddInvoke(CommandLine& cli) {
  auto options = std::make_shared<Options>();
  Command& command =
      cli.Add("invoke", "Run one inference on raw tensor bytes, here or on an emulated board");
  command.Positional("MODEL", &options->model, "A .tflite file with int8 tensors");
  command.Options("--input", &options->inputs, "FILE",
                  "Raw little-endian bytes, one file per input in the model's order");
  command.Options("--output", &options->outputs, "FILE",
                  "Where the bytes of each output go, in the model's order");
  command.Option("--board", &options->board, "NAME",
                 "Run as firmware on this emulated board; 'kinglet boards' lists them");
  command.Run([options] { return Invoke(*options); });
}

}  // namespace kinglet::apps
