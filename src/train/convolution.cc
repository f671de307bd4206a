#include "src/train/convolution.h"

#include <algorithm>
#include <cstring>

namespace kinglet::train {
namespace {

// Products of int8 values less their zero points are below 255 * 127; so many of them add up
// exactly in a float.
constexpr int64_t kExactDepth = (1 << 24) / (255 * 127);

DepthwiseGeometry GeometryOf(const Layer& layer) {
  return {.channels = PaddedChannels(layer.in.c),
          .in_h = layer.in.h,
          .in_w = layer.in.w,
          .out_h = layer.out.h,
          .out_w = layer.out.w,
          .kernel_h = layer.kernel_h,
          .kernel_w = layer.kernel_w,
          .stride_h = layer.stride_h,
          .stride_w = layer.stride_w,
          .pad_top = layer.padding.top,
          .pad_left = layer.padding.left};
}

}  // namespace

Convolution::Convolution(const Layer& layer, const LayerLayout& layout, const Kernels& kernels)
    : layer_(layer),
      kernels_(kernels),
      pointwise_(layer.kernel_h == 1 && layer.kernel_w == 1 && layer.stride_h == 1 &&
                 layer.stride_w == 1 && layer.padding == ir::Padding{}),
      in_channels_(PaddedChannels(layer.in.c)),
      rows_(layout.rows),
      padded_rows_(PaddedChannels(layout.rows)),
      columns_(layout.columns) {
  if (layer.kind == LayerKind::kDepthwise) {
    KINGLET_ASSERT(layer.kernel_h * layer.kernel_w <= kDepthwiseTapsMax);
    depthwise_ = GeometryOf(layer);
    pointwise_ = false;
    block_ = positions_per_sample();
    scratch_floats_ = DepthwiseScratch(depthwise_) + static_cast<size_t>(block_ * columns_);
    return;
  }
  // As many positions as keep their windows in the second-level cache; a multiple of the GEMM's six
  // rows.
  constexpr int64_t kWindowFloats = 49152;
  block_ = std::clamp<int64_t>(kWindowFloats / rows_ / 6 * 6, 24, 192);
  scratch_floats_ = static_cast<size_t>(block_ * (rows_ + padded_rows_ + columns_));
}

template <typename Visit>
void Convolution::ForEachRun(int64_t first, int64_t count, const Visit& visit) const {
  const Shape &in = layer_.in, &out = layer_.out;
  int64_t sample = first / positions_per_sample();
  auto oy = static_cast<int32_t>(first % positions_per_sample() / out.w);
  auto ox = static_cast<int32_t>(first % out.w);
  for (int64_t i = 0; i < count; ++i) {
    const int32_t left = ox * layer_.stride_w - layer_.padding.left;
    const int32_t begin = std::max(0, -left);
    const int32_t taps = std::max(0, std::min(layer_.kernel_w, in.w - left) - begin);
    for (int32_t ky = 0; ky < layer_.kernel_h; ++ky) {
      const int32_t y = oy * layer_.stride_h - layer_.padding.top + ky;
      const bool inside = y >= 0 && y < in.h;
      const int64_t pixel = (sample * in.h + y) * in.w + left + begin;
      visit(i, ky, pixel * in_channels_, begin, inside ? taps : 0);
    }
    if (++ox == out.w) {
      ox = 0;
      if (++oy == out.h) oy = 0, ++sample;
    }
  }
}

void Convolution::Gather(const float* x, int64_t first, int64_t count, float* columns) const {
  const int64_t c = layer_.in.c;
  const int64_t row_floats = layer_.kernel_w * c;
  ForEachRun(first, count, [&](int64_t i, int32_t ky, int64_t from, int32_t begin, int32_t taps) {
    float* to = columns + i * rows_ + ky * row_floats;
    if (taps < layer_.kernel_w) std::memset(to, 0, static_cast<size_t>(row_floats) * sizeof(float));
    to += begin * c;
    if (c == in_channels_) {
      std::memcpy(to, x + from, static_cast<size_t>(taps * c) * sizeof(float));
      return;
    }
    for (int32_t t = 0; t < taps; ++t) {
      for (int64_t j = 0; j < c; ++j) to[t * c + j] = x[from + t * in_channels_ + j];
    }
  });
}

void Convolution::Scatter(const float* columns, int64_t first, int64_t count, float* dx) const {
  const int64_t c = layer_.in.c;
  ForEachRun(first, count, [&](int64_t i, int32_t ky, int64_t to, int32_t begin, int32_t taps) {
    const float* from = columns + i * padded_rows_ + (int64_t{ky} * layer_.kernel_w + begin) * c;
    if (c == in_channels_) {
      kernels_.add(dx + to, from, taps * c);
      return;
    }
    for (int32_t t = 0; t < taps; ++t) {
      for (int64_t j = 0; j < c; ++j) dx[to + t * in_channels_ + j] += from[t * c + j];
    }
  });
}

void Convolution::Forward(const float* x, const float* weights, int64_t first, int64_t count,
                          float* y, float* scratch) const {
  if (layer_.kind == LayerKind::kDepthwise) {
    const int64_t sample = first / positions_per_sample();
    kernels_.depthwise_forward(depthwise_, x + sample * layer_.in.h * layer_.in.w * in_channels_,
                               weights, y + first * columns_, scratch);
    return;
  }
  const float* a = x + first * in_channels_;
  if (!pointwise_) {
    Gather(x, first, count, scratch);
    a = scratch;
  }
  kernels_.gemm({.m = count,
                 .n = columns_,
                 .k = rows_,
                 .a = a,
                 .a_row = pointwise_ ? in_channels_ : rows_,
                 .a_depth = 1,
                 .b = weights,
                 .b_row = columns_,
                 .c = y + first * columns_,
                 .c_row = columns_});
}

void Convolution::ForwardInteger(const float* x, const float* weights, int64_t first, int64_t count,
                                 int32_t* sums, float* scratch) const {
  float* exact = scratch + (scratch_floats_ - static_cast<size_t>(block_ * columns_));
  const int64_t values = count * columns_;
  if (layer_.kind == LayerKind::kDepthwise) {
    Forward(x, weights, first, count, exact - first * columns_, scratch);
    for (int64_t i = 0; i < values; ++i) sums[i] = static_cast<int32_t>(exact[i]);
    return;
  }
  const float* a = x + first * in_channels_;
  if (!pointwise_) {
    Gather(x, first, count, scratch);
    a = scratch;
  }
  for (int64_t depth = 0; depth < rows_; depth += kExactDepth) {
    kernels_.gemm({.m = count,
                   .n = columns_,
                   .k = std::min(kExactDepth, rows_ - depth),
                   .a = a + depth,
                   .a_row = pointwise_ ? in_channels_ : rows_,
                   .a_depth = 1,
                   .b = weights + depth * columns_,
                   .b_row = columns_,
                   .c = exact,
                   .c_row = columns_});
    for (int64_t i = 0; i < values; ++i) {
      sums[i] = (depth > 0 ? sums[i] : 0) + static_cast<int32_t>(exact[i]);
    }
  }
}

size_t Convolution::turned_floats() const {
  if (layer_.kind == LayerKind::kDepthwise) return static_cast<size_t>(rows_ * columns_);
  return static_cast<size_t>(layer_.out.c * padded_rows_);
}

void Convolution::Turn(const float* weights, float* turned) const {
  if (layer_.kind == LayerKind::kDepthwise) {
    std::copy(weights, weights + rows_ * columns_, turned);
    return;
  }
  for (int64_t c = 0; c < layer_.out.c; ++c) {
    float* to = turned + c * padded_rows_;
    for (int64_t row = 0; row < rows_; ++row) to[row] = weights[row * columns_ + c];
    std::fill(to + rows_, to + padded_rows_, 0.0F);
  }
}

void Convolution::BackwardDepthwise(const float* x, const float* weights, const float* dy,
                                    int64_t begin, int64_t end, const Gradients& gradients,
                                    float* scratch) const {
  const int64_t in = int64_t{layer_.in.h} * layer_.in.w * in_channels_;
  const int64_t out = positions_per_sample() * columns_;
  for (int64_t s = begin; s < end; ++s) {
    float* dx = gradients.dx == nullptr ? nullptr : gradients.dx + s * in;
    kernels_.depthwise_backward(depthwise_, x + s * in, weights, dy + s * out, dx, gradients.add_dx,
                                gradients.dw, scratch);
  }
}

void Convolution::Backward(const float* x, const float* turned, const float* dy, int64_t begin,
                           int64_t end, const Gradients& gradients, float* scratch) const {
  if (layer_.kind == LayerKind::kDepthwise) {
    BackwardDepthwise(x, turned, dy, begin, end, gradients, scratch);
    return;
  }
  float* window_gradients = scratch + block_ * rows_;
  if (gradients.dx != nullptr && !pointwise_ && !gradients.add_dx) {
    const int64_t in = int64_t{layer_.in.h} * layer_.in.w * in_channels_;
    std::fill(gradients.dx + begin * in, gradients.dx + end * in, 0.0F);
  }
  const int64_t last = end * positions_per_sample();
  for (int64_t first = begin * positions_per_sample(); first < last; first += block_) {
    const int64_t count = std::min(block_, last - first);
    const float* d = dy + first * columns_;
    const float* a = x + first * in_channels_;
    if (!pointwise_) {
      Gather(x, first, count, scratch);
      a = scratch;
    }
    kernels_.gemm({.m = rows_,
                   .n = columns_,
                   .k = count,
                   .a = a,
                   .a_row = 1,
                   .a_depth = pointwise_ ? in_channels_ : rows_,
                   .b = d,
                   .b_row = columns_,
                   .c = gradients.dw,
                   .c_row = columns_,
                   .add = true});
    if (gradients.dx == nullptr) continue;
    kernels_.gemm({.m = count,
                   .n = padded_rows_,
                   .k = layer_.out.c,
                   .a = d,
                   .a_row = columns_,
                   .a_depth = 1,
                   .b = turned,
                   .b_row = padded_rows_,
                   .c = pointwise_ ? gradients.dx + first * in_channels_ : window_gradients,
                   .c_row = padded_rows_,
                   .add = pointwise_ && gradients.add_dx});
    if (!pointwise_) Scatter(window_gradients, first, count, gradients.dx);
  }
}

}  // namespace kinglet::train
