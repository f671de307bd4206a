// The kernels' bodies, compiled once for each instruction set by kernels_baseline.cc and
// kernels_avx2.cc. Includes no header with inline functions of external linkage: the linker might
// keep the copy that needs the newer processor.
#pragma once

#include "src/train/kernels.h"
#include "src/train/simd.h"

namespace kinglet::train {
namespace {

constexpr int64_t kRows = 6;  // of the GEMM's register tile, by 2 vectors

template <int R, int V>
inline void Tile(const Gemm& g, const float* a, const float* b, float* c) {
  Vec sums[R][V];
#pragma GCC unroll 8
  for (int i = 0; i < R; ++i) {
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) sums[i][v] = Vec{};
  }
  for (int64_t l = 0; l < g.k; ++l) {
    Vec row[V];
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) row[v] = Load(b + l * g.b_row + v * kLanes);
    const float* column = a + l * g.a_depth;
#pragma GCC unroll 8
    for (int i = 0; i < R; ++i) {
      const Vec x = Broadcast(column[i * g.a_row]);
#pragma GCC unroll 2
      for (int v = 0; v < V; ++v) sums[i][v] = MultiplyAdd(x, row[v], sums[i][v]);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < R; ++i) {
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) {
      float* out = c + i * g.c_row + v * kLanes;
      Store(out, g.add ? sums[i][v] + Load(out) : sums[i][v]);
    }
  }
}

template <int V>
void Panel(const Gemm& g, int64_t column) {
  const float* b = g.b + column;
  int64_t i = 0;
  for (; i + kRows <= g.m; i += kRows) {
    Tile<kRows, V>(g, g.a + i * g.a_row, b, g.c + i * g.c_row + column);
  }
  const float* a = g.a + i * g.a_row;
  float* c = g.c + i * g.c_row + column;
  switch (g.m - i) {
    case 5:
      return Tile<5, V>(g, a, b, c);
    case 4:
      return Tile<4, V>(g, a, b, c);
    case 3:
      return Tile<3, V>(g, a, b, c);
    case 2:
      return Tile<2, V>(g, a, b, c);
    case 1:
      return Tile<1, V>(g, a, b, c);
    default:
      return;
  }
}

void RunGemm(const Gemm& g) {
  int64_t j = 0;
  for (; j + 2 * kLanes <= g.n; j += 2 * kLanes) Panel<2>(g, j);
  for (; j < g.n; j += kLanes) Panel<1>(g, j);
}

// Depthwise kernels work on a copy of kLanes channels with its zero border around it, the "tile".
struct TileSize {
  int32_t h, w;
  explicit TileSize(const DepthwiseGeometry& g)
      : h((g.out_h - 1) * g.stride_h + g.kernel_h), w((g.out_w - 1) * g.stride_w + g.kernel_w) {}
  int64_t floats() const { return int64_t{h} * w * kLanes; }
};

inline int32_t Smaller(int32_t a, int32_t b) { return a < b ? a : b; }

void Clear(float* p, int64_t count) {
  for (int64_t i = 0; i < count; i += kLanes) Store(p + i, Vec{});
}

void LoadTile(const DepthwiseGeometry& g, const float* x, TileSize size, float* tile) {
  const int32_t rows = Smaller(g.in_h, size.h - g.pad_top);
  const int32_t columns = Smaller(g.in_w, size.w - g.pad_left);
  for (int32_t y = 0; y < rows; ++y) {
    const float* from = x + int64_t{y} * g.in_w * g.channels;
    float* to = tile + (int64_t{y + g.pad_top} * size.w + g.pad_left) * kLanes;
    for (int32_t c = 0; c < columns; ++c)
      Store(to + c * kLanes, Load(from + int64_t{c} * g.channels));
  }
}

void StoreTile(const DepthwiseGeometry& g, const float* tile, TileSize size, bool add, float* dx) {
  for (int32_t y = 0; y < g.in_h; ++y) {
    for (int32_t x = 0; x < g.in_w; ++x) {
      const int32_t row = y + g.pad_top, column = x + g.pad_left;
      const bool inside = row < size.h && column < size.w;
      const Vec v = inside ? Load(tile + (int64_t{row} * size.w + column) * kLanes) : Vec{};
      float* to = dx + (int64_t{y} * g.in_w + x) * g.channels;
      Store(to, add ? v + Load(to) : v);
    }
  }
}

