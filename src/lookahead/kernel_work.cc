#include "src/lookahead/kernel_work.h"

#include <algorithm>

namespace kinglet::lookahead {
namespace {

constexpr int32_t kChannelsAtOnce = 4;

// Over all positions of a filter along one axis: filter elements inside the input, and positions
// that have any.
struct AxisTaps {
  int64_t taps = 0;
  int64_t positions = 0;
};

AxisTaps TapsOf(int32_t outputs, int32_t stride, int32_t pad, int32_t filter, int32_t dilation,
                int32_t size) {
  AxisTaps axis;
  for (int32_t i = 0; i < outputs; ++i) {
    const int64_t origin = int64_t{i} * stride - pad;
    int64_t inside = 0;
    for (int32_t f = 0; f < filter; ++f) {
      const int64_t at = origin + int64_t{f} * dilation;
      if (at >= 0 && at < size) ++inside;
    }
    axis.taps += inside;
    if (inside > 0) ++axis.positions;
  }
  return axis;
}

// Passes over a window, for `channels` sums that share it.
struct Passes {
  double in_fours = 0, one_by_one = 0;
  double all() const { return in_fours + one_by_one; }
};

Passes PassesOf(int32_t channels) {
  return {static_cast<double>(channels / kChannelsAtOnce),
          static_cast<double>(channels % kChannelsAtOnce)};
}

KernelWork Work(const kernels::Conv2dParams& p) {
  const AxisTaps rows =
      TapsOf(p.output_h, p.stride_h, p.pad_top, p.filter_h, p.dilation_h, p.input_h);
  const AxisTaps columns =
      TapsOf(p.output_w, p.stride_w, p.pad_left, p.filter_w, p.dilation_w, p.input_w);
  const auto batches = static_cast<double>(p.batches);
  const double pixels = batches * p.output_h * p.output_w;
  const double elements = batches * static_cast<double>(rows.taps * columns.taps) *
                          (static_cast<double>(p.input_c) / p.groups);
  const bool whole_rows = p.dilation_w == 1 && p.groups == 1;
  const double runs =
      batches * static_cast<double>(rows.taps * (whole_rows ? columns.positions : columns.taps));
  Passes passes = PassesOf(p.output_c / p.groups);
  passes.in_fours *= p.groups;
  passes.one_by_one *= p.groups;
  return {Kernel::kConv2d,
          {elements * passes.in_fours * kChannelsAtOnce, elements * passes.one_by_one,
           runs * passes.all(), pixels * passes.all(), pixels * p.output_c, pixels}};
}

KernelWork Work(const kernels::DepthwiseConv2dParams& p) {
  const AxisTaps rows =
      TapsOf(p.output_h, p.stride_h, p.pad_top, p.filter_h, p.dilation_h, p.input_h);
  const AxisTaps columns =
      TapsOf(p.output_w, p.stride_w, p.pad_left, p.filter_w, p.dilation_w, p.input_w);
  const auto batches = static_cast<double>(p.batches);
  const double pixels = batches * p.output_h * p.output_w;
  const double elements = batches * static_cast<double>(rows.taps * columns.taps);
  const double runs = batches * static_cast<double>(rows.taps * columns.positions);
  const int32_t channels = p.input_c * p.depth_multiplier;
  const Passes passes =
      p.depth_multiplier == 1 ? PassesOf(channels) : Passes{0, static_cast<double>(channels)};
  return {Kernel::kDepthwiseConv2d,
          {elements * passes.in_fours * kChannelsAtOnce, elements * passes.one_by_one,
           runs * passes.all(), pixels * passes.all(), pixels * channels, pixels}};
}

template <typename Params>
KernelWork FullyConnectedWork(const Params& p) {
  const Passes passes = PassesOf(p.output_size);
  const double elements = static_cast<double>(p.batches) * p.input_size;
  return {Kernel::kFullyConnected,
          {elements * passes.in_fours * kChannelsAtOnce, elements * passes.one_by_one, 0,
           passes.all() * p.batches, static_cast<double>(p.batches) * p.output_size, 0}};
}

KernelWork Work(const kernels::FullyConnectedParams& p) { return FullyConnectedWork(p); }
KernelWork Work(const kernels::FullyConnectedPerChannelParams& p) { return FullyConnectedWork(p); }

template <typename Params>
KernelWork PoolWork(Kernel kernel, const Params& p) {
  const AxisTaps rows = TapsOf(p.output_h, p.stride_h, p.pad_top, p.filter_h, 1, p.input_h);
  const AxisTaps columns = TapsOf(p.output_w, p.stride_w, p.pad_left, p.filter_w, 1, p.input_w);
  const auto batches = static_cast<double>(p.batches);
  const double pixels = batches * p.output_h * p.output_w;
  return {kernel,
          {batches * static_cast<double>(rows.taps * columns.taps) * p.channels, 0,
           batches * static_cast<double>(rows.taps * columns.positions) * p.channels, 0,
           pixels * p.channels, pixels}};
}

KernelWork Work(const kernels::AveragePool2dParams& p) {
  return PoolWork(Kernel::kAveragePool2d, p);
}
KernelWork Work(const kernels::MaxPool2dParams& p) { return PoolWork(Kernel::kMaxPool2d, p); }
KernelWork Work(const kernels::AddParams& p) {
  return {Kernel::kAdd, {static_cast<double>(p.count)}};
}
KernelWork Work(const kernels::ReshapeParams& p) {
  return {Kernel::kReshape, {static_cast<double>(p.count)}};
}
KernelWork Work(const kernels::SoftmaxParams& p) {
  const auto rows = static_cast<double>(p.rows);
  return {Kernel::kSoftmax, {rows * p.depth, 0, 0, 0, rows, 0}};
}

}  // namespace

KernelWork WorkOf(const ir::KernelParams& params) {
  return std::visit([](const auto& p) { return Work(p); }, params);
}

}  // namespace kinglet::lookahead
