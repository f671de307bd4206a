// Every gradient against libtorch in float64, and whole training steps. The only file that sees
// libtorch.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "src/base/random.h"
#include "src/train/families.h"
#include "src/train/loss.h"
#include "src/train/optimizer.h"

namespace kinglet::train {
namespace {

constexpr double kTolerance = 1e-4;  // of the tensor's largest value

struct Batch {
  int32_t size = 0;
  std::vector<float> input;  // [size, h, w, c]
  std::vector<int32_t> labels;
};

Batch RandomBatch(const Architecture& architecture, int32_t size, uint64_t seed) {
  Random random(seed);
  Batch batch{.size = size, .input = {}, .labels = {}};
  batch.input.resize(static_cast<size_t>(size * architecture.input.size()));
  for (float& value : batch.input) value = random.Uniform(-2, 2);
  for (int32_t s = 0; s < size; ++s) {
    batch.labels.push_back(static_cast<int32_t>(random.Below(architecture.classes())));
  }
  return batch;
}

void LoadBatch(const Architecture& architecture, const Batch& batch, Engine& engine) {
  const Shape& in = architecture.input;
  const float* from = batch.input.data();
  for (int32_t s = 0; s < batch.size; ++s) {
    float* to = engine.Input(s).data();
    for (int32_t p = 0; p < in.h * in.w; ++p, to += PaddedChannels(in.c)) {
      for (int32_t c = 0; c < in.c; ++c) to[c] = *from++;
    }
  }
}

// A network whose every parameter differs from its neighbours, batch norm's too.
Network RandomNetwork(const Architecture& architecture, uint64_t seed) {
  Network network = Network::Initialize(architecture, seed);
  Random random(seed, 99);
  const Layout layout = MakeLayout(architecture);
  for (size_t i = 0; i < layout.layers.size(); ++i) {
    const Layer& layer = architecture.layers[i];
    for (int32_t c = 0; layer.HasWeights() && c < layer.out.c; ++c) {
      network.parameters[layout.layers[i].bias + c] = random.Uniform(-0.3F, 0.3F);
      if (layer.batch_norm) {
        network.parameters[layout.layers[i].gamma + c] = random.Uniform(0.5F, 1.5F);
      }
    }
  }
  return network;
}

// The same network in libtorch, on one flat parameter tensor in the trainer's layout, NCHW inside.
class Oracle {
 public:
  Oracle(const Architecture& architecture, const Network& network)
      : architecture_(architecture), layout_(MakeLayout(architecture)) {
    parameters = at::tensor(at::ArrayRef<float>(network.parameters), at::kDouble);
  }

  // Runs forward and backward; `engine` has just run forward on the same batch. Which side of zero
  // a value lies on is taken from the engine, after checking that the two disagree only within
  // rounding.
  at::Tensor Gradient(const Batch& batch, const Engine& engine, const LossOptions& options) {
    const Shape& in = architecture_.input;
    parameters = parameters.detach().set_requires_grad(true);
    std::vector<at::Tensor> x{at::tensor(at::ArrayRef<float>(batch.input), at::kDouble)
                                  .view({batch.size, in.h, in.w, in.c})
                                  .permute({0, 3, 1, 2})};
    for (size_t i = 0; i < architecture_.layers.size(); ++i) {
      x.push_back(Run(i, x, engine, batch.size));
    }
    const at::Tensor logits = x.back().flatten(1);
    const at::Tensor log_p = at::log_softmax(logits, 1);
    const at::Tensor labels = at::tensor(at::ArrayRef<int32_t>(batch.labels), at::kLong);
    at::Tensor target = at::full_like(log_p, options.label_smoothing / architecture_.classes());
    target.scatter_add_(1, labels.unsqueeze(1),
                        at::full({batch.size, 1}, 1 - options.label_smoothing, at::kDouble));
    at::Tensor each = -(target * log_p).sum(1);
    if (!options.class_weights.empty()) {
      const std::vector<float> weights(options.class_weights.begin(), options.class_weights.end());
      each = each * at::tensor(at::ArrayRef<float>(weights), at::kDouble).index_select(0, labels);
    }
    const at::Tensor total = each.mean();
    total.backward();
    loss = total.item<double>();
    return parameters.grad();
  }

