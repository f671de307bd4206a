#include "src/train/train.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "src/base/files.h"
#include "src/train/checkpoint.h"
#include "src/train/evaluate.h"
#include "src/train/loss.h"
#include "src/train/optimizer.h"

namespace kinglet::train {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Independent streams of random numbers: what is drawn, in which epoch, for which sample or step.
enum class Draw : uint64_t { kOrder = 1, kAugment = 2, kDropout = 3 };
uint64_t Stream(Draw what, int64_t epoch, int64_t index) {
  // SplitMix64's finaliser, so that neighbouring numbers give unrelated streams.
  uint64_t z = (static_cast<uint64_t>(what) << 60) ^ (static_cast<uint64_t>(epoch) << 36) ^
               static_cast<uint64_t>(index);
  z = (z + 0x9e3779b97f4a7c15ULL) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

std::vector<float> ClassWeights(const Dataset& data, bool balance) {
  if (!balance) return {};
  std::vector<int64_t> counts(static_cast<size_t>(data.classes), 0);
  for (const int32_t label : data.labels) ++counts[static_cast<size_t>(label)];
  std::vector<float> weights;
  for (const int64_t count : counts) {
    weights.push_back(static_cast<float>(data.count()) /
                      static_cast<float>(data.classes * std::max<int64_t>(1, count)));
  }
  return weights;
}

// 1 / root mean square of the real features; 1 where it could not be folded into the first weights.
float InputGain(const Architecture& architecture, const Dataset& data) {
  for (const Layer& layer : architecture.layers) {
    if ((layer.input == 0 || layer.other == 0) && !layer.HasWeights()) return 1;
  }
  int64_t squares = 0;
  for (const int8_t q : data.features) {
    const int64_t v = q - data.quantization.zero_point;
    squares += v * v;
  }
  if (squares == 0) return 1;
  const double mean = static_cast<double>(squares) / static_cast<double>(data.features.size());
  return static_cast<float>(1 / (std::sqrt(mean) * data.quantization.scale));
}

int8_t MeanFeature(const Dataset& data) {
  const int64_t sum = std::accumulate(data.features.begin(), data.features.end(), int64_t{0});
  const double mean = static_cast<double>(sum) / static_cast<double>(data.features.size());
  return static_cast<int8_t>(std::lround(mean));
}

template <typename T>
void AddValue(Hasher& hasher, const T& value) {
  hasher.Add({reinterpret_cast<const uint8_t*>(&value), sizeof value});
}

// Everything that decides the result: the number of threads does not, the instruction set does.
Digest RunDigest(const Architecture& architecture, const Dataset& train, const Dataset& validation,
                 const Options& o) {
  Hasher hasher;
  hasher.AddField("training 1").AddField(BestKernels().name).AddField(architecture.name);
  for (const Layer& layer : architecture.layers) {
    hasher.AddField(layer.name);
    for (const int32_t v :
         {static_cast<int32_t>(layer.kind), layer.input, layer.other, layer.kernel_h,
          layer.kernel_w, layer.stride_h, layer.stride_w, layer.padding.top, layer.padding.left,
          layer.in.h, layer.in.w, layer.in.c, layer.out.h, layer.out.w, layer.out.c,
          static_cast<int32_t>(layer.batch_norm), static_cast<int32_t>(layer.relu)}) {
      AddValue(hasher, v);
    }
    AddValue(hasher, layer.dropout);
  }
  AddValue(hasher, train.Hash());
  AddValue(hasher, validation.Hash());
  AddValue(hasher, o.seed);
  const Augmentation& a = o.augmentation;
  for (const int32_t v :
       {o.epochs, o.int8_epochs, o.batch, o.patience, static_cast<int32_t>(o.balance_classes),
        a.shift_h_max, a.shift_w_max, static_cast<int32_t>(a.flip_w), a.mask_h_max, a.mask_w_max,
        a.cutout_max, a.colour_max}) {
    AddValue(hasher, v);
  }
  for (const float v : {o.learning_rate, o.int8_learning_rate, o.warmup_epochs, o.weight_decay,
                        o.label_smoothing, a.stretch_h_max, a.stretch_w_max}) {
    AddValue(hasher, v);
  }
  return hasher.Finish();
}

Status CheckOptions(const Options& o) {
  if (o.epochs < 1 || o.epochs > 10000 || o.int8_epochs < 0 || o.int8_epochs > 1000) {
    return Fail(Code::kInvalid, "training: {} and {} epochs; must be 1 to 10000 and 0 to 1000",
                o.epochs, o.int8_epochs);
  }
  if (o.batch < 1 || o.batch > 4096) {
    return Fail(Code::kInvalid, "training: batch of {}; must be 1 to 4096", o.batch);
  }
  if (!(o.learning_rate > 0) || !(o.int8_learning_rate > 0) || !(o.weight_decay >= 0) ||
      !(o.warmup_epochs >= 0)) {
    return Fail(Code::kInvalid,
                "training: learning rates must be above 0, weight decay and warm-up not below 0");
  }
  if (!(o.label_smoothing >= 0 && o.label_smoothing < 1)) {
    return Fail(Code::kInvalid, "training: label smoothing {}; must be 0 to below 1",
                o.label_smoothing);
  }
  return {};
}

Status CheckData(const Architecture& architecture, const Dataset& train,
                 const Dataset& validation) {
  for (const auto& [data, what] :
       {std::pair{&train, "training set"}, std::pair{&validation, "validation set"}}) {
    KINGLET_CHECK(data->Check(what));
    if (data->shape != architecture.input || data->classes != architecture.classes() ||
        data->quantization != train.quantization) {
      return Fail(
          Code::kInvalid,
          "{}: {} x {} x {} features of {} classes; {} takes {} x {} x {} and {}, quantised "
          "as the training set is",
          what, data->shape.h, data->shape.w, data->shape.c, data->classes, architecture.name,
          architecture.input.h, architecture.input.w, architecture.input.c, architecture.classes());
    }
  }
  return {};
}

class Run {
 public:
  Run(const Architecture& architecture, const Dataset& train, const Dataset& validation,
      const Options& options)
      : architecture_(architecture),
        train_(train),
        validation_(validation),
        options_(options),
        digest_(RunDigest(architecture, train, validation, options)),
        pool_(options.threads),
        batch_(static_cast<int32_t>(std::min<int64_t>(options.batch, train.count()))),
        steps_(train.count() / batch_),
        fill_(MeanFeature(train)),
        class_weights_(ClassWeights(train, options.balance_classes)),
        progress_("training",
                  static_cast<uint64_t>(steps_) *
                      static_cast<uint64_t>(options.epochs + options.int8_epochs),
                  "steps", options.progress) {}

  Result<Trained> Execute() {
    Begin();
    if (state_.phase == Phase::kFloat) {
      KINGLET_CHECK(FloatPhase());
      KINGLET_CHECK(BeginInt8());
    }
    KINGLET_CHECK(Int8Phase());
    return Finish();
  }

 private:
  void Begin() {
    if (!options_.checkpoint_path.empty()) {
      if (auto saved = LoadCheckpoint(options_.checkpoint_path, digest_, architecture_)) {
        state_ = std::move(*saved);
        resumed_after_ = state_.epoch;
        return;
      }
    }
    state_.network = Network::Initialize(architecture_, options_.seed);
    state_.network.input_gain = InputGain(architecture_, train_);
    state_.optimizer =
        OptimizerState::Make(OptimizerKind::kAdamW, state_.network.parameters.size());
  }

  Status FloatPhase() {
    Engine engine(architecture_, batch_, pool_);
    while (state_.phase_epoch < options_.epochs && !OutOfPatience()) {
      const auto start = Clock::now();
      KINGLET_TRY(EpochRow row, RunEpoch(engine, options_.learning_rate, options_.epochs));
      const Evaluation validation =
          Evaluate(engine, batch_, {.network = &state_.network}, validation_, pool_);
      if (Better(validation, state_.best_accuracy, state_.best_loss)) {
        state_.best_float = state_.network;
        state_.best_epoch = state_.epoch;
      }
      KINGLET_CHECK(EndEpoch(row, validation, start));
    }
    return {};
  }

  bool OutOfPatience() const {
    return options_.patience > 0 && state_.phase_epoch - state_.best_epoch >= options_.patience;
  }

  // Folds the best float network and calibrates it; calibration alone is the first candidate.
  Status BeginInt8() {
    state_.phase = Phase::kInt8;
    state_.phase_epoch = 0;
    state_.network = FoldBatchNorm(state_.best_float);
    state_.optimizer =
        OptimizerState::Make(OptimizerKind::kAdamW, state_.network.parameters.size());
    Engine engine(state_.network.architecture, batch_, pool_);
    state_.activations = Calibrate(engine, batch_, state_.network, train_, pool_);
    return ConsiderInt8(engine).map([](const Evaluation&) {});
  }

  Status Int8Phase() {
    Engine engine(state_.network.architecture, batch_, pool_);
    while (state_.phase_epoch < options_.int8_epochs) {
      const auto start = Clock::now();
      KINGLET_TRY(EpochRow row,
                  RunEpoch(engine, options_.int8_learning_rate, options_.int8_epochs));
      KINGLET_TRY(const Evaluation validation, ConsiderInt8(engine));
      KINGLET_CHECK(EndEpoch(row, validation, start));
    }
    return {};
  }

  Result<Evaluation> ConsiderInt8(Engine& engine) {
    KINGLET_TRY(const Int8Plan plan, MakeInt8Plan({state_.network, state_.activations}));
    Evaluation validation = Evaluate(engine, batch_, {.plan = &plan}, validation_, pool_);
    if (Better(validation, state_.best_int8_accuracy, state_.best_int8_loss)) {
      state_.best_int8 = state_.network;
      state_.best_int8_epoch = state_.phase_epoch;
    }
    return validation;
  }

  // Keeps the higher accuracy, at equal accuracy the lower loss.
  static bool Better(const Evaluation& validation, double& accuracy, double& loss) {
    const double now = validation.accuracy();
    if (now < accuracy || (now == accuracy && validation.loss >= loss)) return false;
    accuracy = now;
    loss = validation.loss;
    return true;
  }

  // One pass over the training set; also counts it.
  Result<EpochRow> RunEpoch(Engine& engine, float peak_rate, int32_t phase_epochs) {
    EpochRow row;
    row.phase = state_.phase;
    row.epoch = state_.epoch + 1;
    const std::vector<int64_t> order = Order();
    const int64_t first_step = state_.phase_epoch * steps_;
    const bool in_float = state_.phase == Phase::kFloat;
    const auto warmup =
        in_float ? static_cast<int64_t>(options_.warmup_epochs * static_cast<float>(steps_)) : 0;
    int64_t correct = 0;
    for (int64_t step = 0; step < steps_; ++step) {
      row.learning_rate =
          CosineLearningRate(peak_rate, first_step + step, warmup, phase_epochs * steps_);
      const std::span<const int64_t> samples(&order[static_cast<size_t>(step * batch_)],
                                             static_cast<size_t>(batch_));
      KINGLET_TRY(const LossSum loss, Step(engine, samples, step, row.learning_rate));
      row.loss += loss.loss / static_cast<double>(steps_);
      correct += loss.correct;
      ShowProgress(step, row.loss * static_cast<double>(steps_) / static_cast<double>(step + 1));
    }
    row.train_accuracy = static_cast<double>(correct) / static_cast<double>(steps_ * batch_);
    ++state_.epoch;
    ++state_.phase_epoch;
    return row;
  }

  std::vector<int64_t> Order() const {
    std::vector<int64_t> order(static_cast<size_t>(train_.count()));
    std::iota(order.begin(), order.end(), int64_t{0});
    Random random(options_.seed, Stream(Draw::kOrder, state_.epoch, 0));
    for (size_t i = order.size(); i > 1; --i) {
      std::swap(order[i - 1], order[random.Below(static_cast<uint32_t>(i))]);
    }
    return order;
  }

  Result<LossSum> Step(Engine& engine, std::span<const int64_t> samples, int64_t step, float rate) {
    labels_.clear();
    for (const int64_t s : samples) labels_.push_back(train_.labels[static_cast<size_t>(s)]);
    LoadSamples(engine, samples);
    Int8Plan plan;
    if (state_.phase == Phase::kFloat) {
      engine.Forward(state_.network, batch_, Engine::Mode::kTrain,
                     Stream(Draw::kDropout, state_.epoch, step));
    } else {
      KINGLET_TRY(plan, MakeInt8Plan({state_.network, state_.activations}));
      engine.ForwardInt8(plan, batch_);
    }
    const LossSum loss = SoftmaxCrossEntropy(
        engine, train_.classes, labels_,
        {.label_smoothing = options_.label_smoothing, .class_weights = class_weights_});
    if (!std::isfinite(loss.loss)) {
      return Fail(Code::kInvalid,
                  "{}: training diverged in epoch {}, the loss is not finite; lower the learning "
                  "rate from {}",
                  architecture_.name, state_.epoch + 1, options_.learning_rate);
    }
    engine.Backward(gradient_);
    OptimizerStep({.learning_rate = rate, .weight_decay = options_.weight_decay}, gradient_, pool_,
                  state_.optimizer, state_.network);
    constexpr float kStatisticsMomentum = 0.1F;
    if (state_.phase == Phase::kFloat) {
      engine.UpdateStatistics(kStatisticsMomentum, state_.network.statistics);
    }
    return loss;
  }

  void LoadSamples(Engine& engine, std::span<const int64_t> samples) {
    const float factor = state_.phase == Phase::kFloat ? train_.quantization.scale : 1.0F;
    pool_.Run(kGroups, [&](int32_t group) {
      std::vector<int8_t> changed(static_cast<size_t>(train_.shape.size()));
      for (int32_t s = batch_ * group / kGroups; s < batch_ * (group + 1) / kGroups; ++s) {
        const int64_t sample = samples[static_cast<size_t>(s)];
        Random random(options_.seed, Stream(Draw::kAugment, state_.epoch, sample));
        Augment(options_.augmentation, train_.shape, train_.Sample(sample), fill_, random, changed);
        LoadFeatures(changed, train_.shape, train_.quantization.zero_point, factor,
                     engine.Input(s));
      }
    });
  }

  void ShowProgress(int64_t step, double loss) {
    const uint64_t done = static_cast<uint64_t>(state_.epoch) * static_cast<uint64_t>(steps_) +
                          static_cast<uint64_t>(step) + 1;
    std::string note =
        fmt::format("{} epoch {}, loss {:.3f}", PhaseName(state_.phase), state_.epoch + 1, loss);
    if (!state_.history.empty()) {
      note += fmt::format(", validation {:.1f} %", 100 * state_.history.back().validation_accuracy);
    }
    progress_.Update(done, note);
  }

  Status EndEpoch(EpochRow& row, const Evaluation& validation, Clock::time_point start) {
    row.validation_loss = validation.loss;
    row.validation_accuracy = validation.accuracy();
    row.seconds = SecondsSince(start);
    state_.history.push_back(row);
    if (!options_.checkpoint_path.empty()) {
      KINGLET_CHECK(SaveCheckpoint(options_.checkpoint_path, digest_, state_));
    }
    if (options_.on_epoch && !options_.on_epoch(row)) {
      return Fail(Code::kIo, "{}: training interrupted after epoch {}", architecture_.name,
                  row.epoch);
    }
    return {};
  }

  Trained Finish() {
    Trained trained;
    trained.quantized = {state_.best_int8, state_.activations};
    trained.graph = ExportGraph(trained.quantized);
    trained.float_network = std::move(state_.best_float);
    trained.history = std::move(state_.history);
    trained.best_epoch = state_.best_epoch;
    trained.best_int8_epoch = state_.best_int8_epoch;
    trained.validation_accuracy_float = state_.best_accuracy;
    trained.validation_accuracy_int8 = state_.best_int8_accuracy;
    trained.resumed_after_epoch = resumed_after_;
    trained.seconds = SecondsSince(start_);
    progress_.Finish(fmt::format(
        "{}: {} epochs in {}, validation {:.1f} % in float, {:.1f} % in int8", architecture_.name,
        state_.epoch, FormatDuration(trained.seconds), 100 * trained.validation_accuracy_float,
        100 * trained.validation_accuracy_int8));
    return trained;
  }

  const Clock::time_point start_ = Clock::now();
  const Architecture& architecture_;
  const Dataset& train_;
  const Dataset& validation_;
  const Options& options_;
  const Digest digest_;
  ThreadPool pool_;
  const int32_t batch_;
  const int64_t steps_;  // an epoch
  const int8_t fill_;
  const std::vector<float> class_weights_;
  Progress progress_;
  TrainingState state_;
  int32_t resumed_after_ = 0;
  std::vector<int32_t> labels_;
  std::vector<float> gradient_;
};

}  // namespace

std::string_view PhaseName(Phase phase) { return phase == Phase::kFloat ? "float" : "int8"; }

Options DefaultOptions(std::string_view family) {
  Options options;
  if (family == "cnn") {
    options.epochs = 15;
    options.batch = 128;
    options.augmentation = {.shift_h_max = 2, .shift_w_max = 2, .flip_w = true, .cutout_max = 8};
  } else {
    // Strong enough that a few speakers stand for many: without stretch and colour the accuracy on
    // a speaker who was never heard is some ten points lower.
    options.augmentation = {.shift_h_max = 5,
                            .stretch_h_max = 0.3F,
                            .stretch_w_max = 0.2F,
                            .colour_max = 50,
                            .mask_h_max = 8,
                            .mask_w_max = 4};
  }
  return options;
}

Result<Trained> Train(const Architecture& architecture, const Dataset& train,
                      const Dataset& validation, const Options& options) {
  KINGLET_CHECK(CheckOptions(options));
  KINGLET_CHECK(CheckData(architecture, train, validation));
  return Run(architecture, train, validation, options).Execute();
}

}  // namespace kinglet::train