// KH x KW is the kernel's size, so that its weights stay in registers; 0: read it from `g`.
template <int KH, int KW>
void ForwardTile(const DepthwiseGeometry& g, const float* tile, int32_t tile_w, const float* w,
                 float* y) {
  const int32_t kernel_h = KH ? KH : g.kernel_h, kernel_w = KW ? KW : g.kernel_w;
  Vec taps[KH ? KH * KW : kDepthwiseTapsMax];
  for (int32_t t = 0; t < kernel_h * kernel_w; ++t) taps[t] = Load(w + int64_t{t} * g.channels);
  for (int32_t oy = 0; oy < g.out_h; ++oy) {
    for (int32_t ox = 0; ox < g.out_w; ++ox) {
      const float* window = tile + (int64_t{oy} * g.stride_h * tile_w + ox * g.stride_w) * kLanes;
      Vec sum{};
#pragma GCC unroll 3
      for (int32_t ky = 0; ky < kernel_h; ++ky) {
#pragma GCC unroll 3
        for (int32_t kx = 0; kx < kernel_w; ++kx) {
          const float* p = window + (int64_t{ky} * tile_w + kx) * kLanes;
          sum = MultiplyAdd(taps[ky * kernel_w + kx], Load(p), sum);
        }
      }
      Store(y + (int64_t{oy} * g.out_w + ox) * g.channels, sum);
    }
  }
}

template <int KH, int KW>
void WeightGradient(const DepthwiseGeometry& g, const float* tile, int32_t tile_w, const float* dy,
                    float* dw) {
  const int32_t kernel_h = KH ? KH : g.kernel_h, kernel_w = KW ? KW : g.kernel_w;
  Vec sums[KH ? KH * KW : kDepthwiseTapsMax];
  for (int32_t t = 0; t < kernel_h * kernel_w; ++t) sums[t] = Load(dw + int64_t{t} * g.channels);
  for (int32_t oy = 0; oy < g.out_h; ++oy) {
    for (int32_t ox = 0; ox < g.out_w; ++ox) {
      const float* window = tile + (int64_t{oy} * g.stride_h * tile_w + ox * g.stride_w) * kLanes;
      const Vec d = Load(dy + (int64_t{oy} * g.out_w + ox) * g.channels);
#pragma GCC unroll 3
      for (int32_t ky = 0; ky < kernel_h; ++ky) {
#pragma GCC unroll 3
        for (int32_t kx = 0; kx < kernel_w; ++kx) {
          Vec& sum = sums[ky * kernel_w + kx];
          sum = MultiplyAdd(d, Load(window + (int64_t{ky} * tile_w + kx) * kLanes), sum);
        }
      }
    }
  }
  for (int32_t t = 0; t < kernel_h * kernel_w; ++t) Store(dw + int64_t{t} * g.channels, sums[t]);
}

template <int KH, int KW>
void InputGradient(const DepthwiseGeometry& g, const float* dy, int32_t tile_w, const float* w,
                   float* tile) {
  const int32_t kernel_h = KH ? KH : g.kernel_h, kernel_w = KW ? KW : g.kernel_w;
  Vec taps[KH ? KH * KW : kDepthwiseTapsMax];
  for (int32_t t = 0; t < kernel_h * kernel_w; ++t) taps[t] = Load(w + int64_t{t} * g.channels);
  for (int32_t oy = 0; oy < g.out_h; ++oy) {
    for (int32_t ox = 0; ox < g.out_w; ++ox) {
      float* window = tile + (int64_t{oy} * g.stride_h * tile_w + ox * g.stride_w) * kLanes;
      const Vec d = Load(dy + (int64_t{oy} * g.out_w + ox) * g.channels);
#pragma GCC unroll 3
      for (int32_t ky = 0; ky < kernel_h; ++ky) {
#pragma GCC unroll 3
        for (int32_t kx = 0; kx < kernel_w; ++kx) {
          float* p = window + (int64_t{ky} * tile_w + kx) * kLanes;
          Store(p, MultiplyAdd(d, taps[ky * kernel_w + kx], Load(p)));
        }
      }
    }
  }
}

