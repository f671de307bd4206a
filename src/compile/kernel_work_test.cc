#include "src/compile/kernel_work.h"

#include <gtest/gtest.h>

#include "device/kernels/conv_2d.h"
#include "device/kernels/depthwise_conv_2d.h"
#include "device/kernels/fully_connected.h"
#include "device/kernels/svdf.h"
#include "device/kernels/transpose_conv_2d.h"
#include "device/kernels/unidirectional_sequence_lstm.h"
#include "device/kernels/window.h"
#include "src/base/random.h"

namespace kinglet::compile {
namespace {

template <typename Params>
KernelWork WorkOfParams(const Params& p) {
  return WorkOf({0, nullptr, p, {}});
}

// Walks the loops of the portable convolution and counts.
KernelWork CountConv(const kernels::Conv2dParams& p) {
  KernelWork work;
  const int32_t filter_c = p.input_c / p.groups;
  const int32_t group_c = p.output_c / p.groups;
  for (int32_t pixel = 0; pixel < p.batches * p.output_h * p.output_w; ++pixel) {
    const int32_t y = pixel / p.output_w % p.output_h;
    const int32_t x = pixel % p.output_w;
    int32_t rows = 0;
    int32_t columns = 0;
    for (int32_t k = 0; k < p.filter_h; ++k) {
      const int32_t at = y * p.stride_h - p.pad_top + k * p.dilation_h;
      rows += at >= 0 && at < p.input_h ? 1 : 0;
    }
    for (int32_t k = 0; k < p.filter_w; ++k) {
      const int32_t at = x * p.stride_w - p.pad_left + k * p.dilation_w;
      columns += at >= 0 && at < p.input_w ? 1 : 0;
    }
    work.pixels += 1;
    work.outputs += p.output_c;
    const bool joined = p.dilation_w == 1 && p.groups == 1;
    const int32_t runs = columns == 0 ? 0 : rows * (joined ? 1 : columns);
    for (int32_t group = 0; group < p.groups; ++group) {
      const int32_t blocks = group_c / 4;
      work.block_runs += blocks * runs;
      work.block_steps += blocks * rows * columns * filter_c;
      work.single_runs += group_c % 4 * runs;
      work.single_steps += group_c % 4 * rows * columns * filter_c;
    }
  }
  return work;
}

TEST(KernelWork, CountsTheTurnsOfTheConvolutionsLoops) {
  Random random(4);
  const auto pick = [&](uint32_t low, uint32_t high) {
    return static_cast<int32_t>(low + random.Below(high - low + 1));
  };
  for (int i = 0; i < 300; ++i) {
    kernels::Conv2dParams p{};
    p.batches = pick(1, 2);
    p.input_h = pick(1, 9);
    p.input_w = pick(1, 9);
    p.groups = pick(1, 3);
    p.input_c = p.groups * pick(1, 4);
    p.output_c = p.groups * pick(1, 9);
    p.filter_h = pick(1, 4);
    p.filter_w = pick(1, 4);
    p.stride_h = pick(1, 3);
    p.stride_w = pick(1, 3);
    p.dilation_h = pick(1, 2);
    p.dilation_w = pick(1, 2);
    p.pad_top = pick(0, 3);
    p.pad_left = pick(0, 3);
    p.output_h = pick(1, 6);
    p.output_w = pick(1, 6);
    EXPECT_EQ(WorkOfParams(p).Values(), CountConv(p).Values()) << "case " << i;
  }
}

TEST(KernelWork, ADepthwiseLayerIsAConvolutionOfOneChannelEach) {
  kernels::DepthwiseConv2dParams p{};
  p.batches = 1;
  p.input_h = p.input_w = p.output_h = p.output_w = 5;
  p.input_c = 6;
  p.depth_multiplier = 1;
  p.filter_h = p.filter_w = 3;
  p.stride_h = p.stride_w = p.dilation_h = p.dilation_w = 1;
  p.pad_top = p.pad_left = 1;
  // 5 positions of 3 taps each way, of which two lose one at the edge: 13. One block of four
  // channels and two singles.
  const KernelWork work = WorkOfParams(p);
  EXPECT_EQ(work.block_steps, 13 * 13);
  EXPECT_EQ(work.block_runs, 13 * 5);
  EXPECT_EQ(work.single_steps, 2 * 13 * 13);
  EXPECT_EQ(work.outputs, 25 * 6);
  p.depth_multiplier = 2;
  EXPECT_EQ(WorkOfParams(p).block_steps, 0) << "no blocks when channels multiply";
  EXPECT_EQ(WorkOfParams(p).single_steps, 12 * 13 * 13);
}

TEST(KernelWork, ATransposedConvolutionTakesEveryTapThatItsOutputHolds) {
  kernels::TransposeConv2dParams p{};
  p.batches = 2;
  p.input_h = p.input_w = 3;
  p.input_c = 5;
  p.output_h = p.output_w = 6;
  p.output_c = 4;
  p.filter_h = p.filter_w = 3;
  p.stride_h = p.stride_w = 2;
  p.pad_top = p.pad_left = 0;
  // 3 inputs of 3 taps each way, of which the last one's last falls outside: 8.
  const KernelWork work = WorkOfParams(p);
  EXPECT_EQ(work.outputs, 2 * 36 * 4);
  EXPECT_EQ(work.single_runs, 2 * 4 * 8 * 8);
  EXPECT_EQ(work.single_steps, 2 * 4 * 8 * 8 * 5);
}

TEST(KernelWork, StepsTimesFourAreTheMultiplyAccumulates) {
  const kernels::FullyConnectedParams dense{2, 40, 10, 0, 0, 0, 0, -128, 127};
  const KernelWork work = WorkOfParams(dense);
  EXPECT_EQ(4 * work.block_steps + work.single_steps, 2 * 40 * 10);
  EXPECT_EQ(work.single_runs, 2 * 2);
}

TEST(KernelWork, LayersWithMemoryStepOnceAWeight) {
  kernels::UnidirectionalSequenceLstmParams lstm{};
  lstm.batches = 2;
  lstm.time_steps = 3;
  lstm.input_size = 5;
  lstm.state_size = 7;
  EXPECT_EQ(WorkOfParams(lstm).single_steps, 2 * 3 * 4 * 7 * (5 + 7));
  EXPECT_EQ(WorkOfParams(lstm).single_runs, 2 * 3 * 4 * 7 * 2);
  kernels::SvdfParams svdf{};
  svdf.batches = 2;
  svdf.input_size = 5;
  svdf.units = 3;
  svdf.rank = 2;
  svdf.memory_size = 4;
  EXPECT_EQ(WorkOfParams(svdf).outputs, 2 * 3);
  EXPECT_EQ(WorkOfParams(svdf).single_steps, 2 * 3 * 2 * (5 + 4));
}

}  // namespace
}  // namespace kinglet::compile
