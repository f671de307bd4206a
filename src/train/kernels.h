// Float kernels of training, NHWC. Channel counts are multiples of kChannelBlock throughout; arrays
// need no alignment. One set is compiled for each instruction set and chosen when the program
// starts. Sums are taken in a fixed order: the same inputs give the same bits within one set (sets
// differ, because fused multiply-add rounds once).
#pragma once

#include <cstddef>
#include <cstdint>

namespace kinglet::train {

// c[m x n] = (add ? c : 0) + a[m x k] * b[k x n]; a(i, l) lies at a[i * a_row + l * a_depth], b and
// c have rows of b_row and c_row. n is a multiple of kChannelBlock.
struct Gemm {
  int64_t m = 0, n = 0, k = 0;
  const float* a = nullptr;
  int64_t a_row = 0, a_depth = 0;
  const float* b = nullptr;
  int64_t b_row = 0;
  float* c = nullptr;
  int64_t c_row = 0;
  bool add = false;
};

struct DepthwiseGeometry {
  int32_t channels = 0;
  int32_t in_h = 0, in_w = 0, out_h = 0, out_w = 0;
  int32_t kernel_h = 0, kernel_w = 0, stride_h = 0, stride_w = 0;
  int32_t pad_top = 0, pad_left = 0;
};
inline constexpr int32_t kDepthwiseTapsMax = 128;

// Scratch that the depthwise kernels need, in floats.
size_t DepthwiseScratch(const DepthwiseGeometry& geometry);

// Which gradients pass an activation.
enum class Gate : uint8_t {
  kAll,
  kPositive,   // where the output is above 0: ReLU
  kUnclamped,  // where output and sum are equal: int8 with its clamps
};

// One optimiser step on `count` parameters; `decay` is the learning rate times the weight decay
// (decoupled from the gradient).
struct AdamStep {
  float learning_rate = 0;   // over the first moment's bias correction
  float variance_scale = 1;  // 1 / sqrt of the second moment's bias correction
  float beta1 = 0.9F, beta2 = 0.999F, epsilon = 1e-8F;
  float decay = 0;
};
struct MomentumStep {
  float learning_rate = 0, momentum = 0.9F, decay = 0;
};

// A factor and a summand for each channel.
struct ScaleShift {
  const float* scale = nullptr;
  const float* shift = nullptr;
};

struct Kernels {
  const char* name;

  void (*gemm)(const Gemm& gemm);

  // One sample: y = depthwise(x, w), weights [kernel_h * kernel_w, channels].
  void (*depthwise_forward)(const DepthwiseGeometry& geometry, const float* x, const float* w,
                            float* y, float* scratch);
  // One sample: dw += ..., and dx = (add_dx ? dx : 0) + ... unless dx is null.
  void (*depthwise_backward)(const DepthwiseGeometry& geometry, const float* x, const float* w,
                             const float* dy, float* dx, bool add_dx, float* dw, float* scratch);

  // sum += column sums of x[rows, channels], sum_squares += those of x * x.
  void (*channel_moments)(const float* x, int64_t rows, int32_t channels, double* sum,
                          double* sum_squares);
  // out = x * scale + shift, negative values replaced by 0 if `relu`; out may be x.
  void (*scale_shift)(const float* x, int64_t rows, int32_t channels, ScaleShift factors, bool relu,
                      float* out);

  // Batch norm's backward pass, first half: with g = d where y * scale + shift is above 0, else 0
  // (all of d when `relu` is null), sum += g and sum_centred += g * (y - mean).
  void (*norm_reduce)(const float* d, const float* y, const float* mean, const ScaleShift* relu,
                      int64_t rows, int32_t channels, double* sum, double* sum_centred);
  // Second half: d = a * g + (b * y + e).
  void (*norm_apply)(float* d, const float* y, const ScaleShift* relu, int64_t rows,
                     int32_t channels, const float* a, const float* b, const float* e);

  // d = d gated; sum += column sums of the result unless null. `y` is read for kUnclamped, `out`
  // for all but kAll.
  void (*gate)(float* d, const float* out, const float* y, Gate gate, int64_t rows,
               int32_t channels, double* sum);

  // to += from.
  void (*add)(float* to, const float* from, int64_t count);
  // out = a + b, negative values replaced by 0 if `relu`.
  void (*add_two)(const float* a, const float* b, bool relu, int64_t count, float* out);

  void (*adam)(const AdamStep& step, const float* gradient, int64_t count, float* first,
               float* second, float* weights);
  void (*momentum)(const MomentumStep& step, const float* gradient, int64_t count, float* velocity,
                   float* weights);
};

// The fastest set this processor can run.
const Kernels& BestKernels();
// The set that every processor of this architecture can run.
const Kernels& BaselineKernels();

}  // namespace kinglet::train