  at::Tensor parameters;
  double loss = 0;

 private:
  static at::Tensor Pad(const Layer& layer, const at::Tensor& x, double value) {
    const ir::Padding& p = layer.padding;
    return at::constant_pad_nd(x, {p.left, p.right, p.top, p.bottom}, value);
  }

  at::Tensor Slice(size_t offset, const std::vector<int64_t>& shape) const {
    int64_t count = 1;
    for (const int64_t d : shape) count *= d;
    return parameters.narrow(0, static_cast<int64_t>(offset), count).view(shape);
  }

  at::Tensor Weighted(size_t index, const at::Tensor& x) const {
    const Layer& layer = architecture_.layers[index];
    const LayerLayout& place = layout_.layers[index];
    const bool depthwise = layer.kind == LayerKind::kDepthwise;
    const int64_t inner = depthwise ? 1 : layer.in.c;
    const at::Tensor weights =
        Slice(place.weights, {layer.kernel_h, layer.kernel_w, inner, place.columns})
            .narrow(3, 0, layer.out.c)
            .permute({3, 2, 0, 1});
    const std::vector<int64_t> stride{layer.stride_h, layer.stride_w}, zeros{0, 0}, ones{1, 1};
    const int64_t groups = depthwise ? layer.in.c : 1;
    const at::Tensor y = at::conv2d(Pad(layer, x, 0), weights, {}, stride, zeros, ones, groups);
    const at::Tensor bias = Slice(place.bias, {place.columns}).narrow(0, 0, layer.out.c);
    if (!layer.batch_norm) return y + bias.view({1, -1, 1, 1});
    const at::Tensor gamma = Slice(place.gamma, {place.columns}).narrow(0, 0, layer.out.c);
    return at::batch_norm(y, gamma, bias, {}, {}, true, 0.1, kBatchNormEpsilon, false);
  }

  at::Tensor Pool(const Layer& layer, const at::Tensor& x) const {
    const std::vector<int64_t> kernel{layer.kernel_h, layer.kernel_w};
    const std::vector<int64_t> stride{layer.stride_h, layer.stride_w};
    if (layer.kind == LayerKind::kMaxPool) {
      return at::max_pool2d(Pad(layer, x, -INFINITY), kernel, stride);
    }
    const at::Tensor inside = at::avg_pool2d(Pad(layer, at::ones_like(x), 0), kernel, stride);
    return at::avg_pool2d(Pad(layer, x, 0), kernel, stride) / inside;
  }

  // The engine's activation as a double tensor, NCHW.
  at::Tensor Theirs(const Engine& engine, size_t activation, int32_t batch) const {
    const Shape& shape = architecture_.shape(static_cast<ActivationIndex>(activation));
    const int64_t channels = PaddedChannels(shape.c);
    const float* data = engine.Activation(static_cast<ActivationIndex>(activation));
    return at::from_blob(const_cast<float*>(data), {batch, shape.h, shape.w, channels}, at::kFloat)
        .to(at::kDouble)
        .narrow(3, 0, shape.c)
        .permute({0, 3, 1, 2});
  }

  at::Tensor Run(size_t index, const std::vector<at::Tensor>& x, const Engine& engine,
                 int32_t batch) const {
    const Layer& layer = architecture_.layers[index];
    const at::Tensor& input = x[static_cast<size_t>(layer.input)];
    const at::Tensor theirs = Theirs(engine, index + 1, batch);
    at::Tensor y;
    if (layer.HasWeights()) {
      y = Weighted(index, input);
    } else if (layer.kind == LayerKind::kAdd) {
      y = input + x[static_cast<size_t>(layer.other)];
    } else if (layer.kind == LayerKind::kDropout) {
      const at::Tensor kept = theirs.ne(0).to(at::kDouble);
      y = input * kept / (1 - double{layer.dropout});
    } else {
      y = Pool(layer, input);
    }
    if (layer.relu) {
      const at::Tensor positive = theirs.gt(0);
      const at::Tensor disputed = y.masked_select(positive.ne(y.gt(0)));
      const double largest = y.abs().max().item<double>();
      EXPECT_TRUE(disputed.numel() == 0 ||
                  disputed.abs().max().item<double>() < 1e-5 * largest + 1e-5)
          << layer.name;
      y = y * positive.to(at::kDouble);
    }
    const double off = (y - theirs).abs().max().item<double>();
    EXPECT_LT(off, kTolerance * y.abs().max().item<double>() + 1e-6) << layer.name;
    return y;
  }

