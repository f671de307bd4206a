#include "src/compile/kernel_work.h"

#include <optional>

#include "device/kernels/add.h"
#include "device/kernels/average_pool_2d.h"
#include "device/kernels/conv_2d.h"
#include "device/kernels/depthwise_conv_2d.h"
#include "device/kernels/fully_connected.h"
#include "device/kernels/max_pool_2d.h"
#include "device/kernels/reshape.h"
#include "device/kernels/softmax.h"
#include "device/kernels/softmax_int16.h"
#include "device/kernels/svdf.h"
#include "device/kernels/transpose_conv_2d.h"
#include "device/kernels/unidirectional_sequence_lstm.h"
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

// Of a transposed window: the inputs whose filters cover each output.
Taps CountCovering(const Axis& axis) {
  Taps taps;
  for (int32_t i = 0; i < axis.output; ++i) {
    const kernels::TapRange range =
        kernels::InputsCovering(i + axis.pad, axis.filter, axis.stride, axis.input);
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
  return double(p.batches) * p.output_h * p.output_w;
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

  KernelWork operator()(const kernels::TransposeConv2dParams& p) const {
    const Taps rows = CountCovering({p.input_h, p.output_h, p.filter_h, p.stride_h, 1, p.pad_top});
    const Taps columns =
        CountCovering({p.input_w, p.output_w, p.filter_w, p.stride_w, 1, p.pad_left});
    KernelWork work;
    work.pixels = Pixels(p);
    work.outputs = work.pixels * p.output_c;
    work.single_runs = double(p.batches) * p.output_c * rows.total * columns.total;
    work.single_steps = work.single_runs * p.input_c;
    return work;
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

  KernelWork operator()(const kernels::AddParams& p) const { return Elementwise(1, p.count); }
  KernelWork operator()(const kernels::ReshapeParams& p) const { return Elementwise(1, p.bytes); }
  KernelWork operator()(const kernels::SoftmaxParams& p) const {
    return Elementwise(p.rows, double(p.rows) * p.depth);
  }

  // One single run a row of weights, one step a weight.
  KernelWork operator()(const kernels::UnidirectionalSequenceLstmParams& p) const {
    const double rows = double(p.batches) * p.time_steps;
    KernelWork work = Elementwise(rows, rows * p.state_size);
    work.single_runs = 2 * kernels::kLstmGates * work.outputs;
    work.single_steps = kernels::kLstmGates * work.outputs * (double(p.input_size) + p.state_size);
    return work;
  }
  KernelWork operator()(const kernels::SvdfParams& p) const {
    KernelWork work = Elementwise(p.batches, double(p.batches) * p.units);
    const double filters = work.outputs * p.rank;
    work.single_runs = 2 * filters;
    work.single_steps = filters * (double(p.input_size) + p.memory_size);
    return work;
  }
  KernelWork operator()(const kernels::SoftmaxInt16Params& p) const {
    return Elementwise(p.rows, double(p.rows) * p.depth);
  }

  static KernelWork Elementwise(double rows, double outputs) {
    KernelWork work;
    work.pixels = rows;
    work.outputs = outputs;
    return work;
  }
};

// Counts with the type that `params` is of; nothing when it is of none.
template <typename... Types>
std::optional<KernelWork> CountAs(const ir::KernelParams& params) {
  std::optional<KernelWork> work;
  static_cast<void>(((params.Is<Types>() && (work = Counter{}(params.As<Types>()), true)) || ...));
  return work;
}

}  // namespace

KernelWork WorkOf(const ir::KernelCall& call) {
  const auto portable =
      CountAs<kernels::Conv2dParams, kernels::DepthwiseConv2dParams, kernels::FullyConnectedParams,
              kernels::FullyConnectedPerChannelParams, kernels::AddParams,
              kernels::AveragePool2dParams, kernels::MaxPool2dParams, kernels::ReshapeParams,
              kernels::SoftmaxParams, kernels::SoftmaxInt16Params, kernels::TransposeConv2dParams,
              kernels::UnidirectionalSequenceLstmParams, kernels::SvdfParams>(call.params);
  if (portable.has_value()) return *portable;
  const auto of_set = WorkOfSetKernel(call);
  KINGLET_ASSERT(of_set.has_value());
  return *of_set;
}

}  // namespace kinglet::compile
