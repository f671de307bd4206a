#include "src/lookahead/kernel_cost.h"

#include <gtest/gtest.h>

#include "src/base/random.h"

namespace kinglet::lookahead {
namespace {

constexpr signal::CoreClass kCores[] = {signal::CoreClass::kArmv6m, signal::CoreClass::kArmv7m,
                                        signal::CoreClass::kArmv81m, signal::CoreClass::kRv32imc};

kernels::Conv2dParams Conv(int32_t size, int32_t input_c, int32_t output_c, int32_t filter,
                           int32_t pad) {
  const int32_t output = size + 2 * pad - filter + 1;
  return {1, size, size, input_c, output, output, output_c, filter, filter, 1,
          1, 1,    1,    1,       pad,    pad,    0,        0,      -128,   127};
}

double Products(const KernelWork& work) { return work.terms[0] + work.terms[1]; }

TEST(WorkOf, WithoutPaddingEveryMultiplyIsCountedOnce) {
  // 8 x 8 x 5 -> 6 x 6 x 7 through 3 x 3: four channels together, three alone.
  const KernelWork work = WorkOf(Conv(8, 5, 7, 3, 0));
  EXPECT_EQ(work.kernel, Kernel::kConv2d);
  EXPECT_EQ(work.terms[0], 6 * 6 * 9 * 5 * 4);
  EXPECT_EQ(work.terms[1], 6 * 6 * 9 * 5 * 3);
  EXPECT_EQ(work.terms[2], 6 * 6 * 3 * (1 + 3));  // a run is a row of the filter
  EXPECT_EQ(work.terms[3], 6 * 6 * (1 + 3));
  EXPECT_EQ(work.terms[4], 6 * 6 * 7);
  EXPECT_EQ(work.terms[5], 6 * 6);
}

TEST(WorkOf, WhatLiesOutsideTheInputIsNotCounted) {
  // Same size through 3 x 3: an edge loses a row or column, so (3n - 2)^2 of the (3n)^2 taps stay.
  const KernelWork work = WorkOf(Conv(8, 4, 4, 3, 1));
  EXPECT_EQ(Products(work), (3 * 8 - 2) * (3 * 8 - 2) * 4 * 4);
  EXPECT_EQ(work.terms[4], 8 * 8 * 4);
}

TEST(WorkOf, BothFormsOfFullyConnectedAreTheSameWork) {
  const KernelWork one = WorkOf(kernels::FullyConnectedParams{1, 30, 10, 0, 0, 1, 0, -128, 127});
  const KernelWork other =
      WorkOf(kernels::FullyConnectedPerChannelParams{1, 30, 10, 0, 0, -128, 127});
  EXPECT_EQ(one.terms, other.terms);
  EXPECT_EQ(one.terms[0], 30 * 8);
  EXPECT_EQ(one.terms[1], 30 * 2);
}

TEST(WorkOf, GlobalPoolReadsEveryElementOnce) {
  const KernelWork work =
      WorkOf(kernels::AveragePool2dParams{1, 7, 5, 1, 1, 16, 7, 5, 1, 1, 0, 0, -128, 127});
  EXPECT_EQ(work.terms[0], 7 * 5 * 16);
  EXPECT_EQ(work.terms[4], 16);
}

// Random shapes on every core: a larger filter, more channels or a larger picture never cost less.
TEST(Instructions, GrowWithEveryDimension) {
  Random random(3);
  const auto pick = [&random](uint32_t most) {
    return static_cast<int32_t>(1 + random.Below(most));
  };
  for (int trial = 0; trial < 500; ++trial) {
    const int32_t size = 5 + pick(20), input_c = pick(32), output_c = 4 * pick(8);
    const int32_t filter = pick(4);
    for (const signal::CoreClass core : kCores) {
      const double base = Instructions(WorkOf(Conv(size, input_c, output_c, filter, 0)), core);
      EXPECT_GT(Instructions(WorkOf(Conv(size + 1, input_c, output_c, filter, 0)), core), base);
      EXPECT_GT(Instructions(WorkOf(Conv(size, input_c + 1, output_c, filter, 0)), core), base);
      EXPECT_GT(Instructions(WorkOf(Conv(size, input_c, output_c + 4, filter, 0)), core), base);
    }
  }
}

TEST(Instructions, LieBetweenTwoAndTwentyAMultiplyForUsualLayers) {
  for (const signal::CoreClass core : kCores) {
    const KernelWork work = WorkOf(Conv(14, 32, 32, 3, 1));
    const double each = Instructions(work, core) / Products(work);
    EXPECT_GT(each, 2);
    EXPECT_LT(each, 20);
  }
}

TEST(KernelBytes, AreThoseOfSmallRoutines) {
  for (const signal::CoreClass core : kCores) {
    for (size_t kernel = 0; kernel < kKernelCount; ++kernel) {
      EXPECT_GE(KernelBytes(static_cast<Kernel>(kernel), core), 10);
      EXPECT_LE(KernelBytes(static_cast<Kernel>(kernel), core), 4096);
    }
    EXPECT_GT(CallBytes(core), 0);
    EXPECT_GT(RuntimeBytes(core), 0);
  }
}

}  // namespace
}  // namespace kinglet::lookahead
