// Runs a network on a batch: forward in float or in simulated int8, backward, gradients of all
// parameters.
//
// The batch is cut into kGroups fixed groups of samples, which threads take in any order; whatever
// is summed over the batch is summed within each group first and then over the groups in order. So
// the results do not depend on the number of threads. One engine per thread that trains; it borrows
// the pool.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include "src/train/convolution.h"
#include "src/train/int8_plan.h"
#include "src/train/kernels.h"
#include "src/train/network.h"
#include "src/train/thread_pool.h"

namespace kinglet::train {

inline constexpr int32_t kGroups = 8;

// Floats at a cache line's start; zero at first.
class FloatArray {
 public:
  void Resize(size_t count);
  size_t size() const { return count_; }
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(float* p) const { std::free(p); }
  };
  std::unique_ptr<float[], Free> data_;
  size_t count_ = 0;
};

class Engine {
 public:
  enum class Mode : uint8_t {
    kTrain,     // batch norm by the batch's statistics, dropout
    kEvaluate,  // batch norm by the running statistics
  };

  Engine(const Architecture& architecture, int32_t batch_max, ThreadPool& pool,
         const Kernels& kernels = BestKernels());
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // A sample's place in the input, [h, w, padded c]; padding must stay zero. Real values (before
  // Network::input_gain) for Forward, int8 values less their zero point for ForwardInt8.
  std::span<float> Input(int32_t sample);

  // `network` must have this architecture and outlive the Backward that follows.
  void Forward(const Network& network, int32_t batch, Mode mode, uint64_t dropout_seed = 0);

  // The integer network, value for value what device/kernels compute: each activation holds the
  // int8 value less its zero point. The architecture must be without batch norm. `plan` must
  // outlive the Backward that follows.
  void ForwardInt8(const Int8Plan& plan, int32_t batch);

  // Real logits of a sample of the last forward pass; the first classes() count.
  const float* Logits(int32_t sample) const;
  // To be filled before Backward: the loss's gradient by the logits; padding must stay zero.
  float* LogitGradient(int32_t sample);
  // An activation of the last forward pass, [batch, h, w, padded c].
  const float* Activation(ActivationIndex index) const;

  // Gradients of all parameters, in the layout of Network::parameters, after Forward(kTrain) or
  // ForwardInt8. In int8 rounding counts as the identity, clamping stops the gradient
  // (straight-through estimator, Bengio et al. 2013), and the gradients are by the float weights.
  void Backward(std::vector<float>& gradient);

  // Moves running statistics by `momentum` towards those of the last Forward(kTrain).
  void UpdateStatistics(float momentum, std::vector<float>& statistics) const;

 private:
  struct Range {
    int64_t begin, end;
  };
  struct State {  // of one layer
    std::unique_ptr<Convolution> convolution;
    FloatArray sums;       // before batch norm or clamping; kDropout: the factors
    bool pending = false;  // sums are there, but the output (scale, shift, ReLU) is not written yet
    bool reduced = false;  // batch norm's backward sums are there
    std::vector<float> scale, shift;     // out = sums * scale + shift
    std::vector<float> mean, deviation;  // of the batch; deviation is 1 / sqrt(variance + epsilon)
    std::vector<float> variance;
    std::vector<float> a, b, e;         // batch norm's backward pass: d = a * g + (b * sums + e)
    std::vector<double> norm_partials;  // by group: sum of g, sum of g * (sums - mean)
    std::vector<float> turned;
  };

  const Layer& layer(size_t index) const { return architecture_.layers[index]; }
  Range Group(int32_t group) const;
  // Calls task(samples) for the group's samples in order, in parts of which the cache holds the
  // layer's inputs and outputs.
  template <typename Task>
  void InParts(const Layer& layer, int32_t group, const Task& task) const {
    constexpr int64_t kPositions = 192;  // enough for the GEMM's register tiles
    const int64_t part = (kPositions - 1) / (int64_t{layer.out.h} * layer.out.w) + 1;
    const Range all = Group(group);
    for (int64_t begin = all.begin; begin < all.end; begin += part) {
      task(Range{begin, std::min(begin + part, all.end)});
    }
  }
  // Samples in floats of an activation.
  static Range Values(const Shape& shape, Range samples);
  float* Sums(size_t index) { return states_[index].sums.data(); }
  static ScaleShift Factors(const State& state) { return {state.scale.data(), state.shift.data()}; }

  void Start(int32_t batch);
  void PrepareScale(size_t index);
  void ForwardPart(size_t index, Range samples, int32_t group);
  void ForwardSums(size_t index, Range samples, int32_t group);
  void ForwardDropout(size_t index, Range samples);
  void FinishStatistics(size_t index);
  void ApplyPending(ActivationIndex activation, Range samples);
  void MarkApplied(const Layer& layer);
  void ForwardInt8Part(size_t index, Range samples, int32_t group);
  void ForwardInt8Sums(size_t index, Range samples, int32_t group);
  void ForwardInt8Add(size_t index, Range samples);
  void FinishLogits();

  void StartBackward(size_t index, int32_t group);
  void BackwardPart(size_t index, Range samples, int32_t group);
  void Gate(size_t index, Range samples, int32_t group);
  void PassToInput(size_t index, ActivationIndex input, Range samples);
  bool AddsToInput(size_t index, ActivationIndex input) const;
  bool CompletesInput(size_t index, ActivationIndex input) const;
  void Reduce(size_t index, Range samples, int32_t group);
  void FinishReduce(size_t index, std::vector<float>& gradient);
  void CollectGradients(size_t index, std::vector<float>& gradient);

  const Architecture architecture_;
  const Layout layout_;
  const int32_t batch_max_;
  ThreadPool& pool_;
  const Kernels& kernels_;

  std::vector<State> states_;
  std::vector<FloatArray> activations_,
      gradients_;  // by ActivationIndex; gradients_[0] stays empty
  std::vector<size_t> first_consumer_, last_consumer_;  // layers, by ActivationIndex
  FloatArray logits_;
  std::vector<FloatArray> scratch_;                 // by group
  std::vector<FloatArray> weight_partials_;         // by group
  std::vector<std::vector<double>> sum_partials_;   // by group: two sums a channel
  std::vector<std::vector<int32_t>> integer_sums_;  // by group

  // Of the last forward pass.
  int32_t batch_ = 0;
  Mode mode_ = Mode::kEvaluate;
  uint64_t dropout_seed_ = 0;
  const Network* network_ = nullptr;
  const Int8Plan* plan_ = nullptr;  // null: float
};

}  // namespace kinglet::train
