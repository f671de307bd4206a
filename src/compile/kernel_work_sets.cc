// How often the loops of the kernels for a core turn.
#include <cmath>

#include "device/kernels/cortex_m4/add.h"
#include "device/kernels/cortex_m4/conv_2d.h"
#include "device/kernels/cortex_m4/depthwise_conv_2d.h"
#include "device/kernels/cortex_m4/fully_connected.h"
#include "device/kernels/cortex_m4/pool_2d.h"
#include "device/kernels/helium/add.h"
#include "device/kernels/helium/average_pool_2d.h"
#include "device/kernels/helium/conv_2d.h"
#include "device/kernels/helium/depthwise_conv_2d.h"
#include "device/kernels/helium/fully_connected.h"
#include "device/kernels/helium/max_pool_2d.h"
#include "device/kernels/lanes/add.h"
#include "device/kernels/lanes/conv_2d.h"
#include "device/kernels/lanes/depthwise_conv_2d.h"
#include "device/kernels/lanes/fully_connected.h"
#include "device/kernels/window.h"
#include "src/base/bytes.h"
#include "src/compile/kernel_work.h"

namespace kinglet::compile {
namespace {

// How many blocks of `size` it takes for `count`.
double Blocks(double count, double size) { return std::ceil(count / size); }

template <typename Params>
double Pixels(const Params& p) {
  return double(p.output_h) * p.output_w;
}

// True if the windows of `pixels` neighbours from (y, x) on lie inside the input.
template <typename Params>
bool AreInside(const Params& p, int32_t y, int32_t x, int32_t pixels) {
  const int32_t top = y * p.stride_h - p.pad_top, left = x * p.stride_w - p.pad_left;
  return p.dilation_w == 1 && x + pixels <= p.output_w && left >= 0 &&
         left + (pixels - 1) * p.stride_w + p.filter_w <= p.input_w && top >= 0 &&
         top + (p.filter_h - 1) * p.dilation_h < p.input_h;
}

// Fills in how many of `outputs` are clamped and rounded.
template <typename Params>
void SetScaling(const Params& p, double outputs, KernelWork& work) {
  if (p.activation_min > -128 || p.activation_max < 127) work.clamped = outputs;
  if constexpr (requires { p.output_zero_point; }) {
    if (p.activation_min < p.output_zero_point) work.rounded = outputs;
  }
}

// A convolution that gathers the windows of a few pixels, together where they lie inside the input
// and else one by one, and multiplies them with a few channels at a time.
struct Tile {
  int32_t pixels;
  double channels;
  double elements;       // of a window, per turn of the innermost loop
  double together_cost;  // of gathering a turn of all pixels at once, beside that of one pixel
};
template <typename Params>
KernelWork TileWork(const Params& p, const Tile& tile) {
  const auto pixels = static_cast<int32_t>(Pixels(p));
  const bool rows_are_runs = p.dilation_w == 1;
  const double run_length = double(rows_are_runs ? p.filter_w : 1) * p.input_c;
  const double runs = double(p.filter_h) * (rows_are_runs ? 1 : p.filter_w);
  const double steps = runs * Blocks(run_length, tile.elements);
  double inside = 0, alone = 0;
  int32_t tiles = 0;
  for (int32_t first = 0; first < pixels; ++tiles) {
    const int32_t left = pixels - first;
    if (left < tile.pixels) {  // the last ones, each a tile of its own
      alone += 1;
      first += 1;
    } else {
      const bool together = AreInside(p, first / p.output_w, first % p.output_w, tile.pixels);
      (together ? inside : alone) += together ? 1 : tile.pixels;
      first += tile.pixels;
    }
  }
  KernelWork work;
  work.pixels = alone;
  work.outputs = inside * p.filter_h;
  work.block_runs = tiles * Blocks(p.output_c, tile.channels);
  work.block_steps = work.block_runs * steps;
  work.single_runs = alone * runs;
  work.single_steps = (alone + inside * tile.together_cost) * steps;
  SetScaling(p, double(pixels) * p.output_c, work);
  return work;
}

// A depthwise convolution that widens rows of `channels` channels at a time into strips of
// `strip_rows` rows and makes `tile` outputs of a row at a time.
struct Strip {
  double channels, channel_groups;
  double strips;         // per group
  double rows, columns;  // that are widened, per group
  double tile;
};
template <typename Params>
KernelWork StripWork(const Params& p, const Strip& s, double output_rows, double taps) {
  KernelWork work;
  work.groups = s.channel_groups;
  work.pixels = s.channel_groups * s.strips;
  work.outputs = s.channel_groups * output_rows;
  work.block_runs = work.outputs * Blocks(p.output_w, s.tile);
  work.block_steps = work.block_runs * taps;
  work.single_runs = s.channel_groups * s.rows;
  work.single_steps = work.single_runs * s.columns;
  SetScaling(p, Pixels(p) * s.channels, work);
  return work;
}

// A fully connected layer that makes `outputs` at a time of `elements` inputs a turn.
template <typename Params>
KernelWork DenseWork(const Params& p, double outputs, double elements) {
  KernelWork work;
  work.pixels = p.batches;
  work.outputs = double(p.batches) * p.output_size;
  work.block_runs = p.batches * Blocks(p.output_size, outputs);
  work.block_steps = work.block_runs * Blocks(p.input_size, elements);
  work.single_steps = double(p.batches) * p.input_size;
  SetScaling(p, work.outputs, work);
  return work;
}

// A pool that does `channels` channels at a time, the rest one by one.
template <typename Params>
KernelWork PoolWork(const Params& p, int32_t channels, bool rest_alone) {
  double rows = 0, taps = 0;
  for (int32_t y = 0; y < p.output_h; ++y) {
    const auto r = kernels::TapsInside(y * p.stride_h - p.pad_top, p.filter_h, 1, p.input_h);
    for (int32_t x = 0; x < p.output_w; ++x) {
      const auto c = kernels::TapsInside(x * p.stride_w - p.pad_left, p.filter_w, 1, p.input_w);
      rows += r.end - r.begin;
      taps += double(r.end - r.begin) * (c.end - c.begin);
    }
  }
  double batches = 1;
  if constexpr (requires { p.batches; }) batches = p.batches;
  const int32_t whole_blocks = p.channels / channels;
  const double blocks = rest_alone ? whole_blocks : Blocks(p.channels, channels);
  const double alone = rest_alone ? p.channels % channels : 0;
  KernelWork work;
  work.pixels = batches * Pixels(p);
  work.outputs = work.pixels * (rest_alone ? blocks : p.channels);
  work.block_runs = batches * blocks * rows;
  work.block_steps = batches * blocks * taps;
  work.single_runs = batches * alone * Pixels(p);
  work.single_steps = batches * alone * taps;
  SetScaling(p, batches * Pixels(p) * p.channels, work);
  return work;
}

struct Counter {
  std::string_view function;
  ByteView weights;  // packed; of calls that have them

