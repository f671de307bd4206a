// The table of the logistic function against its definition and its published values; the functions
// made of it against the exact ones.
#include "device/kernels/sigmoid_int16.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace kinglet::kernels {
namespace {

TEST(SigmoidInt16, TheTableIsTheLogisticFunction) {
  uint32_t sum = 2166136261U;
  for (int32_t i = 0; i < 256; ++i) {
    const double exact = 65536 / (1 + std::exp(-i / double{kSigmoidStepsPerUnit}));
    EXPECT_LT(std::abs(kSigmoidTable[i] - exact), 2.1) << i;
    const uint32_t value = kSigmoidTable[i];
    sum = (sum ^ (value & 0xffU)) * 16777619U;
    sum = (sum ^ (value >> 8U)) * 16777619U;
  }
  EXPECT_EQ(sum, 1337467372U);  // FNV-1a of the published values, little-endian
}

TEST(SigmoidInt16, FunctionsAreCloseToTheExactOnesAndSymmetric) {
  for (int32_t x = INT16_MIN; x <= INT16_MAX; ++x) {
    const double real = x / 4096.0;  // Q3.12
    const double logistic = 32768 / (1 + std::exp(-real)), tanh = 32768 * std::tanh(real);
    EXPECT_LT(std::abs(LogisticInt16(3 * x) - std::min(logistic, 32767.0)), 12) << x;
    EXPECT_LT(std::abs(TanhInt16(3 * x) - std::clamp(tanh, -32768.0, 32767.0)), 40) << x;
    EXPECT_LE(std::abs(LogisticInt16(3 * x) + LogisticInt16(-3 * x) - 32768), 1) << x;
    EXPECT_LE(std::abs(TanhInt16(3 * x) + TanhInt16(-3 * x)), 1) << x;
  }
}

TEST(SigmoidInt16, SaturatesFarOut) {
  for (const int32_t far : {3 * 32768 * 2, 1 << 28, 1610612736}) {
    EXPECT_EQ(LogisticInt16(far), INT16_MAX);
    EXPECT_EQ(LogisticInt16(-far), 1);  // the reference never gives 0
    EXPECT_EQ(TanhInt16(far), INT16_MAX);
    EXPECT_EQ(TanhInt16(-far), INT16_MIN + 1);
  }
}

}  // namespace
}  // namespace kinglet::kernels
