#include "src/compile/kernel_work.h"

#include <cmath>

#include "device/kernels/add.h"
#include "device/kernels/average_pool_2d.h"
#include "device/kernels/conv_2d.h"
#include "device/kernels/cortex_m4/add.h"
#include "device/kernels/cortex_m4/conv_2d.h"
#include "device/kernels/cortex_m4/depthwise_conv_2d.h"
#include "device/kernels/cortex_m4/fully_connected.h"
#include "device/kernels/cortex_m4/pool_2d.h"
#include "device/kernels/depthwise_conv_2d.h"
#include "device/kernels/fully_connected.h"
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
#include "device/kernels/max_pool_2d.h"
#include "device/kernels/reshape.h"
#include "device/kernels/softmax.h"
#include "device/kernels/window.h"

namespace kinglet::compile {
namespace {

constexpr int32_t kBlock = 4;  // as in device/kernels/portable

// One axis of a sliding window.
struct Axis {
  int32_t input, output, filter, stride, dilation, pad;
};

struct Taps {
  double total = 0;      // over all output positions
  double positions = 0;  // output positions with at least one tap inside the input
};

Taps CountTaps(const Axis& axis) {
  Taps taps;
  for (int32_t i = 0; i < axis.output; ++i) {
    const kernels::TapRange range =
        kernels::TapsInside(i * axis.stride - axis.pad, axis.filter, axis.dilation, axis.input);
    taps.total += range.end - range.begin;
    if (range.end > range.begin) taps.positions += 1;
  }
  return taps;
}

template <typename Params>
Taps RowTaps(const Params& p, int32_t dilation) {
  return CountTaps({p.input_h, p.output_h, p.filter_h, p.stride_h, dilation, p.pad_top});
}

template <typename Params>
Taps ColumnTaps(const Params& p, int32_t dilation) {
  return CountTaps({p.input_w, p.output_w, p.filter_w, p.stride_w, dilation, p.pad_left});
}

template <typename Params>
double Pixels(const Params& p) {
  if constexpr (requires { p.batches; }) return double(p.batches) * p.output_h * p.output_w;
  return double(p.output_h) * p.output_w;
}

// How many blocks of `size` it takes for `count`.
double Blocks(double count, double size) { return std::ceil(count / size); }

// A convolution that gathers the windows of a few pixels and multiplies them with a few channels at
// a time.
struct Tile {
  double pixels, channels;  // of a tile
  double elements;          // of a window, per turn of the innermost loop
};
template <typename Params>
KernelWork TileWork(const Params& p, const Tile& tile) {
  KernelWork work;
  work.pixels = Pixels(p);
  work.outputs = work.pixels * p.output_c;
  const bool runs_are_rows = p.dilation_w == 1;
  const double run_length = double(runs_are_rows ? p.filter_w : 1) * p.input_c;
  const double runs = double(p.filter_h) * (runs_are_rows ? 1 : p.filter_w);
  const double steps = runs * Blocks(run_length, tile.elements);
  // What does not fill a tile goes pixel by pixel.
  const double tiles = Blocks(work.pixels, tile.pixels);
  work.block_runs = tiles * Blocks(p.output_c, tile.channels);
  work.block_steps = work.block_runs * steps;
  work.single_runs = work.pixels * runs;
  work.single_steps = work.pixels * steps;
  return work;
}

// A depthwise convolution that widens the rows of `channels` channels at a time.
template <typename Params>
KernelWork StripWork(const Params& p, double channel_count, double channels) {
  KernelWork work;
  const double strips = Blocks(channel_count, channels);
  work.pixels = strips * p.output_h;  // rows of outputs
  work.outputs = Pixels(p) * channel_count;
  work.block_runs = strips * Pixels(p);
  work.block_steps = work.block_runs * p.filter_h * p.filter_w;
  work.single_runs = strips * p.input_h;
  work.single_steps = work.single_runs * p.input_w;
  return work;
}

struct Counter {
  KernelWork operator()(const kernels::Conv2dParams& p) const {
    const Taps rows = RowTaps(p, p.dilation_h);
    const Taps columns = ColumnTaps(p, p.dilation_w);
    const int32_t filter_c = p.input_c / p.groups;
    // Neighbouring pixels lie together: one run a row of the window.
    const bool joined = p.dilation_w == 1 && p.groups == 1;
    const double runs = p.batches * rows.total * (joined ? columns.positions : columns.total);
    const double steps = p.batches * rows.total * columns.total * filter_c;
    const int32_t group_c = p.output_c / p.groups;
    const int32_t blocks = p.groups * (group_c / kBlock);
    const int32_t singles = p.groups * (group_c % kBlock);
    return {1,
            Pixels(p),
            Pixels(p) * p.output_c,
            runs * blocks,
            steps * blocks,
            runs * singles,
            steps * singles};
  }