  KernelWork operator()(const kernels::TiledConv2dParams& p) const {
    return TileWork(p, {4, 2, 4, 2.5});
  }
  KernelWork operator()(const kernels::LanesConv2dParams& p) const {
    KernelWork work = TileWork(p, {4, 1, 1, 4});
    // The filters' blocks, which depend on the weights (device/kernels/lanes/conv_2d.h).
    double blocks = 0;
    for (size_t i = 0; i < weights.size();) {
      const size_t count = weights[i++];
      for (size_t k = 0; k < count; ++k) i += 1 + 2 * (8 - weights[i]);
      blocks += static_cast<double>(count);
      ++i;  // the mark behind the last block
    }
    work.groups = Blocks(Pixels(p), 4) * blocks;
    return work;
  }
  KernelWork operator()(const kernels::VectorConv2dParams& p) const {
    const double pairs = Blocks(Pixels(p), 2);
    KernelWork work;
    work.pixels = pairs;
    work.block_runs = pairs * Blocks(p.output_c, 4);
    work.block_steps = work.block_runs * kernels::VectorConv2dBlocks(p);
    SetScaling(p, Pixels(p) * p.output_c, work);
    if (kernels::VectorConv2dReadsInPlace(p)) return work;
    // Windows are gathered row by row, with more ado where they reach outside.
    double inside = 0;
    for (int32_t y = 0; y < p.output_h; ++y) {
      for (int32_t x = 0; x < p.output_w; ++x) inside += AreInside(p, y, x, 1) ? 1 : 0;
    }
    work.outputs = Pixels(p) - inside;
    work.single_runs = Pixels(p) * p.filter_h;
    work.single_steps = work.single_runs * Blocks(double(p.filter_w) * p.input_c, 16);
    return work;
  }

