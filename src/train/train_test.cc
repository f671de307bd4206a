#include "src/train/train.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/base/files.h"
#include "src/train/families.h"
#include "src/train/metrics.h"

namespace kinglet::train {
namespace {

// Pictures of noise, in which a class is a direction of stripes: none, lying, standing or both.
Dataset Stripes(int64_t count, uint64_t seed, int32_t noise) {
  Random random(seed);
  Dataset data;
  data.shape = {12, 10, 1};
  data.quantization = {0.05F, -20};
  data.classes = 4;
  for (int64_t i = 0; i < count; ++i) {
    const auto label = static_cast<int32_t>(random.Below(4));
    data.labels.push_back(label);
    for (int32_t y = 0; y < 12; ++y) {
      for (int32_t x = 0; x < 10; ++x) {
        const bool lit = (label & 1 && y % 4 < 2) || (label & 2 && x % 4 < 2);
        const int32_t value = static_cast<int32_t>(random.Below(static_cast<uint32_t>(noise))) -
                              noise / 2 + (lit ? 40 : 0);
        data.features.push_back(static_cast<int8_t>(std::clamp(value, -128, 127)));
      }
    }
  }
  return data;
}

Options QuickOptions() {
  Options options;
  options.epochs = 4;
  options.int8_epochs = 2;
  options.batch = 32;
  options.augmentation = {.shift_h_max = 1, .mask_w_max = 1};
  options.progress = Progress::Show::kNever;
  options.threads = 2;
  return options;
}

struct Problem {
  Architecture architecture = *MakeArchitecture("ds_cnn-16x3", {12, 10, 1}, 4);
  Dataset train = Stripes(480, 1, 160), validation = Stripes(200, 2, 160);
};

Digest ResultHash(const Trained& trained) {
  Hasher hasher;
  for (const ir::Tensor& tensor : trained.graph.tensors) {
    hasher.AddField(tensor.name).Add(tensor.data).Add(AsBytes(tensor.quantization.scales));
  }
  hasher.Add(trained.float_network.Hash().bytes);
  return hasher.Add(trained.quantized.network.Hash().bytes).Finish();
}

TEST(Train, LearnsAndItsGraphScoresLikeTheSimulation) {
  const Problem problem;
  Options options = QuickOptions();
  options.epochs = 12;
  const Trained trained =
      Train(problem.architecture, problem.train, problem.validation, options).value();
  EXPECT_GT(trained.validation_accuracy_float, 0.9);
  EXPECT_GT(trained.validation_accuracy_int8, 0.9);
  ASSERT_EQ(trained.history.size(), 14U);
  EXPECT_EQ(trained.history[11].phase, Phase::kFloat);
  EXPECT_EQ(trained.history[12].phase, Phase::kInt8);
  EXPECT_LT(trained.history[11].loss, trained.history[0].loss);

  const Dataset test = Stripes(300, 3, 160);
  const Evaluation simulated = EvaluateInt8(trained.quantized, test, 2).value();
  const Evaluation executed = EvaluateGraph(trained.graph, test, 2).value();
  EXPECT_EQ(simulated.predicted, executed.predicted);
  EXPECT_EQ(simulated.confidence, executed.confidence);
  EXPECT_NEAR(simulated.loss, executed.loss, 0.05);
  EXPECT_EQ(EvaluateInt8(trained.quantized, problem.validation, 1)->accuracy(),
            trained.validation_accuracy_int8);
  EXPECT_EQ(EvaluateFloat(trained.float_network, problem.validation, 1).accuracy(),
            trained.validation_accuracy_float);
}

TEST(Train, SameWeightsForAnyNumberOfThreads) {
  const Problem problem;
  Options options = QuickOptions();
  options.epochs = 2;
  options.int8_epochs = 1;
  std::vector<Digest> hashes;
  for (const int threads : {1, 2, 3}) {
    options.threads = threads;
    hashes.push_back(ResultHash(
        Train(problem.architecture, problem.train, problem.validation, options).value()));
  }
  EXPECT_EQ(hashes[0], hashes[1]);
  EXPECT_EQ(hashes[0], hashes[2]);
  options.seed = 2;
  EXPECT_NE(
      hashes[0],
      ResultHash(Train(problem.architecture, problem.train, problem.validation, options).value()));
}

// Runs training in a child process and kills it in the middle of the epoch behind `epochs` finished
// ones.
void TrainAndKill(const Problem& problem, Options options, int32_t epochs) {
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    options.on_epoch = [&](const EpochRow& row) {
      const char finished = static_cast<char>(row.epoch);
      return write(pipe_ends[1], &finished, 1) == 1;
    };
    const auto trained = Train(problem.architecture, problem.train, problem.validation, options);
    _exit(trained.has_value() ? 0 : 1);
  }
  char finished = 0;
  while (finished < epochs) ASSERT_EQ(read(pipe_ends[0], &finished, 1), 1);
  usleep(2000);
  kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

TEST(Train, KilledAndResumedRunsEndAlike) {
  const Problem problem;
  Options options = QuickOptions();
  const Digest uninterrupted =
      ResultHash(Train(problem.architecture, problem.train, problem.validation, options).value());
  for (const int32_t epochs : {1, 3, 5}) {
    const TemporaryFolder folder = TemporaryFolder::Make("kinglet-train-").value();
    options.checkpoint_path = folder.path() + "/checkpoint";
    TrainAndKill(problem, options, epochs);
    options.threads = 3;
    const Trained resumed =
        Train(problem.architecture, problem.train, problem.validation, options).value();
    EXPECT_GE(resumed.resumed_after_epoch, epochs);
    EXPECT_EQ(resumed.history.size(), 6U);
    EXPECT_EQ(ResultHash(resumed), uninterrupted) << epochs;
  }
}

TEST(Train, CheckpointOfAnotherRunOrDamagedIsNotUsed) {
  const Problem problem;
  const TemporaryFolder folder = TemporaryFolder::Make("kinglet-train-").value();
  Options options = QuickOptions();
  options.epochs = 1;
  options.int8_epochs = 0;
  options.checkpoint_path = folder.path() + "/checkpoint";
  const auto train = [&] {
    return Train(problem.architecture, problem.train, problem.validation, options).value();
  };
  EXPECT_EQ(train().resumed_after_epoch, 0);
  EXPECT_EQ(train().resumed_after_epoch, 1);
  Bytes bytes = ReadFile(options.checkpoint_path).value();
  bytes[bytes.size() / 2] ^= 1;
  ASSERT_TRUE(WriteFileAtomic(options.checkpoint_path, bytes).has_value());
  EXPECT_EQ(train().resumed_after_epoch, 0);
  bytes.resize(bytes.size() / 3);
  ASSERT_TRUE(WriteFileAtomic(options.checkpoint_path, bytes).has_value());
  EXPECT_EQ(train().resumed_after_epoch, 0);
  options.learning_rate *= 2;
  EXPECT_EQ(train().resumed_after_epoch, 0);
}

TEST(Train, StopsEarlyWithoutProgressOnValidation) {
  Problem problem;
  Random random(4);
  for (int32_t& label : problem.validation.labels) label = static_cast<int32_t>(random.Below(4));
  Options options = QuickOptions();
  options.epochs = 60;
  options.patience = 3;
  const Trained trained =
      Train(problem.architecture, problem.train, problem.validation, options).value();
  EXPECT_LT(trained.history.size(), 62U);
  const EpochRow& best = trained.history[static_cast<size_t>(trained.best_epoch) - 1];
  EXPECT_EQ(best.validation_accuracy, trained.validation_accuracy_float);
}

TEST(Train, CallerCanInterrupt) {
  const Problem problem;
  Options options = QuickOptions();
  options.on_epoch = [](const EpochRow& row) { return row.epoch < 2; };
  const auto trained = Train(problem.architecture, problem.train, problem.validation, options);
  EXPECT_EQ(trained.error().message, "ds_cnn-16x3: training interrupted after epoch 2");
}

TEST(Train, RefusesDataThatDoNotFit) {
  Problem problem;
  const Options options = QuickOptions();
  const auto message = [&] {
    return Train(problem.architecture, problem.train, problem.validation, options).error().message;
  };
  problem.validation.labels[7] = 4;
  EXPECT_EQ(message(), "validation set: sample 7 has label 4; labels are 0 to 3");
  problem.validation.labels[7] = 0;
  problem.train.features.pop_back();
  EXPECT_EQ(message(), "training set: 57599 features for 480 samples of 12 x 10 x 1, not 57600");
  problem.train.features.push_back(0);
  problem.validation.quantization.scale = 1;
  EXPECT_NE(message().find("quantised as the training set is"), std::string::npos);
}

TEST(Train, BalancedClassesRaiseTheRareOnesRecall) {
  Problem problem;
  problem.train = Stripes(960, 1, 240);
  Dataset rare;
  rare.shape = problem.train.shape;
  rare.quantization = problem.train.quantization;
  rare.classes = 4;
  for (int64_t i = 0; i < problem.train.count(); ++i) {
    const int32_t label = problem.train.labels[static_cast<size_t>(i)];
    if (label == 0 && i % 16 != 0) continue;
    const auto sample = problem.train.Sample(i);
    rare.features.insert(rare.features.end(), sample.begin(), sample.end());
    rare.labels.push_back(label);
  }
  const Dataset test = Stripes(600, 9, 240);
  Options options = QuickOptions();
  options.int8_epochs = 0;
  double recall[2];
  for (const bool balance : {false, true}) {
    options.balance_classes = balance;
    const Trained trained = Train(problem.architecture, rare, problem.validation, options).value();
    recall[balance] = EvaluateFloat(trained.float_network, test, 2).recall(0);
  }
  EXPECT_GT(recall[1], recall[0]);
}

TEST(Evaluation, CountsWhatTheMatrixHolds) {
  Evaluation e;
  e.classes = 3;
  e.confusion = {5, 1, 0, 2, 2, 0, 0, 0, 0};
  e.predicted.assign(10, 0);
  EXPECT_EQ(e.correct(), 7);
  EXPECT_DOUBLE_EQ(e.accuracy(), 0.7);
  EXPECT_DOUBLE_EQ(e.recall(0), 5.0 / 6);
  EXPECT_DOUBLE_EQ(e.recall(2), 0);
  EXPECT_DOUBLE_EQ(e.balanced_accuracy(), (5.0 / 6 + 0.5) / 2);
  EXPECT_LT(e.accuracy_interval().low, 0.7);
}

TEST(Augment, MovesMasksAndKeepsTheRest) {
  const Shape shape{6, 5, 2};
  std::vector<int8_t> in(60), out(60);
  for (size_t i = 0; i < in.size(); ++i) in[i] = static_cast<int8_t>(i);
  Random random(3);
  Augment({}, shape, in, 99, random, out);
  EXPECT_EQ(in, out);
  bool moved = false, masked = false;
  for (int trial = 0; trial < 50; ++trial) {
    Augment({.shift_h_max = 2}, shape, in, 99, random, out);
    moved |= out[0] == 20 && out[59] == 59;  // two rows up, the last one repeated
    Augment({.mask_w_max = 2}, shape, in, 99, random, out);
    for (int32_t x = 0; x < 5; ++x) {
      const bool column = out[static_cast<size_t>(2 * x)] == 99;
      masked |= column;
      for (int32_t y = 0; y < 6; ++y) {
        const auto at = static_cast<size_t>((y * 5 + x) * 2);
        EXPECT_EQ(out[at], column ? 99 : in[at]);
        EXPECT_EQ(out[at + 1], column ? 99 : in[at + 1]);
      }
    }
  }
  EXPECT_TRUE(moved);
  EXPECT_TRUE(masked);
}

TEST(Augment, StretchesAboutTheMiddle) {
  const Shape shape{1, 101, 1};
  std::vector<int8_t> in(101), out(101);
  for (int i = 0; i < 101; ++i) in[static_cast<size_t>(i)] = static_cast<int8_t>(i - 50);
  Random random(5);
  int lowest = 0, highest = -128;
  for (int trial = 0; trial < 200; ++trial) {
    Augment({.stretch_w_max = 0.2F}, shape, in, 99, random, out);
    EXPECT_EQ(out[50], 0);
    // A ramp stays a ramp, of a slope between 0.8 and 1.2, until it leaves the row.
    lowest = std::min<int>(lowest, out[10]);
    highest = std::max<int>(highest, out[10]);
    for (size_t i = 1; i < out.size(); ++i) EXPECT_GE(out[i], out[i - 1]);
  }
  EXPECT_NEAR(lowest, -48, 1);
  EXPECT_NEAR(highest, -32, 1);
}

TEST(Augment, ColoursAllRowsAlikeAndLeavesSilence) {
  const Shape shape{4, 8, 1};
  std::vector<int8_t> in(32, 10), out(32);
  for (size_t x = 0; x < 8; ++x) in[2 * 8 + x] = INT8_MIN;
  Random random(6);
  int largest = 0;
  for (int trial = 0; trial < 200; ++trial) {
    Augment({.colour_max = 20}, shape, in, 99, random, out);
    for (size_t x = 0; x < 8; ++x) {
      EXPECT_EQ(out[x], out[8 + x]);
      EXPECT_EQ(out[2 * 8 + x], INT8_MIN);
      largest = std::max(largest, std::abs(out[x] - 10));
    }
  }
  EXPECT_GT(largest, 20);
  EXPECT_LE(largest, 30);
}

}  // namespace
}  // namespace kinglet::train
