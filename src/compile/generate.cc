#include "src/compile/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "src/base/files.h"
#include "src/base/hash.h"
#include "src/compile/cpp_text.h"
#include "src/compile/emit.h"
#include "src/compile/select.h"
#include "src/ir/execute.h"
#include "src/signal/emit.h"

namespace kinglet::compile {
namespace {

constexpr uint32_t kGoldenVectors = 4;
// Of models with state the last vector is the first one once more, after a reset.
constexpr uint32_t kGoldenSteps = 3;

// golden.h tells the same formula.
std::vector<Bytes> MakeInputs(const ir::Graph& graph, uint32_t seed) {
  std::vector<Bytes> inputs;
  const auto next = [&] {
    seed = seed * 1664525U + 1013904223U;
    return static_cast<uint8_t>(seed >> 24);
  };
  for (const ir::TensorIndex index : graph.inputs) {
    const ir::Tensor& tensor = graph.tensor(index);
    Bytes& input = inputs.emplace_back();
    if (tensor.type == ir::DataType::kFloat32) {
      for (int64_t i = 0; i < tensor.ElementCount(); ++i) {
        AppendLe(input, static_cast<float>(static_cast<int8_t>(next())) / 32);
      }
      continue;
    }
    for (int64_t i = 0; i < tensor.ByteCount(); ++i) input.push_back(next());
  }
  return inputs;
}

uint32_t HashRanges(const Bytes& arena, const std::vector<ArenaRange>& ranges) {
  Bytes known;
  for (const ArenaRange& range : ranges) {
    known.insert(known.end(), arena.begin() + range.begin, arena.begin() + range.end);
  }
  return Fnv1a32(known);
}

// The model as it came, as the passes left it, and as it was planned, each with its state.
struct Executors {
  ir::Executor original, optimized;
  ir::State original_state, optimized_state;
  Bytes arena;
};

// Each vector of a model without state begins with an arena of zeros; of one with state only the
// first does, and a reset puts nothing but the state right.
void BeginVector(const ir::Graph& graph, const Program& program, bool reset, Executors& executors) {
  if (!ir::HasState(graph)) std::ranges::fill(executors.arena, uint8_t{0});
  if (!reset) return;
  executors.original_state = ir::InitialState(executors.original.graph());
  executors.optimized_state = ir::InitialState(graph);
  ResetState(graph, program, executors.arena);
}

// Runs the executors and the planned program over the same inputs. That they differ would be a
// mistake of a pass or, in a layer, of the memory plan: no model may leave the compiler then.
Result<GoldenVector> MakeGolden(const ir::Graph& graph, const Program& program,
                                const std::vector<ArenaRange>& ranges, Executors& executors,
                                uint32_t seed, bool reset) {
  BeginVector(graph, program, reset, executors);
  const std::vector<Bytes> inputs = MakeInputs(graph, seed);
  const std::vector<ByteView> views(inputs.begin(), inputs.end());
  std::vector<uint32_t> layer_hashes;
  GoldenVector golden;
  golden.seed = seed;
  golden.reset = reset;
  KINGLET_TRY(golden.outputs, executors.original.Step(executors.original_state, views));
  const auto hash_layer = [&](size_t, const std::vector<ByteView>& results) {
    for (const ByteView output : results) layer_hashes.push_back(Fnv1a32(output));
  };
  KINGLET_TRY(const std::vector<Bytes> outputs,
              executors.optimized.Step(executors.optimized_state, views, hash_layer));
  KINGLET_ASSERT(outputs == golden.outputs);

  Bytes& arena = executors.arena;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const int64_t offset = program.plan.offsets[static_cast<size_t>(graph.inputs[i])];
    std::ranges::copy(inputs[i], arena.begin() + offset);
  }
  size_t at = 0;
  RunProgram(graph, program, arena, [&](size_t, const std::vector<ByteView>& results) {
    for (const ByteView output : results) {
      KINGLET_ASSERT(Fnv1a32(output) == layer_hashes[at]);
      ++at;
    }
  });
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    const int64_t offset = program.plan.offsets[static_cast<size_t>(graph.outputs[i])];
    KINGLET_ASSERT(std::ranges::equal(
        ByteView(arena).subspan(static_cast<size_t>(offset), golden.outputs[i].size()),
        golden.outputs[i]));
  }
  golden.arena_hash = HashRanges(arena, ranges);
  return golden;
}

// The files of the kernels that are called.
std::vector<std::string> SourcesOf(const Program& program) {
  std::set<std::string> sources;
  for (const Step& step : program.steps) {
    if (step.moves_nothing) continue;
    for (std::string& source : KernelSources(*step.call.kernel)) sources.insert(std::move(source));
  }
  return {sources.begin(), sources.end()};
}

