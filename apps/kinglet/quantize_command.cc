#include <charconv>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "apps/kinglet/command_line.h"
#include "apps/kinglet/commands.h"
#include "src/base/files.h"
#include "src/optimize/fuse_activations.h"
#include "src/quantize/compare.h"
#include "src/quantize/quantize.h"
#include "src/quantize/render.h"
#include "src/tflite/read.h"
#include "src/tflite/write.h"

namespace kinglet::apps {
namespace {

struct Options {
  std::string model, output, ranges = "minmax", percentile = "99.99";
  std::vector<std::string> data;
  bool json = false;
};

Result<double> ParsePercentile(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  return Fail(Code::kInvalid, "--percentile '{}': must be a number, 50 to 100", text);
}

Result<int> Quantize(const Options& options) {
  quantize::Options how;
  KINGLET_TRY(how.ranges, quantize::ParseRangeMethod(options.ranges));
  KINGLET_TRY(how.percentile, ParsePercentile(options.percentile));
  KINGLET_TRY(ir::Graph read, tflite::ReadFloatModelFile(options.model));
  // What a rectifier clips away needs no int8 values.
  KINGLET_TRY(const optimize::Rewritten fused, optimize::FuseActivations(std::move(read)));
  const ir::Graph& graph = fused.graph;
  KINGLET_TRY(const quantize::Samples samples, quantize::ReadSamples(graph, options.data));
  auto quantized = quantize::Quantize(graph, samples, how);
  if (!quantized) return Within(options.model, std::move(quantized).error());
  KINGLET_TRY(const quantize::Comparison comparison, quantize::Compare(graph, *quantized, samples));
  KINGLET_TRY(const Bytes file, tflite::WriteModel(*quantized));
  KINGLET_CHECK(WriteFileAtomic(options.output, file));

  std::error_code ignored;
  const quantize::Summary summary{options.model, options.output,
                                  std::filesystem::file_size(options.model, ignored), file.size(),
                                  how.ranges};
  const std::string text = options.json ? quantize::ToJson(comparison, summary) + "\n"
                                        : quantize::ToText(comparison, summary);
  std::fputs(text.c_str(), stdout);
  return 0;
}

}  // namespace

void AddQuantize(CommandLine& cli) {
  auto options = std::make_shared<Options>();
  Command& command =
      cli.Add("quantize", "Turn a float .tflite model into an int8 one, with samples");
  command.Positional("MODEL", &options->model, "A .tflite file with float32 tensors");
  command.Options("--data", &options->data, "PATH",
                  "Samples of an input: .npy, raw little-endian float32, or a folder of .npy and "
                  ".bin files; once for each input of the model");
  command.Option("-o,--output", &options->output, "FILE", "The int8 .tflite file to write",
                 Command::Need::kRequired);
  command.Option("--ranges", &options->ranges, "METHOD",
                 "What int8 covers of the values seen: minmax, percentile or mse");
  command.Option("--percentile", &options->percentile, "P",
                 "For --ranges percentile: the share of the values that is covered, in percent");
  command.Flag("--json", &options->json, "Print one JSON object");
  command.Run([options] { return Quantize(*options); });
}

}  // namespace kinglet::apps
