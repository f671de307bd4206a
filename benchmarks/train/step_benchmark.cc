// Training steps per second beside libtorch: one AdamW step (forward, backward, update) of a member
// of the ds_cnn family on random spectrograms, in both, from the same weights.
//
//   kinglet_train_benchmark [--member ds_cnn-64x4] [--batch 64] [--steps 40]
//
// For each number of threads (1, 2) it prints the best and the median step of both and their ratio,
// and a hash of our weights, which must not depend on the number of threads. Exit status 1 when it
// does.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <functional>
#include <map>
#include <string_view>

#include "src/base/random.h"
#include "src/train/families.h"
#include "src/train/loss.h"
#include "src/train/optimizer.h"

namespace kinglet::train {
namespace {

constexpr Shape kShape{49, 10, 1};
constexpr int32_t kClasses = 12;
constexpr StepSize kStep{.learning_rate = 1e-3F, .weight_decay = 0.01F};

struct Setting {
  Architecture architecture;
  int32_t batch = 64;
  int steps = 40;
  std::vector<float> input;
  std::vector<int32_t> labels;
};

struct Times {
  double best_ms = 0, median_ms = 0;
};

Times Measure(int steps, const std::function<void(int)>& step) {
  constexpr int kWarmUp = 3;
  std::vector<double> ms;
  for (int i = 1; i <= kWarmUp + steps; ++i) {
    const auto start = std::chrono::steady_clock::now();
    step(i);
    const std::chrono::duration<double, std::milli> taken =
        std::chrono::steady_clock::now() - start;
    if (i > kWarmUp) ms.push_back(taken.count());
  }
  std::sort(ms.begin(), ms.end());
  return {ms.front(), ms[ms.size() / 2]};
}

Times RunOurs(const Setting& setting, int threads, std::string& hash) {
  ThreadPool pool(threads);
  Engine engine(setting.architecture, setting.batch, pool);
  Network network = Network::Initialize(setting.architecture, 1);
  OptimizerState optimizer = OptimizerState::Make(OptimizerKind::kAdamW, network.parameters.size());
  std::vector<float> gradient;
  const Times times = Measure(setting.steps, [&](int step) {
    const float* from = setting.input.data();
    for (int32_t s = 0; s < setting.batch; ++s) {
      const std::span<float> to = engine.Input(s);
      for (size_t i = 0; i < to.size(); i += kChannelBlock) to[i] = *from++;
    }
    engine.Forward(network, setting.batch, Engine::Mode::kTrain, static_cast<uint64_t>(step));
    SoftmaxCrossEntropy(engine, kClasses, setting.labels, {});
    engine.Backward(gradient);
    OptimizerStep(kStep, gradient, pool, optimizer, network);
    engine.UpdateStatistics(0.1F, network.statistics);
  });
  hash = network.Hash().Short();
  return times;
}

// The same network and optimiser as a libtorch program would write them, NCHW, float32.
class Torch {
 public:
  explicit Torch(const Setting& setting) : setting_(setting) {
    const Network network = Network::Initialize(setting.architecture, 1);
    const Layout layout = MakeLayout(setting.architecture);
    for (size_t i = 0; i < layout.layers.size(); ++i) {
      const Layer& layer = setting.architecture.layers[i];
      if (!layer.HasWeights()) continue;
      const LayerLayout& place = layout.layers[i];
      const int64_t inner = layer.kind == LayerKind::kDepthwise ? 1 : layer.in.c;
      const at::Tensor weights =
          at::tensor(at::ArrayRef<float>(&network.parameters[place.weights], place.WeightCount()))
              .view({layer.kernel_h, layer.kernel_w, inner, place.columns})
              .narrow(3, 0, layer.out.c)
              .permute({3, 2, 0, 1})
              .contiguous();
      weights_[i] = Parameter(weights);
      bias_[i] = Parameter(at::zeros({layer.out.c}));
      if (layer.batch_norm) gamma_[i] = Parameter(at::ones({layer.out.c}));
      mean_[i] = at::zeros({layer.out.c});
      variance_[i] = at::ones({layer.out.c});
    }
    x_ =
        at::tensor(at::ArrayRef<float>(setting.input)).view({setting.batch, 1, kShape.h, kShape.w});
    labels_ = at::tensor(at::ArrayRef<int32_t>(setting.labels), at::kLong);
  }

  void Step(int step) {
    at::Tensor x = x_;
    for (size_t i = 0; i < setting_.architecture.layers.size(); ++i) x = Run(i, x);
    at::nll_loss(at::log_softmax(x.flatten(1), 1), labels_).backward();
    for (size_t i = 0; i < parameters_.size(); ++i)
      Update(parameters_[i], first_[i], second_[i], step);
  }

 private:
  at::Tensor Parameter(const at::Tensor& values) {
    const at::Tensor parameter = values.detach().clone().set_requires_grad(true);
    parameters_.push_back(parameter);
    first_.push_back(at::zeros_like(values));
    second_.push_back(at::zeros_like(values));
    return parameter;
  }