// The 3x3, stride 1 input gradient is itself a convolution, of the bordered dy with the taps in
// reverse: no read-modify-write.
void InputGradient3x3(const DepthwiseGeometry& g, const float* bordered, const float* w, bool add,
                      float* dx) {
  Vec taps[9];
  for (int t = 0; t < 9; ++t) taps[t] = Load(w + int64_t{8 - t} * g.channels);
  const int64_t width = g.in_w + 2;
  for (int32_t y = 0; y < g.in_h; ++y) {
    for (int32_t x = 0; x < g.in_w; ++x) {
      const float* window = bordered + (y * width + x) * kLanes;
      Vec sum{};
#pragma GCC unroll 3
      for (int ky = 0; ky < 3; ++ky) {
#pragma GCC unroll 3
        for (int kx = 0; kx < 3; ++kx) {
          sum = MultiplyAdd(taps[ky * 3 + kx], Load(window + (ky * width + kx) * kLanes), sum);
        }
      }
      float* to = dx + (int64_t{y} * g.in_w + x) * g.channels;
      Store(to, add ? sum + Load(to) : sum);
    }
  }
}

// dy with the border that InputGradient3x3 reads: element (y, x) of dy reaches dx rows y - pad_top
// .. y - pad_top + 2.
void LoadBordered(const DepthwiseGeometry& g, const float* dy, float* bordered) {
  const int32_t width = g.in_w + 2, top = 2 - g.pad_top, left = 2 - g.pad_left;
  for (int32_t y = 0; y < Smaller(g.out_h, g.in_h + 2 - top); ++y) {
    for (int32_t x = 0; x < Smaller(g.out_w, width - left); ++x) {
      Store(bordered + (int64_t{y + top} * width + x + left) * kLanes,
            Load(dy + (int64_t{y} * g.out_w + x) * g.channels));
    }
  }
}

void DepthwiseForward(const DepthwiseGeometry& g, const float* x, const float* w, float* y,
                      float* scratch) {
  const TileSize size(g);
  const auto run = g.kernel_h == 3 && g.kernel_w == 3 ? ForwardTile<3, 3> : ForwardTile<0, 0>;
  Clear(scratch, size.floats());
  for (int32_t c = 0; c < g.channels; c += kLanes) {
    LoadTile(g, x + c, size, scratch);
    run(g, scratch, size.w, w + c, y + c);
  }
}

void DepthwiseBackward(const DepthwiseGeometry& g, const float* x, const float* w, const float* dy,
                       float* dx, bool add_dx, float* dw, float* scratch) {
  const TileSize size(g);
  const bool small = g.kernel_h == 3 && g.kernel_w == 3;
  const bool direct =
      small && g.stride_h == 1 && g.stride_w == 1 && g.pad_top <= 2 && g.pad_left <= 2;
  const auto weight_gradient = small ? WeightGradient<3, 3> : WeightGradient<0, 0>;
  const auto input_gradient = small ? InputGradient<3, 3> : InputGradient<0, 0>;
  float* tile = scratch;
  float* gradient = scratch + size.floats();
  const int64_t bordered = int64_t{g.in_h + 2} * (g.in_w + 2) * kLanes;
  Clear(tile, size.floats());
  Clear(gradient, direct ? bordered : size.floats());
  for (int32_t c = 0; c < g.channels; c += kLanes) {
    LoadTile(g, x + c, size, tile);
    weight_gradient(g, tile, size.w, dy + c, dw + c);
    if (dx == nullptr) continue;
    if (direct) {
      LoadBordered(g, dy + c, gradient);
      InputGradient3x3(g, gradient, w + c, add_dx, dx + c);
    } else {
      if (c > 0) Clear(gradient, size.floats());
      input_gradient(g, dy + c, size.w, w + c, gradient);
      StoreTile(g, gradient, size, add_dx, dx + c);
    }
  }
}

