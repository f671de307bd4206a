// The state of a training run, read back from a disk. Inputs are the file without its hash, which
// the harness adds, for else every change would end there.
#include "fuzz/fuzz.h"
#include "src/train/checkpoint.h"
#include "src/train/families.h"
#include "src/train/int8_plan.h"

namespace kinglet::fuzz {
namespace {

const Digest kRun = HashBytes(AsBytes("a run"));

train::Architecture Network() { return train::MakeArchitecture("cnn-4x1", {8, 8, 1}, 2).value(); }

Bytes WithoutHash(const train::TrainingState& state) {
  Bytes bytes = train::FormatCheckpoint(kRun, state);
  bytes.resize(bytes.size() - sizeof(Digest));
  return bytes;
}

train::TrainingState FloatState() {
  train::TrainingState state;
  state.network = train::Network::Initialize(Network(), 1);
  state.optimizer =
      train::OptimizerState::Make(train::OptimizerKind::kAdamW, state.network.parameters.size());
  state.best_float = state.network;
  state.epoch = state.phase_epoch = 1;
  state.history.resize(1);
  return state;
}

train::TrainingState Int8State() {
  train::TrainingState state = FloatState();
  state.phase = train::Phase::kInt8;
  state.network = train::FoldBatchNorm(state.network);
  state.best_int8 = state.network;
  state.optimizer =
      train::OptimizerState::Make(train::OptimizerKind::kAdamW, state.network.parameters.size());
  state.activations.resize(state.network.architecture.layers.size() + 1, {.scale = 0.05F});
  return state;
}

}  // namespace

std::vector<Bytes> Seeds() { return {WithoutHash(FloatState()), WithoutHash(Int8State())}; }

}  // namespace kinglet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kinglet;
  static const train::Architecture architecture = fuzz::Network();
  Bytes file(data, data + size);
  AppendLe(file, HashBytes(file));
  const auto state = train::ParseCheckpoint(file, fuzz::kRun, architecture);
  if (!state) return 0;
  // What training does first with a state it accepted.
  if (state->phase == train::Phase::kInt8) {
    (void)train::MakeInt8Plan({state->network, state->activations});
  } else {
    (void)train::FoldBatchNorm(state->best_float);
  }
  // But for the hash, which covers bytes between the fields, too.
  const Bytes again = train::FormatCheckpoint(fuzz::kRun, *state);
  KINGLET_ASSERT(again.size() == file.size());
  return 0;
}