  KernelWork operator()(const kernels::DepthwiseConv2dParams& p) const {
    const Taps rows = RowTaps(p, p.dilation_h);
    const Taps columns = ColumnTaps(p, p.dilation_w);
    const double runs = p.batches * rows.total * columns.positions;
    const double steps = p.batches * rows.total * columns.total;
    const int32_t channels = p.input_c * p.depth_multiplier;
    const int32_t blocks = p.depth_multiplier == 1 ? channels / kBlock : 0;
    const int32_t singles = channels - kBlock * blocks;
    return {1,
            Pixels(p),
            Pixels(p) * channels,
            runs * blocks,
            steps * blocks,
            runs * singles,
            steps * singles};
  }

  template <typename Params>
  KernelWork Dense(const Params& p) const {
    const double batches = p.batches;
    const int32_t blocks = p.output_size / kBlock;
    const int32_t singles = p.output_size % kBlock;
    return {1,
            batches,
            batches * p.output_size,
            batches * blocks,
            batches * blocks * p.input_size,
            batches * singles,
            batches * singles * p.input_size};
  }
  KernelWork operator()(const kernels::FullyConnectedParams& p) const { return Dense(p); }
  KernelWork operator()(const kernels::FullyConnectedPerChannelParams& p) const { return Dense(p); }

  template <typename Params>
  KernelWork Pool(const Params& p) const {
    const Taps rows = RowTaps(p, 1);
    const Taps columns = ColumnTaps(p, 1);
    KernelWork work;
    work.pixels = Pixels(p);
    work.outputs = work.pixels * p.channels;
    work.single_runs = double(p.batches) * p.channels * rows.total * p.output_w;
    work.single_steps = double(p.batches) * p.channels * rows.total * columns.total;
    return work;
  }
  KernelWork operator()(const kernels::AveragePool2dParams& p) const { return Pool(p); }
  KernelWork operator()(const kernels::MaxPool2dParams& p) const { return Pool(p); }

  KernelWork operator()(const kernels::TiledConv2dParams& p) const {
    return TileWork(p, {4, 2, 4});
  }
  KernelWork operator()(const kernels::LanesConv2dParams& p) const {
    return TileWork(p, {2, 1, 1});
  }
  KernelWork operator()(const kernels::VectorConv2dParams& p) const {
    return TileWork(p, {2, 4, 16});
  }
  KernelWork operator()(const kernels::StripDepthwiseParams& p) const {
    return StripWork(p, double(p.input_c) * p.depth_multiplier, 1);
  }
  KernelWork operator()(const kernels::LanesDepthwiseParams& p) const {
    return StripWork(p, double(p.input_c) * p.depth_multiplier, 1);
  }
  KernelWork operator()(const kernels::VectorDepthwiseConv2dParams& p) const {
    return StripWork(p, p.channels, 4);
  }

