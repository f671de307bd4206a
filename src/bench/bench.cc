#include "src/bench/bench.h"

#include <algorithm>

#include "src/base/hash.h"
#include "src/base/random.h"
#include "src/ir/execute.h"

namespace kinglet::bench {
namespace {

// The host's view of one sample.
struct Expected {
  Bytes features;
  std::vector<Bytes> outputs;
  std::vector<uint32_t> layer_hashes;
};

// Cuts a sample's bytes into the model's inputs. `sample` has the sum of their sizes.
std::vector<ByteView> SplitInputs(const ir::Graph& graph, ByteView sample) {
  std::vector<ByteView> inputs;
  for (const ir::TensorIndex index : graph.inputs) {
    const auto bytes = static_cast<size_t>(graph.tensor(index).ByteCount());
    inputs.push_back(sample.first(bytes));
    sample = sample.subspan(bytes);
  }
  return inputs;
}

Result<Expected> RunOnHost(ir::Executor& executor, const signal::Pipeline* pipeline,
                           ByteView sample) {
  Expected expected;
  if (pipeline != nullptr) {
    KINGLET_TRY(const std::vector<int8_t> features, pipeline->Extract(sample));
    const ByteView bytes = AsBytes(features);
    expected.features.assign(bytes.begin(), bytes.end());
    sample = expected.features;
  }
  KINGLET_TRY(expected.outputs, executor.Run(SplitInputs(executor.graph(), sample),
                                             [&](size_t, const std::vector<ByteView>& outputs) {
                                               Bytes all;
                                               for (const ByteView output : outputs) {
                                                 all.insert(all.end(), output.begin(),
                                                            output.end());
                                               }
                                               expected.layer_hashes.push_back(Fnv1a32(all));
                                             }));
  return expected;
}

Result<std::vector<Expected>> RunAllOnHost(const ir::Graph& graph, const signal::Pipeline* pipeline,
                                           std::span<const ByteView> samples) {
  KINGLET_TRY(ir::Executor executor, ir::Executor::Make(graph));
  std::vector<Expected> all;
  for (const ByteView sample : samples) {
    KINGLET_TRY(Expected expected, RunOnHost(executor, pipeline, sample));
    all.push_back(std::move(expected));
  }
  return all;
}

uint64_t Mean(uint64_t sum, size_t count) { return count == 0 ? 0 : (sum + count / 2) / count; }

void FillFromRun(const BoardRun& run, const std::vector<Expected>& expected, BenchResult& result) {
  uint64_t dsp = 0, model = 0;
  double dsp_cycles = 0, model_cycles = 0;
  result.bit_identical = true;
  for (size_t i = 0; i < run.samples.size(); ++i) {
    const BoardRun::Sample& sample = run.samples[i];
    dsp += sample.dsp.instructions;
    model += sample.model.instructions;
    dsp_cycles += sample.dsp.cycles;
    model_cycles += sample.model.cycles;
    result.bit_identical = result.bit_identical && sample.features == expected[i].features &&
                           sample.outputs == expected[i].outputs;
  }
  result.samples = run.samples.size();
  result.instructions_dsp = Mean(dsp, run.samples.size());
  result.instructions = Mean(model, run.samples.size());
  result.cycles_dsp = Mean(static_cast<uint64_t>(dsp_cycles), run.samples.size());
  result.cycles = Mean(static_cast<uint64_t>(model_cycles), run.samples.size());
  result.stack_bytes = run.stack_bytes;
}

void FillFromProgram(const BoardProgram& program, const board::Board& board, BenchResult& result) {
  result.board = board.name;
  result.core = board.core.name;
  result.flash_bytes = program.application().flash_bytes();
  result.ram_bytes = program.application().static_ram_bytes() + result.stack_bytes;
  result.arena_bytes = program.numbers().arena_bytes;
  result.macs = program.numbers().macs;
  result.harness_flash_bytes = program.harness_flash_bytes();
  result.flash_parts = program.FlashParts();
  result.cycles_error = board.core.timing.error;
  const auto cycles = static_cast<double>(result.cycles_dsp + result.cycles);
  result.estimated_latency_ms = cycles / board.clock_hz * 1e3;
  if (board.active_power_mw > 0) {
    result.estimated_energy_uj = result.estimated_latency_ms * board.active_power_mw;
  }
}

// A second firmware with the hook, so that the first one's figures are those of what is deployed.
// The layers are those that the passes left.
Result<std::vector<LayerResult>> MeasureLayers(const ir::Graph& model, const board::Board& board,
                                               ProgramOptions options,
                                               std::span<const ByteView> samples) {
  options.layer_hook = true;
  KINGLET_TRY(const BoardProgram program, BoardProgram::Build(model, board, options));
  const ir::Graph& graph = program.graph();
  KINGLET_TRY(const std::vector<Expected> expected, RunAllOnHost(graph, options.pipeline, samples));
  KINGLET_TRY(const BoardRun run, program.Run(samples));
  std::vector<LayerResult> layers;
  for (size_t op = 0; op < graph.ops.size(); ++op) {
    LayerResult& layer = layers.emplace_back();
    layer.name = graph.ops[op].name;
    layer.kind = ir::OpKindName(graph.ops[op].attributes);
    layer.output_shape = graph.tensor(graph.ops[op].outputs[0]).shape;
    layer.macs = ir::OpMacs(graph, graph.ops[op]);
    layer.weights_bytes = program.numbers().layers[op].weights_bytes;
    layer.bit_identical = true;
    uint64_t instructions = 0;
    double cycles = 0;
    for (size_t i = 0; i < run.samples.size(); ++i) {
      const BoardRun::Sample& sample = run.samples[i];
      if (sample.layers.size() != graph.ops.size()) {
        return Fail(Code::kInternal, "layer hook: {} calls for {} layers", sample.layers.size(),
                    graph.ops.size());
      }
      instructions += sample.layers[op].instructions;
      cycles += sample.layers[op].cycles;
      layer.bit_identical =
          layer.bit_identical && sample.layer_hashes[op] == expected[i].layer_hashes[op];
    }
    layer.instructions = Mean(instructions, run.samples.size());
    layer.cycles = Mean(static_cast<uint64_t>(cycles), run.samples.size());
  }
  return layers;
}

struct Measured {
  BenchResult result;
  BoardRun run;
};

Result<Measured> Measure(const ir::Graph& graph, const board::Board& board,
                         const ProgramOptions& options, std::span<const ByteView> samples,
                         Layers layers) {
  KINGLET_TRY(const BoardProgram program, BoardProgram::Build(graph, board, options));
  KINGLET_TRY(const std::vector<Expected> expected, RunAllOnHost(graph, options.pipeline, samples));
  Measured measured;
  KINGLET_TRY(measured.run, program.Run(samples));
  FillFromRun(measured.run, expected, measured.result);
  FillFromProgram(program, board, measured.result);
  if (layers == Layers::kYes) {
    KINGLET_TRY(measured.result.layers, MeasureLayers(graph, board, options, samples));
  }
  return measured;
}

bool PredictsLabel(const BoardRun::Sample& sample, uint32_t label) {
  const Bytes& scores = sample.outputs[0];
  const auto best =
      std::ranges::max_element(scores, {}, [](uint8_t byte) { return static_cast<int8_t>(byte); });
  return static_cast<size_t>(best - scores.begin()) == label;
}

}  // namespace

Result<BenchResult> BenchModel(const ir::Graph& graph, const board::Board& board,
                               const ModelBenchOptions& options) {
  size_t sample_bytes = 0;
  for (const ir::TensorIndex index : graph.inputs) {
    sample_bytes += static_cast<size_t>(graph.tensor(index).ByteCount());
  }
  std::vector<Bytes> inputs;
  for (uint32_t i = 0; i < options.sample_count; ++i) {
    Random random(options.seed, i);
    Bytes& input = inputs.emplace_back(sample_bytes);
    for (uint8_t& byte : input) byte = static_cast<uint8_t>(random.Next() >> 24);
  }
  const std::vector<ByteView> samples(inputs.begin(), inputs.end());
  KINGLET_TRY(Measured measured,
              Measure(graph, board, {.goal = options.goal}, samples, options.layers));
  return std::move(measured.result);
}

Result<PipelineBench> BenchPipeline(const ir::Graph& graph, const signal::Pipeline& pipeline,
                                    const board::Board& board,
                                    std::span<const LabelledWindow> windows, Layers layers) {
  std::vector<ByteView> samples;
  for (const LabelledWindow& window : windows) samples.push_back(window.raw);
  KINGLET_TRY(Measured measured, Measure(graph, board, {.pipeline = &pipeline}, samples, layers));
  size_t right = 0;
  for (size_t i = 0; i < windows.size(); ++i) {
    right += PredictsLabel(measured.run.samples[i], windows[i].label) ? 1 : 0;
  }
  if (!windows.empty()) {
    measured.result.accuracy = static_cast<double>(right) / static_cast<double>(windows.size());
  }
  return PipelineBench{std::move(measured.result), std::move(measured.run.samples)};
}

Result<std::vector<Bytes>> InvokeOnHost(const ir::Graph& graph,
                                        const std::vector<ByteView>& inputs) {
  KINGLET_TRY(ir::Executor executor, ir::Executor::Make(graph));
  return executor.Run(inputs);
}

Result<std::vector<Bytes>> InvokeOnBoard(const ir::Graph& graph, const board::Board& board,
                                         const std::vector<ByteView>& inputs) {
  KINGLET_CHECK(ir::CheckInputs(graph, inputs));
  Bytes sample;
  for (const ByteView input : inputs) sample.insert(sample.end(), input.begin(), input.end());
  KINGLET_TRY(const BoardProgram program, BoardProgram::Build(graph, board, {}));
  const ByteView view = sample;
  KINGLET_TRY(BoardRun run, program.Run({&view, 1}));
  return std::move(run.samples[0].outputs);
}

}  // namespace kinglet::bench