// Calls body<count of vectors>(first channel) until all channels are done: V vectors at a time
// where they fit, then one.
template <int V, typename Body>
inline void OverChannels(int32_t channels, const Body& body) {
  int32_t c = 0;
  for (; c + V * kLanes <= channels; c += V * kLanes) body.template operator()<V>(c);
  for (; c < channels; c += kLanes) body.template operator()<1>(c);
}

inline void AddTo(double* to, Vec v) {
  for (int lane = 0; lane < kLanes; ++lane) to[lane] += v[lane];
}

template <int V>
void Moments(const float* x, int64_t rows, int32_t channels, double* sum, double* squares) {
  Vec s[V] = {}, q[V] = {};
  for (int64_t r = 0; r < rows; ++r, x += channels) {
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      const Vec value = Load(x + v * kLanes);
      s[v] += value;
      q[v] = MultiplyAdd(value, value, q[v]);
    }
  }
  for (int v = 0; v < V; ++v) AddTo(sum + v * kLanes, s[v]);
  for (int v = 0; v < V; ++v) AddTo(squares + v * kLanes, q[v]);
}

void ChannelMoments(const float* x, int64_t rows, int32_t channels, double* sum, double* squares) {
  OverChannels<4>(
      channels, [&]<int V>(int32_t c) { Moments<V>(x + c, rows, channels, sum + c, squares + c); });
}

inline Vec Positive(Vec v, bool relu) { return relu ? (v > Vec{} ? v : Vec{}) : v; }

template <int V>
void ScaleShiftBlock(const float* x, int64_t rows, int32_t channels, ScaleShift factors, bool relu,
                     float* out) {
  Vec a[V], b[V];
  for (int v = 0; v < V; ++v) {
    a[v] = Load(factors.scale + v * kLanes), b[v] = Load(factors.shift + v * kLanes);
  }
  for (int64_t r = 0; r < rows; ++r, x += channels, out += channels) {
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) {
      Store(out + v * kLanes, Positive(MultiplyAdd(Load(x + v * kLanes), a[v], b[v]), relu));
    }
  }
}

void RunScaleShift(const float* x, int64_t rows, int32_t channels, ScaleShift factors, bool relu,
                   float* out) {
  OverChannels<4>(channels, [&]<int V>(int32_t c) {
    ScaleShiftBlock<V>(x + c, rows, channels, {factors.scale + c, factors.shift + c}, relu,
                       out + c);
  });
}

// Calls visit(index, vector of the block, gated gradient, y) for each vector of V * kLanes
// channels' rows. Whether the ReLU was open is computed again from y: less to read than its output.
template <int V, bool kRelu, typename Visit>
inline void ForEachGated(const float* d, const float* y, const ScaleShift* relu, int32_t c,
                         int64_t rows, int32_t channels, const Visit& visit) {
  Vec scale[V], shift[V];
  for (int v = 0; kRelu && v < V; ++v) {
    scale[v] = Load(relu->scale + c + v * kLanes), shift[v] = Load(relu->shift + c + v * kLanes);
  }
  for (int64_t r = 0; r < rows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < V; ++v) {
      const int64_t i = r * channels + c + v * kLanes;
      const Vec sum = Load(y + i);
      Vec g = Load(d + i);
      if (kRelu) g = MultiplyAdd(sum, scale[v], shift[v]) > Vec{} ? g : Vec{};
      visit(i, v, g, sum);
    }
  }
}

template <bool kRelu>
void NormReduceAll(const float* d, const float* y, const float* mean, const ScaleShift* relu,
                   int64_t rows, int32_t channels, double* sum, double* centred) {
  OverChannels<2>(channels, [&]<int V>(int32_t c) {
    Vec s[V] = {}, q[V] = {}, u[V];
    for (int v = 0; v < V; ++v) u[v] = Load(mean + c + v * kLanes);
    ForEachGated<V, kRelu>(d, y, relu, c, rows, channels, [&](int64_t, int v, Vec g, Vec value) {
      s[v] += g;
      q[v] = MultiplyAdd(g, value - u[v], q[v]);
    });
    for (int v = 0; v < V; ++v) AddTo(sum + c + v * kLanes, s[v]);
    for (int v = 0; v < V; ++v) AddTo(centred + c + v * kLanes, q[v]);
  });
}

