#include "src/bench/board_program.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "src/base/progress.h"
#include "src/bench/firmware_text.h"
#include "src/emulate/qemu.h"

namespace kinglet::bench {
namespace {

using emulate::Firmware;
using emulate::LinkOptions;

constexpr const char* kModelName = "model";  // namespace of the generated code
constexpr const char* kBenchMain = "bench_main.cc";
constexpr const char* kApplicationMain = "application_main.cc";

// The bench image measures how deep the stack gets, so it has room; the application's is added to
// its figures afterwards.
constexpr uint64_t kBenchStackBytes = 64 * 1024;

// A hang must end, a slow machine must not be taken for one.
constexpr double kSecondsOfStart = 120;
constexpr double kSecondsPerSample = 10;

const std::vector<std::string> kMarks = {kMarkDspBegin, kMarkDspEnd,     kMarkModelBegin,
                                         kMarkModelEnd, kMarkLayerBegin, kMarkLayerEnd};
enum Mark : uint32_t { kDspBegin, kDspEnd, kModelBegin, kModelEnd, kLayerBegin, kLayerEnd };

FrontEndKind KindOf(const signal::Pipeline* pipeline) {
  if (pipeline == nullptr) return FrontEndKind::kNone;
  return pipeline->is_audio() ? FrontEndKind::kSound : FrontEndKind::kPicture;
}

// Puts what is to be compiled, and the headers, into the build folder.
Status AddSources(Firmware& firmware, const compile::CompiledModel& model) {
  emulate::SourceFiles files;
  for (const auto& [path, text] : model.files) {
    const bool compiled = std::ranges::find(model.sources, path) != model.sources.end();
    if (compiled || path.ends_with(".h")) files[path] = text;
  }
  return firmware.Add(files);
}

Result<emulate::Image> LinkApplication(Firmware& firmware, std::vector<std::string> sources) {
  KINGLET_TRY(const std::vector<std::string> port, firmware.AddPort(Firmware::Port::kStartup));
  sources.insert(sources.end(), port.begin(), port.end());
  sources.emplace_back(kApplicationMain);
  return firmware.Link({.name = "firmware", .sources = sources});
}

Result<emulate::Image> LinkBench(Firmware& firmware, std::vector<std::string> sources) {
  KINGLET_TRY(const std::vector<std::string> port, firmware.AddPort(Firmware::Port::kSemihosting));
  sources.insert(sources.end(), port.begin(), port.end());
  sources.emplace_back(kBenchMain);
  return firmware.Link({.name = "bench-firmware",
                        .sources = sources,
                        .stack_bytes = kBenchStackBytes,
                        .fit = LinkOptions::Fit::kEmulator});
}

// Takes the run's bytes from the front, for SplitOutput.
class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}
  Result<Bytes> Take(size_t count) {
    if (count > rest_.size()) {
      return Fail(Code::kInternal, "the emulated board wrote {} bytes too few",
                  count - rest_.size());
    }
    Bytes taken(rest_.begin(), rest_.begin() + static_cast<ptrdiff_t>(count));
    rest_ = rest_.subspan(count);
    return taken;
  }
  bool AtEnd() const { return rest_.empty(); }

 private:
  ByteView rest_;
};

// The counted stretches of the run, added up per sample.
void CountWork(const board::Board& board, const std::vector<emulate::MarkHit>& hits,
               const std::vector<Mark>& marks, std::vector<BoardRun::Sample>& samples) {
  emulate::MarkHit begin[kLayerEnd + 1] = {};
  size_t sample = 0;
  for (const emulate::MarkHit& hit : hits) {
    const Mark mark = marks[hit.mark];
    if (sample == samples.size()) return;
    const auto since = [&](Mark first) {
      const auto waited = static_cast<double>(hit.flash_bytes - begin[first].flash_bytes);
      return Work{hit.executed - begin[first].executed,
                  hit.cycles - begin[first].cycles + waited * board.flash_wait_cycles_per_byte};
    };
    begin[mark] = hit;
    if (mark == kModelBegin) begin[kLayerBegin] = hit;
    if (mark == kDspEnd) {
      const Work chunk = since(kDspBegin);
      samples[sample].dsp.instructions += chunk.instructions;
      samples[sample].dsp.cycles += chunk.cycles;
    }
    if (mark == kLayerEnd) samples[sample].layers.push_back(since(kLayerBegin));
    if (mark == kModelEnd) {
      samples[sample].model = since(kModelBegin);
      ++sample;
    }
  }
}

std::string PartOf(const std::string& file) {
  if (file.starts_with("device/kernels/")) return "kernels";
  if (file.starts_with("device/dsp/") || file == "front_end.cc") return "dsp";
  if (file.starts_with("device/port/")) return "start-up";
  if (file == "model.cc") return "model";
  if (file == kApplicationMain) return "application";
  return "libc";
}

}  // namespace

BoardProgram::BoardProgram(board::Board board, emulate::Firmware firmware)
    : board_(std::move(board)), firmware_(std::move(firmware)) {}