  KernelWork operator()(const kernels::StripDepthwiseParams& p) const {
    // "StripDepthwise6Stride2" makes six outputs at a time, one for any filter four.
    const char digit = function[std::string_view("StripDepthwise").size()];
    const bool any_filter = digit == 'A';
    const double channels = double(p.input_c) * p.depth_multiplier;
    const double window = kernels::StripDepthwiseWindowHeight(p);
    const double strip_rows = kernels::StripDepthwiseRows(p);
    const double rows_of_strip = std::floor((strip_rows - window) / p.stride_h) + 1;
    const double strips = Blocks(p.output_h, rows_of_strip);
    const double rows = (p.output_h - 1.0) * p.stride_h + window;
    const double taps = any_filter ? double(p.filter_h) * kernels::StripDepthwiseTriples(p) : 0;
    return StripWork(p,
                     {channels, channels, strips, rows,
                      Blocks(std::min<double>(p.input_w, kernels::StripDepthwisePitch(p) / 2.0), 8),
                      any_filter ? 4.0 : digit - '0'},
                     p.output_h, taps);
  }
  KernelWork operator()(const kernels::LanesDepthwiseParams& p) const {
    const double bands = Blocks(p.output_h, p.band_rows);
    const double channels = double(p.input_c) * p.depth_multiplier;
    return StripWork(p,
                     {channels, channels, bands, bands * kernels::LanesDepthwiseStripRows(p),
                      double(kernels::LanesDepthwiseStripColumns(p)), 1},
                     Blocks(p.output_h, 2), double(p.filter_h) * p.filter_w);
  }
  KernelWork operator()(const kernels::VectorDepthwiseConv2dParams& p) const {
    const double bands = Blocks(p.output_h, kernels::VectorDepthwiseRows(p));
    return StripWork(
        p, {double(p.channels), Blocks(p.channels, 4), bands, bands, double(p.input_w), 1}, bands,
        0);
  }

  KernelWork operator()(const kernels::TiledFullyConnectedParams& p) const {
    return DenseWork(p, 4, 4);
  }
  KernelWork operator()(const kernels::TiledFullyConnectedPerChannelParams& p) const {
    return DenseWork(p, 4, 4);
  }
  KernelWork operator()(const kernels::LanesFullyConnectedParams& p) const {
    KernelWork work = DenseWork(p, 4, 1);
    work.groups = work.block_runs * p.blocks;
    return work;
  }
  KernelWork operator()(const kernels::VectorFullyConnectedParams& p) const {
    return DenseWork(p, 8, 16);
  }

  KernelWork operator()(const kernels::QuadPool2dParams& p) const { return PoolWork(p, 4, true); }
  KernelWork operator()(const kernels::VectorAveragePool2dParams& p) const {
    return PoolWork(p, 8, false);
  }
  KernelWork operator()(const kernels::VectorMaxPool2dParams& p) const {
    return PoolWork(p, 16, false);
  }

  template <typename Params>
  KernelWork operator()(const Params& p) const {  // sums
    KernelWork work;
    work.outputs = p.count;
    SetScaling(p, p.count, work);
    return work;
  }
};

template <typename... Types>
std::optional<KernelWork> CountAs(const ir::KernelCall& call) {
  std::optional<KernelWork> work;
  const bool packed = call.arguments.size() > 1;
  const Counter counter{call.kernel == nullptr ? "" : call.kernel->function,
                        packed ? ByteView(call.arguments[1].data) : ByteView{}};
  static_cast<void>(
      ((call.params.Is<Types>() && (work = counter(call.params.As<Types>()), true)) || ...));
  return work;
}

}  // namespace

std::optional<KernelWork> WorkOfSetKernel(const ir::KernelCall& call) {
  return CountAs<kernels::TiledConv2dParams, kernels::StripDepthwiseParams,
                 kernels::TiledFullyConnectedParams, kernels::TiledFullyConnectedPerChannelParams,
                 kernels::LinearAddParams, kernels::QuadPool2dParams, kernels::VectorConv2dParams,
                 kernels::VectorDepthwiseConv2dParams, kernels::VectorFullyConnectedParams,
                 kernels::VectorAddParams, kernels::VectorAveragePool2dParams,
                 kernels::VectorMaxPool2dParams, kernels::LanesConv2dParams,
                 kernels::LanesDepthwiseParams, kernels::LanesFullyConnectedParams,
                 kernels::LanesAddParams>(call);
}

}  // namespace kinglet::compile
