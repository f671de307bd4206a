#include "src/train/checkpoint.h"

#include <algorithm>
#include <cmath>

#include "src/base/files.h"

namespace kinglet::train {
namespace {

constexpr uint32_t kMagic = 0x4b43544b;  // "KTCK"
constexpr uint32_t kVersion = 1;

// Puts fields into bytes, or takes them out again: one list of the fields serves both.
class Writer {
 public:
  template <typename T>
  void Field(const T& value) {
    AppendLe(bytes, value);
  }
  template <typename T>
  void Array(const std::vector<T>& values) {
    AppendLe(bytes, static_cast<uint64_t>(values.size()));
    const ByteView view = AsBytes(values);
    bytes.insert(bytes.end(), view.begin(), view.end());
  }
  Bytes bytes;
};

class Reader {
 public:
  explicit Reader(ByteView view) : view_(view) {}
  template <typename T>
  void Field(T& value) {
    if (!Has(sizeof(T))) return;
    value = LoadLe<T>(view_, offset_);
    offset_ += sizeof(T);
  }
  template <typename T>
  void Array(std::vector<T>& values) {
    uint64_t count = 0;
    Field(count);
    if (count > view_.size() / sizeof(T) || !Has(count * sizeof(T))) return Stop();
    values.resize(count);
    if (count > 0) std::memcpy(values.data(), view_.data() + offset_, count * sizeof(T));
    offset_ += count * sizeof(T);
  }
  bool complete() const { return ok_ && offset_ == view_.size(); }

 private:
  bool Has(size_t bytes) {
    ok_ = ok_ && view_.size() - offset_ >= bytes;
    return ok_;
  }
  void Stop() { ok_ = false; }

  ByteView view_;
  size_t offset_ = 0;
  bool ok_ = true;
};

// Network without its architecture, which follows from the run.
template <typename Stream, typename N>
void Weights(Stream& stream, N& network) {
  stream.Field(network.input_gain);
  stream.Array(network.parameters);
  stream.Array(network.statistics);
}

template <typename Stream, typename State>
void Fields(Stream& stream, State& state) {
  stream.Field(state.phase);
  stream.Field(state.epoch);
  stream.Field(state.phase_epoch);
  Weights(stream, state.network);
  stream.Field(state.optimizer.kind);
  stream.Field(state.optimizer.steps);
  stream.Array(state.optimizer.first);
  stream.Array(state.optimizer.second);
  Weights(stream, state.best_float);
  stream.Field(state.best_epoch);
  stream.Field(state.best_accuracy);
  stream.Field(state.best_loss);
  stream.Array(state.activations);
  Weights(stream, state.best_int8);
  stream.Field(state.best_int8_epoch);
  stream.Field(state.best_int8_accuracy);
  stream.Field(state.best_int8_loss);
  stream.Array(state.history);
}

bool IsFinite(const std::vector<float>& values) {
  return std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
}

bool Fits(const Network& network, const Architecture& architecture) {
  const Layout layout = MakeLayout(architecture);
  if (network.parameters.size() != layout.parameter_count ||
      network.statistics.size() != layout.statistic_count || !std::isfinite(network.input_gain) ||
      !IsFinite(network.parameters) || !IsFinite(network.statistics)) {
    return false;
  }
  for (size_t i = 0; i < architecture.layers.size(); ++i) {
    if (!architecture.layers[i].batch_norm) continue;
    const auto first =
        network.statistics.begin() + static_cast<ptrdiff_t>(layout.layers[i].variance);
    if (std::any_of(first, first + layout.layers[i].columns, [](float v) { return v < 0; })) {
      return false;
    }
  }
  return true;
}

bool IsPhase(Phase phase) { return phase == Phase::kFloat || phase == Phase::kInt8; }

bool Fits(const OptimizerState& optimizer, size_t parameter_count) {
  if (optimizer.kind != OptimizerKind::kAdamW && optimizer.kind != OptimizerKind::kMomentum) {
    return false;
  }
  const OptimizerState fresh = OptimizerState::Make(optimizer.kind, parameter_count);
  return optimizer.steps >= 0 && optimizer.first.size() == fresh.first.size() &&
         optimizer.second.size() == fresh.second.size() && IsFinite(optimizer.first) &&
         IsFinite(optimizer.second);
}

bool IsSound(const ActivationQuantization& activation) {
  return std::isfinite(activation.scale) && activation.scale > 0 && activation.zero_point >= -128 &&
         activation.zero_point <= 127;
}

// Whether training of `architecture` can go on from `state`.
bool IsSound(const TrainingState& state, const Architecture& architecture) {
  const Architecture folded = WithoutBatchNorm(architecture);
  const bool int8 = state.phase == Phase::kInt8;
  const bool counts = state.phase_epoch >= 0 && state.epoch >= state.phase_epoch &&
                      state.history.size() == static_cast<size_t>(state.epoch);
  if (!IsPhase(state.phase) || !counts || !Fits(state.network, int8 ? folded : architecture) ||
      !Fits(state.best_float, architecture) ||
      !Fits(state.optimizer, state.network.parameters.size()) ||
      !std::ranges::all_of(state.history, IsPhase, &EpochRow::phase)) {
    return false;
  }
  if (!int8) return true;
  return Fits(state.best_int8, folded) && state.activations.size() == folded.layers.size() + 1 &&
         std::ranges::all_of(state.activations, [](const auto& a) { return IsSound(a); });
}

}  // namespace

Bytes FormatCheckpoint(const Digest& run, const TrainingState& state) {
  Writer writer;
  writer.Field(kMagic);
  writer.Field(kVersion);
  writer.Field(run);
  Fields(writer, state);
  writer.Field(HashBytes(writer.bytes));
  return std::move(writer.bytes);
}

std::optional<TrainingState> ParseCheckpoint(ByteView bytes, const Digest& run,
                                             const Architecture& architecture) {
  if (bytes.size() < sizeof(Digest)) return std::nullopt;
  const ByteView body = bytes.first(bytes.size() - sizeof(Digest));
  if (LoadLe<Digest>(bytes, body.size()) != HashBytes(body)) return std::nullopt;

  Reader reader(body);
  uint32_t magic = 0, version = 0;
  Digest owner;
  reader.Field(magic);
  reader.Field(version);
  reader.Field(owner);
  if (magic != kMagic || version != kVersion || owner != run) return std::nullopt;
  TrainingState state;
  Fields(reader, state);
  if (!reader.complete() || !IsSound(state, architecture)) return std::nullopt;
  const Architecture folded = WithoutBatchNorm(architecture);
  state.network.architecture = state.phase == Phase::kInt8 ? folded : architecture;
  state.best_float.architecture = architecture;
  state.best_int8.architecture = folded;
  return state;
}

Status SaveCheckpoint(const std::string& path, const Digest& run, const TrainingState& state) {
  return WriteFileAtomic(path, FormatCheckpoint(run, state));
}

std::optional<TrainingState> LoadCheckpoint(const std::string& path, const Digest& run,
                                            const Architecture& architecture) {
  if (!FileExists(path)) return std::nullopt;
  const Result<Bytes> bytes = ReadFile(path);
  return bytes ? ParseCheckpoint(*bytes, run, architecture) : std::nullopt;
}

}  // namespace kinglet::train
