// The state of a training run between two epochs, as one file. Written atomically; a damaged file
// or one of another run is noticed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/base/bytes.h"
#include "src/base/hash.h"
#include "src/train/network.h"
#include "src/train/optimizer.h"
#include "src/train/quantize.h"
#include "src/train/train.h"

namespace kinglet::train {

struct TrainingState {
  Phase phase = Phase::kFloat;
  int32_t epoch = 0;        // finished, of both phases
  int32_t phase_epoch = 0;  // finished, of this phase
  Network network;          // being trained; folded in the int8 phase
  OptimizerState optimizer;
  Network best_float;
  int32_t best_epoch = 0;
  double best_accuracy = -1, best_loss = 0;
  // The int8 phase.
  std::vector<ActivationQuantization> activations;
  Network best_int8;
  int32_t best_int8_epoch = 0;
  double best_int8_accuracy = -1, best_int8_loss = 0;
  std::vector<EpochRow> history;
};

// `run` identifies everything that decides the run's result.
Status SaveCheckpoint(const std::string& path, const Digest& run, const TrainingState& state);

// The bytes of that file, and back: the state of `run`, which trains `architecture`, or nothing
// when they are damaged or of another run.
Bytes FormatCheckpoint(const Digest& run, const TrainingState& state);
std::optional<TrainingState> ParseCheckpoint(ByteView bytes, const Digest& run,
                                             const Architecture& architecture);

// The state saved for `run`, which trains `architecture`; nothing when the file is absent, damaged
// or belongs to another run.
std::optional<TrainingState> LoadCheckpoint(const std::string& path, const Digest& run,
                                            const Architecture& architecture);

}  // namespace kinglet::train
