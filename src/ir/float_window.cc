// Float arithmetic of convolutions, pools and fully connected layers.
#include <algorithm>
#include <limits>
#include <numeric>

#include "src/ir/float_op.h"

namespace kinglet::ir {
namespace {

struct Image {
  explicit Image(const std::vector<int32_t>& shape)
      : n(shape[0]), h(shape[1]), w(shape[2]), c(shape[3]) {}
  size_t At(int64_t batch, int64_t y, int64_t x) const {
    return static_cast<size_t>(((batch * h + y) * w + x) * c);
  }
  int64_t n, h, w, c;
};

// Calls visit(batch, y, x) for each place of the output.
template <typename Visit>
void ForEachPlace(const Image& out, Visit visit) {
  for (int64_t batch = 0; batch < out.n; ++batch) {
    for (int64_t y = 0; y < out.h; ++y) {
      for (int64_t x = 0; x < out.w; ++x) visit(batch, y, x);
    }
  }
}

struct Window {
  int64_t filter_h, filter_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
};

template <typename Convolution>
Window WindowOf(const Convolution& a, int32_t filter_h, int32_t filter_w) {
  return {filter_h,     filter_w,     a.stride_h,    a.stride_w,
          a.dilation_h, a.dilation_w, a.padding.top, a.padding.left};
}

// Calls visit(fy, fx, y, x) for each element of the window at (out_y, out_x) that lies in the
// input.
template <typename Visit>
void ForEachTap(const Window& w, const Image& in, int64_t out_y, int64_t out_x, Visit visit) {
  for (int64_t fy = 0; fy < w.filter_h; ++fy) {
    const int64_t y = out_y * w.stride_h - w.pad_top + fy * w.dilation_h;
    if (y < 0 || y >= in.h) continue;
    for (int64_t fx = 0; fx < w.filter_w; ++fx) {
      const int64_t x = out_x * w.stride_w - w.pad_left + fx * w.dilation_w;
      if (x >= 0 && x < in.w) visit(fy, fx, y, x);
    }
  }
}

float BiasOf(const FloatOp& op, size_t channel) {
  return op.HasInput(2) ? op.Input(2)[channel] : 0;
}

}  // namespace

void EvaluateFloat(const FloatOp& op, const Conv2d& a) {
  const Image in(op.InputShape(0)), filters(op.InputShape(1)), out(op.OutputShape());
  const Window window = WindowOf(a, op.InputShape(1)[1], op.InputShape(1)[2]);
  const int64_t filters_per_group = filters.n / (in.c / filters.c);
  const float* input = op.Input(0).data();
  const float* weights = op.Input(1).data();
  float* output = op.Output().data();
  ForEachPlace(out, [&](int64_t batch, int64_t out_y, int64_t out_x) {
    for (int64_t o = 0; o < out.c; ++o) {
      float sum = BiasOf(op, static_cast<size_t>(o));
      const int64_t first_channel = o / filters_per_group * filters.c;
      ForEachTap(window, in, out_y, out_x, [&](int64_t fy, int64_t fx, int64_t y, int64_t x) {
        const float* from = input + in.At(batch, y, x) + first_channel;
        sum = std::inner_product(from, from + filters.c, weights + filters.At(o, fy, fx), sum);
      });
      output[out.At(batch, out_y, out_x) + static_cast<size_t>(o)] = Clamp(a.activation, sum);
    }
  });
}

void EvaluateFloat(const FloatOp& op, const DepthwiseConv2d& a) {
  const Image in(op.InputShape(0)), filter(op.InputShape(1)), out(op.OutputShape());
  const Window window = WindowOf(a, op.InputShape(1)[1], op.InputShape(1)[2]);
  const std::span<const float> input = op.Input(0), weights = op.Input(1);
  const std::span<float> output = op.Output();
  ForEachPlace(out, [&](int64_t batch, int64_t out_y, int64_t out_x) {
    for (int64_t o = 0; o < out.c; ++o) {
      const auto channel = static_cast<size_t>(o);
      const auto from = static_cast<size_t>(o / a.depth_multiplier);
      float sum = BiasOf(op, channel);
      ForEachTap(window, in, out_y, out_x, [&](int64_t fy, int64_t fx, int64_t y, int64_t x) {
        sum += input[in.At(batch, y, x) + from] * weights[filter.At(0, fy, fx) + channel];
      });
      output[out.At(batch, out_y, out_x) + channel] = Clamp(a.activation, sum);
    }
  });
}

void EvaluateFloat(const FloatOp& op, const FullyConnected& a) {
  const auto outputs = static_cast<size_t>(op.InputShape(1)[0]);
  const auto inputs = static_cast<size_t>(op.InputShape(1)[1]);
  const std::span<const float> input = op.Input(0), weights = op.Input(1);
  const std::span<float> output = op.Output();
  for (size_t i = 0; i < output.size(); ++i) {
    const float* from = input.data() + i / outputs * inputs;
    const float sum = std::inner_product(from, from + inputs, weights.data() + i % outputs * inputs,
                                         BiasOf(op, i % outputs));
    output[i] = Clamp(a.activation, sum);
  }
}

// Averages are of what lies in the input; padding does not count.
void EvaluateFloat(const FloatOp& op, const Pool2d& a) {
  const Image in(op.InputShape(0)), out(op.OutputShape());
  const Window window = {a.filter_h, a.filter_w, a.stride_h,    a.stride_w,
                         1,          1,          a.padding.top, a.padding.left};
  const bool average = a.kind == Pool2d::Kind::kAverage;
  const std::span<const float> input = op.Input(0);
  const std::span<float> output = op.Output();
  ForEachPlace(out, [&](int64_t batch, int64_t out_y, int64_t out_x) {
    for (int64_t c = 0; c < out.c; ++c) {
      const auto channel = static_cast<size_t>(c);
      float sum = 0, largest = std::numeric_limits<float>::lowest();
      int32_t count = 0;
      ForEachTap(window, in, out_y, out_x, [&](int64_t, int64_t, int64_t y, int64_t x) {
        const float value = input[in.At(batch, y, x) + channel];
        sum += value;
        largest = std::max(largest, value);
        ++count;
      });
      const float result = average ? sum / static_cast<float>(std::max(count, 1)) : largest;
      output[out.At(batch, out_y, out_x) + channel] = Clamp(a.activation, result);
    }
  });
}

}  // namespace kinglet::ir
