// Training from features to an int8 graph: float with batch norm, then batch norm folded and
// fine-tuned with the kernels' own integer arithmetic in the forward pass. The same options, data
// and instruction set give the same weights for any number of threads, also when the run was killed
// and resumed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/progress.h"
#include "src/base/result.h"
#include "src/ir/graph.h"
#include "src/train/augment.h"
#include "src/train/dataset.h"
#include "src/train/network.h"
#include "src/train/quantize.h"

namespace kinglet::train {

enum class Phase : uint8_t { kFloat, kInt8 };
std::string_view PhaseName(Phase phase);  // "float", "int8"

// One finished epoch.
struct EpochRow {
  Phase phase = Phase::kFloat;
  int32_t epoch = 0;          // from 1, counted through both phases
  float learning_rate = 0;    // of its last step
  double loss = 0;            // mean over its steps
  double train_accuracy = 0;  // on the augmented batches as they were trained
  double validation_loss = 0, validation_accuracy = 0;
  double seconds = 0;  // wall time; the only field that two equal runs do not share
};

struct Options {
  uint64_t seed = 1;
  int32_t epochs = 30;      // float phase
  int32_t int8_epochs = 3;  // fine-tuning in int8; 0 only calibrates
  int32_t batch = 64;
  float learning_rate = 4e-3F;  // peak of AdamW's cosine schedule in the float phase
  float int8_learning_rate = 2e-4F;
  float warmup_epochs = 1;
  float weight_decay = 0.02F;
  float label_smoothing = 0.05F;
  int32_t patience = 0;  // stop the float phase after so many epochs without a better validation
                         // accuracy; 0: never
  bool balance_classes = false;  // weigh each class by the inverse of its frequency
  Augmentation augmentation;
  int threads = 0;  // 0: as many as the machine has

  // Where the state is kept after each epoch, so that a killed run continues; "" for nowhere. A
  // checkpoint of other options or data is replaced.
  std::string checkpoint_path;
  Progress::Show progress = Progress::Show::kAuto;
  // Called after each epoch; false ends the run with an error of kind kIo ("interrupted"), the
  // checkpoint is already written.
  std::function<bool(const EpochRow&)> on_epoch;
};

// Defaults that suit a family ("ds_cnn", "cnn"): augmentation, epochs, learning rate.
Options DefaultOptions(std::string_view family);

struct Trained {
  ir::Graph graph;             // int8, with softmax; labels and other metadata are the caller's
  QuantizedNetwork quantized;  // what the graph was exported from
  Network float_network;       // best epoch of the float phase, batch norm unfolded
  std::vector<EpochRow> history;
  int32_t best_epoch = 0;       // of the float phase
  int32_t best_int8_epoch = 0;  // 0: calibration alone was best
  double validation_accuracy_float = 0, validation_accuracy_int8 = 0;
  int32_t resumed_after_epoch = 0;  // 0: started afresh
  double seconds = 0;               // wall time of this process
};

// `train` may hold several augmented copies of each recording. `validation` chooses the best epoch
// and must share no group with `train`. Both need the architecture's input shape and class count:
// kInvalid otherwise. kIo when the checkpoint cannot be written.
Result<Trained> Train(const Architecture& architecture, const Dataset& train,
                      const Dataset& validation, const Options& options);

}  // namespace kinglet::train
