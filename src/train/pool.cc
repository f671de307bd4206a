#include "src/train/pool.h"

#include <algorithm>
#include <cmath>

#include "src/train/network.h"

namespace kinglet::train {
namespace {

// Calls visit(output offset, input offset of channel 0 of the window's top left pixel, rows,
// columns) for each window.
template <typename Visit>
void ForEachWindow(const PoolRange& range, const Visit& visit) {
  const Layer& layer = range.layer;
  const Shape &in = layer.in, &out = layer.out;
  const int64_t channels = PaddedChannels(in.c);
  int64_t to = range.begin * out.h * out.w * channels;
  for (int64_t s = range.begin; s < range.end; ++s) {
    for (int32_t oy = 0; oy < out.h; ++oy) {
      const int32_t top = oy * layer.stride_h - layer.padding.top;
      const int32_t y = std::max(top, 0), y_end = std::min(top + layer.kernel_h, in.h);
      for (int32_t ox = 0; ox < out.w; ++ox, to += channels) {
        const int32_t left = ox * layer.stride_w - layer.padding.left;
        const int32_t x = std::max(left, 0), x_end = std::min(left + layer.kernel_w, in.w);
        visit(to, ((s * in.h + y) * in.w + x) * channels, y_end - y, x_end - x);
      }
    }
  }
}

// Calls visit(offset) for each pixel of a window of rows x columns at `from`.
template <typename Visit>
void ForEachPixel(const Layer& layer, int64_t from, int32_t rows, int32_t columns,
                  const Visit& visit) {
  const int64_t channels = PaddedChannels(layer.in.c);
  for (int32_t r = 0; r < rows; ++r) {
    for (int32_t c = 0; c < columns; ++c) visit(from + (int64_t{r} * layer.in.w + c) * channels);
  }
}

// y = sums over windows (kAveragePool) or maxima (kMaxPool).
template <typename Finish>
void Reduce(const PoolRange& range, const float* x, float* y, const Finish& finish) {
  const Layer& layer = range.layer;
  const int64_t channels = PaddedChannels(layer.in.c);
  const bool maximum = layer.kind == LayerKind::kMaxPool;
  ForEachWindow(range, [&](int64_t to, int64_t from, int32_t rows, int32_t columns) {
    std::copy(x + from, x + from + channels, y + to);
    bool first = true;
    ForEachPixel(layer, from, rows, columns, [&](int64_t pixel) {
      if (std::exchange(first, false)) return;
      for (int64_t c = 0; c < channels; ++c) {
        float& value = y[to + c];
        value = maximum ? std::max(value, x[pixel + c]) : value + x[pixel + c];
      }
    });
    if (!maximum) finish(y + to, rows * columns);
  });
}

}  // namespace

void PoolForward(const PoolRange& range, const float* x, float* y) {
  const int64_t channels = PaddedChannels(range.layer.in.c);
  Reduce(range, x, y, [&](float* sums, int32_t count) {
    const float factor = 1.0F / static_cast<float>(count);
    for (int64_t c = 0; c < channels; ++c) sums[c] *= factor;
  });
}

void PoolForwardInteger(const PoolRange& range, const float* x, int32_t zero_point, float* y) {
  const int32_t channels = range.layer.in.c;
  Reduce(range, x, y, [&](float* sums, int32_t count) {
    for (int32_t c = 0; c < channels; ++c) {
      const int32_t sum = static_cast<int32_t>(sums[c]) + count * zero_point;
      const int32_t mean = (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
      sums[c] = static_cast<float>(std::clamp(mean, -128, 127) - zero_point);
    }
  });
}

void PoolBackward(const PoolRange& range, const float* x, const float* y, const float* dy,
                  float* dx, bool add_dx) {
  const Layer& layer = range.layer;
  const int64_t channels = PaddedChannels(layer.in.c);
  const int64_t in = int64_t{layer.in.h} * layer.in.w * channels;
  if (!add_dx) std::fill(dx + range.begin * in, dx + range.end * in, 0.0F);
  ForEachWindow(range, [&](int64_t to, int64_t from, int32_t rows, int32_t columns) {
    if (layer.kind == LayerKind::kAveragePool) {
      const float factor = 1.0F / static_cast<float>(rows * columns);
      ForEachPixel(layer, from, rows, columns, [&](int64_t pixel) {
        for (int64_t c = 0; c < channels; ++c) dx[pixel + c] += dy[to + c] * factor;
      });
      return;
    }
    for (int64_t c = 0; c < channels; ++c) {
      bool given = false;
      ForEachPixel(layer, from, rows, columns, [&](int64_t pixel) {
        if (given || x[pixel + c] != y[to + c]) return;
        dx[pixel + c] += dy[to + c];
        given = true;
      });
    }
  });
}

}  // namespace kinglet::train