  at::Tensor Run(size_t i, const at::Tensor& x) {
    const Layer& layer = setting_.architecture.layers[i];
    if (layer.kind == LayerKind::kAveragePool) return x.mean({2, 3}, true);
    if (layer.kind == LayerKind::kDropout) return at::dropout(x, layer.dropout, true);
    const ir::Padding& p = layer.padding;
    const bool even = p.top == p.bottom && p.left == p.right;
    const std::vector<int64_t> stride{layer.stride_h, layer.stride_w}, ones{1, 1};
    const std::vector<int64_t> padding =
        even ? std::vector<int64_t>{p.top, p.left} : std::vector<int64_t>{0, 0};
    const at::Tensor padded =
        even ? x : at::constant_pad_nd(x, {p.left, p.right, p.top, p.bottom}, 0);
    const int64_t groups = layer.kind == LayerKind::kDepthwise ? layer.in.c : 1;
    at::Tensor y = at::conv2d(padded, weights_[i], layer.batch_norm ? at::Tensor() : bias_[i],
                              stride, padding, ones, groups);
    if (layer.batch_norm) {
      y = at::batch_norm(y, gamma_[i], bias_[i], mean_[i], variance_[i], true, 0.1,
                         kBatchNormEpsilon, false);
    }
    return layer.relu ? at::relu(y) : y;
  }

  static void Update(at::Tensor& parameter, at::Tensor& first, at::Tensor& second, int step) {
    at::Tensor values = parameter.detach();  // shares the memory, not the gradient's history
    const at::Tensor& g = parameter.grad();
    const double rate = kStep.learning_rate;
    first.mul_(0.9).add_(g, 0.1);
    second.mul_(0.999).addcmul_(g, g, 0.001);
    const at::Tensor root = second.sqrt().div_(std::sqrt(1 - std::pow(0.999, step))).add_(1e-8);
    values.mul_(1 - rate * kStep.weight_decay);
    values.addcdiv_(first, root, -rate / (1 - std::pow(0.9, step)));
    parameter.mutable_grad().zero_();
  }

  const Setting& setting_;
  at::Tensor x_, labels_;
  std::map<size_t, at::Tensor> weights_, bias_, gamma_, mean_, variance_;  // by layer
  std::vector<at::Tensor> parameters_, first_, second_;
};

int Main(const Setting& setting) {
  fmt::print("{}, batch {}, {} kernels, {} steps\n", setting.architecture.name, setting.batch,
             BestKernels().name, setting.steps);
  std::string first_hash;
  for (const int threads : {1, 2}) {
    std::string hash;
    const Times ours = RunOurs(setting, threads, hash);
    at::set_num_threads(threads);
    Torch torch(setting);
    const Times theirs = Measure(setting.steps, [&](int step) { torch.Step(step); });
    fmt::print(
        "{} threads: {:.2f} ms best, {:.2f} median ({:.0f} steps/s); libtorch {:.2f}, {:.2f}; "
        "ratio {:.1f}; weights {}\n",
        threads, ours.best_ms, ours.median_ms, 1000 / ours.best_ms, theirs.best_ms,
        theirs.median_ms, theirs.best_ms / ours.best_ms, hash);
    if (first_hash.empty()) first_hash = hash;
    if (hash != first_hash) {
      fmt::print(stderr, "the weights depend on the number of threads\n");
      return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace kinglet::train

int main(int argc, char** argv) {
  using namespace kinglet;
  using namespace kinglet::train;
  std::map<std::string_view, std::string_view> given{
      {"--member", "ds_cnn-64x4"}, {"--batch", "64"}, {"--steps", "40"}};
  const auto number = [&](std::string_view key, int low, int high) {
    int value = 0;
    const std::string_view text = given[key];
    std::from_chars(text.data(), text.data() + text.size(), value);
    return std::clamp(value, low, high);
  };
  for (int i = 1; i + 1 < argc; i += 2) {
    if (!given.contains(argv[i])) {
      fmt::print(stderr, "{}: options are --member, --batch and --steps\n", argv[i]);
      return 2;
    }
    given[argv[i]] = argv[i + 1];
  }
  const auto architecture = MakeArchitecture(given["--member"], kShape, kClasses);
  if (!architecture) {
    fmt::print(stderr, "{}\n", architecture.error().message);
    return 2;
  }
  Setting setting{.architecture = *architecture,
                  .batch = number("--batch", 1, 4096),
                  .steps = number("--steps", 1, 100000),
                  .input = {},
                  .labels = {}};
  Random random(1);
  for (int64_t i = 0; i < setting.batch * kShape.size(); ++i) {
    setting.input.push_back(random.Uniform(-1.7F, 1.7F));
  }
  for (int32_t i = 0; i < setting.batch; ++i) {
    setting.labels.push_back(static_cast<int32_t>(random.Below(kClasses)));
  }
  return Main(setting);
}