Result<BoardProgram> BoardProgram::Build(const ir::Graph& graph, const board::Board& board,
                                         const ProgramOptions& options) {
  KINGLET_TRY(compile::CompiledModel model,
              compile::Compile(graph, {.name = kModelName,
                                       .target = compile::TargetOf(board, options.goal),
                                       .front_end = options.pipeline,
                                       .layer_hook = options.layer_hook,
                                       .passes = options.passes}));
  KINGLET_TRY(Firmware firmware, Firmware::Start(board));
  KINGLET_CHECK(AddSources(firmware, model));
  const FirmwareText text = MakeFirmwareText(KindOf(options.pipeline), options.layer_hook,
                                             model.graph.ops.size(), ir::HasState(model.graph));
  KINGLET_CHECK(
      firmware.Add({{kBenchMain, text.bench_main}, {kApplicationMain, text.application_main}}));

  BoardProgram program(board, std::move(firmware));
  program.numbers_ = std::move(model.numbers);
  program.graph_ = std::move(model.graph);
  program.layer_hook_ = options.layer_hook;
  for (const ir::TensorIndex index : graph.inputs) {
    program.sample_bytes_ += static_cast<size_t>(graph.tensor(index).ByteCount());
  }
  if (options.pipeline != nullptr) {
    program.feature_bytes_ = program.sample_bytes_;
    program.sample_bytes_ = options.pipeline->raw_bytes();
  }
  for (const ir::TensorIndex index : graph.outputs) {
    program.output_bytes_.push_back(static_cast<size_t>(graph.tensor(index).ByteCount()));
  }
  KINGLET_TRY(program.application_, LinkApplication(program.firmware_, model.sources));
  KINGLET_TRY(program.bench_, LinkBench(program.firmware_, model.sources));
  return program;
}

Result<BoardRun> BoardProgram::SplitOutput(ByteView output, size_t sample_count) const {
  Reader reader(output);
  BoardRun run;
  for (size_t i = 0; i < sample_count; ++i) {
    BoardRun::Sample& sample = run.samples.emplace_back();
    KINGLET_TRY(sample.features, reader.Take(feature_bytes_));
    for (const size_t bytes : output_bytes_) {
      KINGLET_TRY(Bytes tensor, reader.Take(bytes));
      sample.outputs.push_back(std::move(tensor));
    }
    if (!layer_hook_) continue;
    KINGLET_TRY(const Bytes hashes, reader.Take(numbers_.layers.size() * sizeof(uint32_t)));
    for (size_t at = 0; at < hashes.size(); at += sizeof(uint32_t)) {
      sample.layer_hashes.push_back(LoadLe<uint32_t>(hashes, at));
    }
  }
  KINGLET_TRY(const Bytes stack, reader.Take(sizeof(uint32_t)));
  run.stack_bytes = LoadLe<uint32_t>(stack, 0);
  if (!reader.AtEnd()) return Fail(Code::kInternal, "the emulated board wrote too many bytes");
  return run;
}

Result<BoardRun> BoardProgram::Run(std::span<const ByteView> samples) const {
  Bytes input;
  input.reserve(samples.size() * sample_bytes_);
  for (const ByteView sample : samples) {
    if (sample.size() != sample_bytes_) {
      return Fail(Code::kInvalid, "input: {} bytes, the model on {} takes {}", sample.size(),
                  board_.name, sample_bytes_);
    }
    input.insert(input.end(), sample.begin(), sample.end());
  }
  std::vector<std::string> names;
  std::vector<Mark> marks;
  for (uint32_t i = 0; i < kMarks.size(); ++i) {
    if (!bench_.symbols.contains(kMarks[i])) continue;  // no front end, no layer hook
    names.push_back(kMarks[i]);
    marks.push_back(static_cast<Mark>(i));
  }
  const double seconds = kSecondsOfStart + kSecondsPerSample * static_cast<double>(samples.size());
  KINGLET_TRY(const emulate::RunOutput output,
              emulate::Run(board_, bench_, input,
                           {.seconds_max = seconds, .marks = names, .cycles = true}));
  KINGLET_TRY(BoardRun run, SplitOutput(output.output, samples.size()));
  CountWork(board_, output.hits, marks, run.samples);

  const uint64_t ram_bytes = application_.static_ram_bytes() + run.stack_bytes;
  if (ram_bytes > board_.ram_bytes) {
    return Fail(
        Code::kOverBudget,
        "firmware needs {} B of RAM ({} B of them stack), {} has {} B: take a smaller model "
        "or a board with more RAM",
        FormatCount(ram_bytes), FormatCount(run.stack_bytes), board_.name,
        FormatCount(board_.ram_bytes));
  }
  return run;
}

std::vector<FlashPart> BoardProgram::FlashParts() const {
  std::map<std::string, uint64_t> parts;
  uint64_t named = 0;
  for (const emulate::FileSize& file : application_.files) {
    const uint64_t constants = file.constant_bytes + file.data_bytes;
    const std::string part = PartOf(file.file);
    parts[part] += file.code_bytes;
    parts[part == "model" ? "weights" : part] += constants;
    named += file.code_bytes + constants;
  }
  if (application_.flash_bytes() > named) parts["gaps"] += application_.flash_bytes() - named;
  std::vector<FlashPart> result;
  for (const auto& [name, bytes] : parts) {
    if (bytes > 0) result.push_back({name, bytes});
  }
  std::ranges::stable_sort(result, std::greater<>(), &FlashPart::bytes);
  return result;
}

}  // namespace kinglet::bench