  const Architecture architecture_;
  const Layout layout_;
};

// Largest difference of any layer's weights, biases or batch norm factors, relative to that array's
// largest value.
double WorstError(const Architecture& architecture, const std::vector<float>& ours,
                  const at::Tensor& theirs) {
  const Layout layout = MakeLayout(architecture);
  const double* expected = theirs.data_ptr<double>();
  double worst = 0;
  const auto compare = [&](size_t offset, size_t count) {
    double largest = 0, difference = 0;
    for (size_t i = offset; i < offset + count; ++i) {
      largest = std::max(largest, std::fabs(expected[i]));
      difference = std::max(difference, std::fabs(expected[i] - ours[i]));
    }
    // Gradients that are zero in exact arithmetic (a shift before batch norm) have no scale of
    // their own.
    worst = std::max(worst, difference / std::max(largest, 1e-7));
  };
  for (size_t i = 0; i < layout.layers.size(); ++i) {
    const LayerLayout& place = layout.layers[i];
    if (place.WeightCount() == 0) continue;
    compare(place.weights, place.WeightCount());
    compare(place.bias, static_cast<size_t>(place.columns));
    if (architecture.layers[i].batch_norm) compare(place.gamma, static_cast<size_t>(place.columns));
  }
  return worst;
}

double GradientError(const Architecture& architecture, int32_t batch_size,
                     const LossOptions& options = {}) {
  double worst = 0;
  ThreadPool pool(2);
  const Network network = RandomNetwork(architecture, 3);
  const Batch batch = RandomBatch(architecture, batch_size, 5);
  for (const Kernels* kernels : {&BestKernels(), &BaselineKernels()}) {
    Engine engine(architecture, batch_size, pool, *kernels);
    LoadBatch(architecture, batch, engine);
    engine.Forward(network, batch_size, Engine::Mode::kTrain, 7);
    const LossSum loss = SoftmaxCrossEntropy(engine, architecture.classes(), batch.labels, options);
    std::vector<float> gradient;
    engine.Backward(gradient);
    Oracle oracle(architecture, network);
    const at::Tensor expected = oracle.Gradient(batch, engine, options);
    EXPECT_NEAR(loss.loss, oracle.loss, 1e-5);
    worst = std::max(worst, WorstError(architecture, gradient, expected));
  }
  ::testing::Test::RecordProperty("worst_relative_error", fmt::format("{:.2e}", worst));
  fmt::print("worst error {:.2e} of a tensor's largest value\n", worst);
  return worst;
}

// input -> body -> fully connected with 5 outputs.
template <typename Body>
Architecture With(Shape input, const Body& body) {
  Builder builder("test", input);
  const ActivationIndex x = body(builder);
  builder.FullyConnected(x, 5, Norm::kBias, Relu::kNo);
  return std::move(builder).Take();
}

TEST(Gradient, ConvolutionWithStridesAndOddSizes) {
  const Architecture net = With({9, 7, 3}, [](Builder& b) {
    ActivationIndex x =
        b.Conv(0, {.h = 3, .w = 5, .stride_h = 2, .stride_w = 1}, 11, Norm::kBias, Relu::kYes);
    x = b.Conv(x, {.h = 4, .w = 2, .stride_h = 1, .stride_w = 3}, 13, Norm::kBias, Relu::kNo);
    return b.Conv(x, {.h = 2, .w = 2, .padding = PaddingKind::kValid}, 6, Norm::kBias, Relu::kYes);
  });
  EXPECT_LT(GradientError(net, 13), kTolerance);
}

TEST(Gradient, ConvolutionWithBatchNorm) {
  const Architecture net = With({12, 10, 1}, [](Builder& b) {
    ActivationIndex x =
        b.Conv(0, {.h = 10, .w = 4, .stride_h = 2, .stride_w = 2}, 16, Norm::kBatch, Relu::kYes);
    x = b.Conv(x, {.h = 3, .w = 3}, 24, Norm::kBatch, Relu::kYes);
    return b.Conv(x, {}, 40, Norm::kBatch, Relu::kNo);
  });
  EXPECT_LT(GradientError(net, 32), kTolerance);
}

TEST(Gradient, PointwiseConvolution) {
  const Architecture net = With({5, 5, 9}, [](Builder& b) {
    return b.Conv(b.Conv(0, {}, 21, Norm::kBias, Relu::kYes), {}, 8, Norm::kBias, Relu::kYes);
  });
  EXPECT_LT(GradientError(net, 9), kTolerance);
}

TEST(Gradient, DepthwiseThreeByThree) {
  const Architecture net = With({9, 8, 12}, [](Builder& b) {
    ActivationIndex x = b.Depthwise(0, {.h = 3, .w = 3}, Norm::kBias, Relu::kYes);
    x = b.Depthwise(x, {.h = 3, .w = 3, .stride_h = 2, .stride_w = 2}, Norm::kBatch, Relu::kYes);
    return b.Depthwise(x, {.h = 3, .w = 3, .padding = PaddingKind::kValid}, Norm::kBias, Relu::kNo);
  });
  EXPECT_LT(GradientError(net, 17), kTolerance);
}

TEST(Gradient, DepthwiseOfOtherSizes) {
  const Architecture net = With({11, 6, 5}, [](Builder& b) {
    ActivationIndex x = b.Conv(0, {}, 17, Norm::kBias, Relu::kYes);
    x = b.Depthwise(x, {.h = 5, .w = 2, .stride_h = 3, .stride_w = 1}, Norm::kBias, Relu::kYes);
    return b.Depthwise(x, {.h = 1, .w = 4, .padding = PaddingKind::kValid}, Norm::kBatch,
                       Relu::kYes);
  });
  EXPECT_LT(GradientError(net, 10), kTolerance);
}

TEST(Gradient, ResidualAddOfBatchNormedBranches) {
  const Architecture net = With({6, 6, 4}, [](Builder& b) {
    const ActivationIndex stem = b.Conv(0, {.h = 3, .w = 3}, 16, Norm::kBatch, Relu::kYes);
    ActivationIndex x = b.Conv(stem, {.h = 3, .w = 3}, 16, Norm::kBatch, Relu::kNo);
    const ActivationIndex y = b.Add(x, stem, Relu::kYes);
    x = b.Depthwise(y, {.h = 3, .w = 3}, Norm::kBatch, Relu::kYes);
    x = b.Conv(x, {}, 16, Norm::kBatch, Relu::kNo);
    return b.Add(y, x, Relu::kNo);
  });
  EXPECT_LT(GradientError(net, 19), kTolerance);
}

TEST(Gradient, AverageAndMaxPools) {
  const Architecture net = With({13, 9, 3}, [](Builder& b) {
    ActivationIndex x = b.Conv(0, {.h = 3, .w = 3}, 10, Norm::kBatch, Relu::kNo);
    x = b.MaxPool(x, {.h = 3, .w = 2, .stride_h = 2, .stride_w = 2});
    x = b.AveragePool(x, {.h = 3, .w = 3, .stride_h = 2, .stride_w = 1});
    x = b.Conv(x, {}, 12, Norm::kBias, Relu::kYes);
    return b.GlobalAveragePool(x);
  });
  EXPECT_LT(GradientError(net, 12), kTolerance);
}

TEST(Gradient, FullyConnectedLayersWithBatchNormAndDropout) {
  const Architecture net = With({3, 4, 5}, [](Builder& b) {
    ActivationIndex x = b.FullyConnected(0, 33, Norm::kBatch, Relu::kYes);
    x = b.Dropout(x, 0.3F);
    return b.FullyConnected(x, 20, Norm::kBias, Relu::kYes);
  });
  EXPECT_LT(GradientError(net, 40), kTolerance);
}

TEST(Gradient, SmoothedLabelsAndWeightedClasses) {
  const Architecture net =
      With({1, 1, 6}, [](Builder& b) { return b.FullyConnected(0, 16, Norm::kBias, Relu::kYes); });
  const std::vector<float> weights{0.5F, 2, 1, 1.5F, 0.25F};
  EXPECT_LT(GradientError(net, 21, {.label_smoothing = 0.1F, .class_weights = weights}),
            kTolerance);
}

TEST(Gradient, FamilyMembers) {
  EXPECT_LT(GradientError(*MakeArchitecture("ds_cnn-64x4", {49, 10, 1}, 12), 24), kTolerance);
  EXPECT_LT(GradientError(*MakeArchitecture("cnn-16x1", {28, 28, 1}, 10), 24), kTolerance);
  EXPECT_LT(GradientError(*MakeArchitecture("cnn-8x1", {20, 24, 3}, 4), 24), kTolerance);
}

// AdamW as Loshchilov and Hutter give it, or momentum, in double on the flat parameters.
void OracleStep(OptimizerKind kind, StepSize size, int step, const at::Tensor& decays,
                const at::Tensor& gradient, at::Tensor& first, at::Tensor& second,
                at::Tensor& parameters) {
  const double rate = size.learning_rate;
  at::Tensor update;
  if (kind == OptimizerKind::kMomentum) {
    first = 0.9 * first + gradient;
    update = rate * first;
  } else {
    first = 0.9 * first + 0.1 * gradient;
    second = 0.999 * second + 0.001 * gradient * gradient;
    const at::Tensor m = first / (1 - std::pow(0.9, step));
    const at::Tensor v = second / (1 - std::pow(0.999, step));
    update = rate * m / (v.sqrt() + 1e-8);
  }
  parameters =
      parameters.detach() - update - rate * size.weight_decay * decays * parameters.detach();
}

void FollowTenSteps(OptimizerKind kind, StepSize size) {
  const Architecture net = *MakeArchitecture("ds_cnn-16x3", {25, 10, 1}, 6);
  ThreadPool pool(2);
  Network network = Network::Initialize(net, 4);
  OptimizerState optimizer = OptimizerState::Make(kind, network.parameters.size());
  Oracle oracle(net, network);
  at::Tensor first = at::zeros_like(oracle.parameters), second = at::zeros_like(first);
  at::Tensor decays = at::zeros_like(first);
  const Layout layout = MakeLayout(net);
  for (const LayerLayout& place : layout.layers) {
    decays.narrow(0, static_cast<int64_t>(place.weights), static_cast<int64_t>(place.WeightCount()))
        .fill_(1);
  }
  Engine engine(net, 32, pool);
  std::vector<float> gradient;
  for (int step = 1; step <= 10; ++step) {
    const Batch batch = RandomBatch(net, 32, static_cast<uint64_t>(step));
    LoadBatch(net, batch, engine);
    engine.Forward(network, 32, Engine::Mode::kTrain, static_cast<uint64_t>(step));
    const LossSum loss = SoftmaxCrossEntropy(engine, 6, batch.labels, {});
    engine.Backward(gradient);
    OptimizerStep(size, gradient, pool, optimizer, network);
    const at::Tensor expected = oracle.Gradient(batch, engine, {});
    EXPECT_NEAR(loss.loss, oracle.loss, 2e-5) << "step " << step;
    OracleStep(kind, size, step, decays, expected, first, second, oracle.parameters);
  }
  const at::Tensor ours = at::tensor(at::ArrayRef<float>(network.parameters), at::kDouble);
  EXPECT_LT((ours - oracle.parameters).abs().max().item<double>(), 2e-3 * size.learning_rate * 10);
}

TEST(Training, FirstTenAdamStepsFollowTheOracle) {
  FollowTenSteps(OptimizerKind::kAdamW, {.learning_rate = 1e-3F, .weight_decay = 0.05F});
}

TEST(Training, FirstTenMomentumStepsFollowTheOracle) {
  FollowTenSteps(OptimizerKind::kMomentum, {.learning_rate = 0.05F, .weight_decay = 1e-3F});
}

}  // namespace
}  // namespace kinglet::train