Status CheckFrontEnd(const ir::Graph& graph, const signal::Pipeline& front_end) {
  const int64_t features = front_end.shape().ElementCount();
  if (graph.inputs.size() != 1 || graph.tensor(graph.inputs[0]).ByteCount() != features) {
    return Fail(Code::kInvalid,
                "model {}: its input is not the {} features that the signal processing makes",
                graph.name, features);
  }
  return {};
}

// Puts the front end into the folder and its library.
Status AddFrontEnd(Emission& e, FileTexts& files) {
  const signal::FrontEnd emitted = signal::EmitFrontEnd(*e.front_end);
  KINGLET_TRY(FileTexts device, ReadDeviceSources(emitted.device_sources));
  files.merge(device);
  for (const signal::SourceFile& file : emitted.files) files[file.path] = file.text;
  e.front_end_sources = {"front_end.cc"};
  e.front_end_sources.insert(e.front_end_sources.end(), emitted.device_sources.begin(),
                             emitted.device_sources.end());
  return {};
}

Result<FileTexts> DeviceFiles(const Emission& e) {
  std::vector<std::string> paths = e.kernel_sources;
  paths.emplace_back("device/runtime/tensor_info.h");
  if (e.layer_hook) paths.emplace_back("device/runtime/layer_hook.h");
  return ReadDeviceSources(paths);
}

}  // namespace

Result<CompiledModel> Compile(const ir::Graph& original, const CompileOptions& options) {
  KINGLET_CHECK(ir::Verify(original));
  KINGLET_TRY(optimize::Optimized optimized, optimize::Optimize(original, options.passes));
  if (options.front_end != nullptr) KINGLET_CHECK(CheckFrontEnd(original, *options.front_end));
  CompiledModel model;
  model.graph = std::move(optimized.graph);
  model.passes = std::move(optimized.passes);
  const ir::Graph& graph = model.graph;
  KINGLET_TRY(const Program program, MakeProgram(graph, options.target));
  model.name = Identifier(options.name.empty() ? graph.name : options.name);
  model.numbers = Measure(graph, program);

  Emission e{
      graph, program, model.numbers, model.name, {}, options.layer_hook, options.front_end, {}, {},
      {},    {}};
  e.kernel_sources = SourcesOf(program);
  e.golden_ranges = PredictableRanges(graph, program);
  KINGLET_TRY(ir::Executor of_original, ir::Executor::Make(original));
  KINGLET_TRY(ir::Executor of_optimized, ir::Executor::Make(graph));
  Executors executors{
      std::move(of_original), std::move(of_optimized), {}, {}, Bytes(program.plan.arena_bytes, 0)};
  const uint32_t steps = ir::HasState(graph) ? kGoldenSteps : 1;
  for (uint32_t v = 0; v < kGoldenVectors; ++v) {
    const bool reset = v % steps == 0;
    const uint32_t seed = steps == 1 ? v + 1 : v % steps + 1;
    KINGLET_TRY(GoldenVector golden,
                MakeGolden(graph, program, e.golden_ranges, executors, seed, reset));
    e.golden.push_back(std::move(golden));
  }

  e.format = options.format;
  KINGLET_TRY(FileTexts library, DeviceFiles(e));
  if (e.front_end != nullptr) KINGLET_CHECK(AddFrontEnd(e, library));
  const std::string source = EmitModelSource(e);
  e.digest = model.digest = HashBytes(AsBytes(source)).Hex();
  library["model.cc"] = source;
  library["model.h"] = EmitModelHeader(e);
  library["model_c.h"] = EmitCHeader(e);
  library["model_c.cc"] = EmitCSource(e);
  library["golden.h"] = EmitGoldenHeader(e);
  library["self_test.h"] = EmitSelfTestHeader(e);
  library["self_test.cc"] = EmitSelfTestSource(e);
  for (auto& [path, text] : library) {
    model.files[LibraryPath(e.format, path)] = std::move(text);
  }
  AddFormat(e, model.files);
  model.files["README.md"] = EmitReadme(e);
  model.sources = {"model.cc"};
  for (const auto* sources : {&e.kernel_sources, &e.front_end_sources}) {
    model.sources.insert(model.sources.end(), sources->begin(), sources->end());
  }
  for (std::string& path : model.sources) path = LibraryPath(e.format, path);
  return model;
}

Status WriteFolder(const FileTexts& files, const std::string& folder) {
  for (const auto& [path, text] : files) {
    KINGLET_CHECK(WriteFileAtomic(fmt::format("{}/{}", folder, path), text));
  }
  return {};
}

}  // namespace kinglet::compile