  // Fully connected layers that do `outputs` at a time, `elements` of the input a turn.
  template <typename Params>
  KernelWork DenseBlocks(const Params& p, double outputs, double elements) const {
    KernelWork work;
    work.pixels = p.batches;
    work.outputs = double(p.batches) * p.output_size;
    work.block_runs = p.batches * Blocks(p.output_size, outputs);
    work.block_steps = work.block_runs * Blocks(p.input_size, elements);
    return work;
  }
  KernelWork operator()(const kernels::TiledFullyConnectedParams& p) const {
    return DenseBlocks(p, 4, 4);
  }
  KernelWork operator()(const kernels::TiledFullyConnectedPerChannelParams& p) const {
    return DenseBlocks(p, 4, 4);
  }
  KernelWork operator()(const kernels::LanesFullyConnectedParams& p) const {
    return DenseBlocks(p, 2, 4);
  }
  KernelWork operator()(const kernels::VectorFullyConnectedParams& p) const {
    return DenseBlocks(p, 8, 16);
  }

  KernelWork operator()(const kernels::QuadPool2dParams& p) const { return PoolBlocks(p, 4); }
  KernelWork operator()(const kernels::VectorAveragePool2dParams& p) const {
    return PoolBlocks(p, 8);
  }
  KernelWork operator()(const kernels::VectorMaxPool2dParams& p) const { return PoolBlocks(p, 16); }
  // Pools that do `channels` channels at a time.
  template <typename Params>
  KernelWork PoolBlocks(const Params& p, double channels) const {
    const Taps rows = RowTaps(p, 1);
    const Taps columns = ColumnTaps(p, 1);
    double batches = 1;
    if constexpr (requires { p.batches; }) batches = p.batches;
    const double blocks = batches * Blocks(p.channels, channels);
    KernelWork work;
    work.pixels = Pixels(p);
    work.outputs = work.pixels * p.channels;
    work.block_runs = blocks * rows.total * p.output_w;
    work.block_steps = blocks * rows.total * columns.total;
    work.single_runs = Pixels(p) * Blocks(p.channels, channels);
    return work;
  }

  KernelWork operator()(const kernels::LinearAddParams& p) const { return Elementwise(1, p.count); }
  KernelWork operator()(const kernels::LanesAddParams& p) const { return Elementwise(1, p.count); }
  KernelWork operator()(const kernels::VectorAddParams& p) const { return Elementwise(1, p.count); }
  KernelWork operator()(const kernels::AddParams& p) const { return Elementwise(1, p.count); }
  KernelWork operator()(const kernels::ReshapeParams& p) const { return Elementwise(1, p.bytes); }
  KernelWork operator()(const kernels::SoftmaxParams& p) const {
    return Elementwise(p.rows, double(p.rows) * p.depth);
  }

  static KernelWork Elementwise(double rows, double outputs) {
    KernelWork work;
    work.pixels = rows;
    work.outputs = outputs;
    return work;
  }
};

// Counts with the type that `params` is of.
template <typename... Types>
KernelWork CountAs(const ir::KernelParams& params) {
  KernelWork work;
  const bool counted =
      ((params.Is<Types>() && (work = Counter{}(params.As<Types>()), true)) || ...);
  KINGLET_ASSERT(counted);
  return work;
}

}  // namespace

KernelWork WorkOf(const ir::KernelParams& params) {
  return CountAs<
      kernels::Conv2dParams, kernels::DepthwiseConv2dParams, kernels::FullyConnectedParams,
      kernels::FullyConnectedPerChannelParams, kernels::AddParams, kernels::AveragePool2dParams,
      kernels::MaxPool2dParams, kernels::ReshapeParams, kernels::SoftmaxParams,
      kernels::TiledConv2dParams, kernels::StripDepthwiseParams, kernels::TiledFullyConnectedParams,
      kernels::TiledFullyConnectedPerChannelParams, kernels::LinearAddParams,
      kernels::QuadPool2dParams, kernels::VectorConv2dParams, kernels::VectorDepthwiseConv2dParams,
      kernels::VectorFullyConnectedParams, kernels::VectorAddParams,
      kernels::VectorAveragePool2dParams, kernels::VectorMaxPool2dParams,
      kernels::LanesConv2dParams, kernels::LanesDepthwiseParams, kernels::LanesFullyConnectedParams,
      kernels::LanesAddParams>(params);
}

}  // namespace kinglet::compile