void NormReduce(const float* d, const float* y, const float* mean, const ScaleShift* relu,
                int64_t rows, int32_t channels, double* sum, double* centred) {
  const auto run = relu != nullptr ? NormReduceAll<true> : NormReduceAll<false>;
  run(d, y, mean, relu, rows, channels, sum, centred);
}

template <bool kRelu>
void NormApplyAll(float* d, const float* y, const ScaleShift* relu, int64_t rows, int32_t channels,
                  const float* a, const float* b, const float* e) {
  OverChannels<2>(channels, [&]<int V>(int32_t c) {
    Vec fa[V], fb[V], fe[V];
    for (int v = 0; v < V; ++v) {
      const int32_t at = c + v * kLanes;
      fa[v] = Load(a + at), fb[v] = Load(b + at), fe[v] = Load(e + at);
    }
    ForEachGated<V, kRelu>(d, y, relu, c, rows, channels, [&](int64_t i, int v, Vec g, Vec value) {
      Store(d + i, MultiplyAdd(fa[v], g, MultiplyAdd(fb[v], value, fe[v])));
    });
  });
}

void NormApply(float* d, const float* y, const ScaleShift* relu, int64_t rows, int32_t channels,
               const float* a, const float* b, const float* e) {
  const auto run = relu != nullptr ? NormApplyAll<true> : NormApplyAll<false>;
  run(d, y, relu, rows, channels, a, b, e);
}

void GateGradient(float* d, const float* out, const float* y, Gate gate, int64_t rows,
                  int32_t channels, double* sum) {
  for (int32_t c = 0; c < channels; c += kLanes) {
    Vec s{};
    for (int64_t i = c; i < rows * channels; i += channels) {
      Vec g = Load(d + i);
      if (gate == Gate::kPositive) g = Load(out + i) > Vec{} ? g : Vec{};
      if (gate == Gate::kUnclamped) g = Load(out + i) == Load(y + i) ? g : Vec{};
      Store(d + i, g);
      s += g;
    }
    if (sum != nullptr) AddTo(sum + c, s);
  }
}

void AddArray(float* to, const float* from, int64_t count) {
  for (int64_t i = 0; i < count; i += kLanes) Store(to + i, Load(to + i) + Load(from + i));
}

void AddTwo(const float* a, const float* b, bool relu, int64_t count, float* out) {
  for (int64_t i = 0; i < count; i += kLanes) {
    Store(out + i, Positive(Load(a + i) + Load(b + i), relu));
  }
}

// The optimisers go element by element in plain floats: the compiler's vectors then have the same
// bits as its scalars.
void Adam(const AdamStep& step, const float* gradient, int64_t count, float* first, float* second,
          float* weights) {
  for (int64_t i = 0; i < count; ++i) {
    const float g = gradient[i];
    const float m = step.beta1 * first[i] + (1 - step.beta1) * g;
    const float v = step.beta2 * second[i] + (1 - step.beta2) * g * g;
    first[i] = m;
    second[i] = v;
    const float root = __builtin_sqrtf(v) * step.variance_scale + step.epsilon;
    weights[i] -= step.learning_rate * m / root + step.decay * weights[i];
  }
}

void Momentum(const MomentumStep& step, const float* gradient, int64_t count, float* velocity,
              float* weights) {
  for (int64_t i = 0; i < count; ++i) {
    velocity[i] = step.momentum * velocity[i] + gradient[i];
    weights[i] -= step.learning_rate * velocity[i] + step.decay * weights[i];
  }
}

constexpr Kernels MakeKernels(const char* name) {
  return {name,          RunGemm,    DepthwiseForward, DepthwiseBackward, ChannelMoments,
          RunScaleShift, NormReduce, NormApply,        GateGradient,      AddArray,
          AddTwo,        Adam,       Momentum};
}

}  // namespace
}  // namespace kinglet::train
