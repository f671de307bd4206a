#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "src/base/files.h"
#include "src/bench/bench.h"
#include "src/board/board.h"
#include "src/ir/execute.h"
#include "src/pipeline/feature_set.h"
#include "src/pipeline/raw_window.h"
#include "src/pipeline/records.h"
#include "src/pipeline/stages.h"
#include "src/tflite/read.h"
#include "src/train/metrics.h"

namespace kinglet::pipeline {
namespace {

using nlohmann::json;

// How many of the least certain or most wrong samples are kept for people to look at.
constexpr size_t kWorstSamples = 24;

json ConfusionJson(const train::Evaluation& evaluation) {
  json rows = json::array();
  for (int32_t truth = 0; truth < evaluation.classes; ++truth) {
    const auto begin = evaluation.confusion.begin() + ptrdiff_t{truth} * evaluation.classes;
    rows.push_back(std::vector<int64_t>(begin, begin + evaluation.classes));
  }
  return rows;
}

// Wrong ones with the most confidence first, then right ones with the least.
json WorstSamples(const train::Evaluation& evaluation, const FeatureSplit& split) {
  std::vector<size_t> order(split.labels.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto badness = [&](size_t i) {
    const bool wrong = evaluation.predicted[i] != split.labels[i];
    return wrong ? 1 + evaluation.confidence[i] : 1 - evaluation.confidence[i];
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return badness(a) > badness(b); });
  json samples = json::array();
  for (size_t i = 0; i < std::min(kWorstSamples, order.size()); ++i) {
    const size_t at = order[i];
    samples.push_back({{"content", split.contents[at].Hex()},
                       {"label", split.labels[at]},
                       {"predicted", evaluation.predicted[at]},
                       {"confidence", evaluation.confidence[at]}});
  }
  return samples;
}

// `count` positions spread evenly over `total`.
std::vector<size_t> Spread(size_t total, size_t count) {
  std::vector<size_t> positions;
  count = std::min(count, total);
  for (size_t i = 0; i < count; ++i) positions.push_back(i * total / count);
  return positions;
}

json LayersJson(const std::vector<bench::LayerResult>& layers) {
  json rows = json::array();
  for (const bench::LayerResult& layer : layers) {
    rows.push_back({{"name", layer.name},
                    {"kind", layer.kind},
                    {"output_shape", fmt::format("{}", fmt::join(layer.output_shape, "x"))},
                    {"macs", layer.macs},
                    {"weights_bytes", layer.weights_bytes},
                    {"instructions", layer.instructions},
                    {"bit_identical", layer.bit_identical}});
  }
  return rows;
}

// On how many of the `chosen` test samples the board's bytes are the host's: the features that
// training and the host's accuracy used, and the reference executor's outputs.
struct Equal {
  uint64_t features = 0, outputs = 0;
};
Result<Equal> CountEqual(const ir::Graph& graph, const FeatureSet& set,
                         const std::vector<size_t>& chosen,
                         const std::vector<bench::BoardRun::Sample>& board) {
  KINGLET_TRY(ir::Executor executor, ir::Executor::Make(graph));
  const auto row_bytes = static_cast<size_t>(set.shape.ElementCount());
  Equal equal;
  for (size_t i = 0; i < chosen.size(); ++i) {
    const ByteView row = AsBytes(set.test.features).subspan(chosen[i] * row_bytes, row_bytes);
    KINGLET_TRY(const std::vector<Bytes> outputs, executor.Run({row}));
    equal.features += std::ranges::equal(board[i].features, row);
    equal.outputs += board[i].outputs == outputs;
  }
  return equal;
}

Result<Bytes> Measure(Workspace& workspace, const BenchInputs& inputs, const board::Board& board) {
  const Project& project = workspace.project;
  KINGLET_TRY(const Bytes feature_bytes, workspace.store.GetBlob(inputs.features.content));
  KINGLET_TRY(const FeatureSet set, ParseFeatureSet(feature_bytes));
  KINGLET_TRY(const Bytes model_bytes, workspace.store.GetBlob(inputs.model.content));
  KINGLET_TRY(const ir::Graph graph, tflite::ReadModel(model_bytes));
  KINGLET_TRY(const Bytes record_bytes, workspace.store.GetBlob(inputs.training.content));
  KINGLET_TRY(const TrainingRecord record, ParseTrainingRecord(record_bytes));
  KINGLET_TRY(const signal::Pipeline pipeline, signal::Pipeline::Make(project.SignalOptions()));
  const FeatureSplit& test = set.test;

  KINGLET_TRY(const train::Evaluation host,
              train::EvaluateGraph(graph, ToDataset(set, test), project.train.threads));

  const std::vector<size_t> chosen =
      Spread(test.labels.size(), static_cast<size_t>(project.bench.emulated_samples));
  KINGLET_TRY(const RawWindows raw, RawWindows::Open(workspace, inputs.dataset));
  std::vector<Bytes> windows;
  for (const size_t at : chosen) {
    KINGLET_TRY(const data::Recording* const recording, raw.Find(test.contents[at]));
    KINGLET_TRY(Bytes window, raw.Get(*recording));
    windows.push_back(std::move(window));
  }
  std::vector<bench::LabelledWindow> labelled;
  for (size_t i = 0; i < chosen.size(); ++i) {
    labelled.push_back({windows[i], static_cast<uint32_t>(test.labels[chosen[i]])});
  }
  KINGLET_TRY(const bench::PipelineBench emulated,
              bench::BenchPipeline(graph, pipeline, board, labelled, bench::Layers::kYes));
  const bench::BenchResult& result = emulated.result;
  KINGLET_TRY(const Equal equal, CountEqual(graph, set, chosen, emulated.board));

  json parts = json::object();
  for (const bench::FlashPart& part : result.flash_parts) parts[part.name] = part.bytes;
  const json object = {
      {"board", board.name},
      {"core", board.core.name},
      {"machine", board.core.machine},
      {"model", record.model},
      {"accuracy", host.accuracy()},
      {"samples", host.count()},
      {"correct", host.correct()},
      {"balanced_accuracy", host.balanced_accuracy()},
      {"accuracy_float", record.accuracy_float},
      {"correct_float", record.test_correct_float},
      {"accuracy_emulated", result.accuracy.value_or(0)},
      {"emulated_samples", result.samples},
      {"features_identical", equal.features},
      {"outputs_identical", equal.outputs},
      {"bit_identical", result.bit_identical && equal.features == chosen.size()},
      {"instructions_dsp", result.instructions_dsp},
      {"instructions", result.instructions},
      {"estimated_latency_ms", result.estimated_latency_ms},
      {"flash_bytes", result.flash_bytes},
      {"ram_bytes", result.ram_bytes},
      {"arena_bytes", result.arena_bytes},
      {"stack_bytes", result.stack_bytes},
      {"macs", result.macs},
      {"flash_parts", parts},
      {"labels", set.classes},
      {"confusion", ConfusionJson(host)},
      {"layers", LayersJson(result.layers)},
      {"worst_samples", WorstSamples(host, test)},
  };
  const std::string text = object.dump(1, ' ', false, json::error_handler_t::replace);
  return Bytes(text.begin(), text.end());
}

}  // namespace

Result<StageResult> MakeBench(Workspace& workspace, const BenchInputs& inputs) {
  KINGLET_TRY(const board::Board board, board::LoadBoard(workspace.project.board));
  const json parameters = {{"board", board::CanonicalText(board)},
                           {"signal", signal::CanonicalText(workspace.project.SignalOptions())},
                           {"emulated_samples", workspace.project.bench.emulated_samples}};
  const Stage stage{
      "bench", "bench.json", parameters.dump(), {inputs.model, inputs.features, inputs.firmware}};
  KINGLET_TRY(const StageResult result,
              RunStage(workspace, stage, [&] { return Measure(workspace, inputs, board); }));
  KINGLET_TRY(const Bytes bytes, workspace.store.GetBlob(result.artifact.content));
  KINGLET_CHECK(WriteFileAtomic(workspace.OutFolder() + "/bench.json", bytes));
  return result;
}

}  // namespace kinglet::pipeline
