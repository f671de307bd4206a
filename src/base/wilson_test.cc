#include "src/base/wilson.h"

#include <gtest/gtest.h>

namespace kinglet {
namespace {

TEST(Wilson, MatchesPublishedIntervals) {
  // Newcombe, Two-sided confidence intervals for the single proportion, 1998, table I, method 3.
  const Interval a = WilsonInterval(81, 263);
  EXPECT_NEAR(a.low, 0.2553, 5e-5);
  EXPECT_NEAR(a.high, 0.3662, 5e-5);
  const Interval b = WilsonInterval(15, 148);
  EXPECT_NEAR(b.low, 0.0624, 5e-5);
  EXPECT_NEAR(b.high, 0.1605, 5e-5);
  const Interval c = WilsonInterval(0, 20);
  EXPECT_NEAR(c.low, 0.0, 5e-5);
  EXPECT_NEAR(c.high, 0.1611, 5e-5);
}

TEST(Wilson, IsSymmetricAndStaysInTheUnitInterval) {
  for (const uint64_t trials : {1U, 3U, 17U, 10000U}) {
    const Interval none = WilsonInterval(0, trials);
    const Interval all = WilsonInterval(trials, trials);
    EXPECT_EQ(none.low, 0);
    EXPECT_EQ(all.high, 1);
    EXPECT_NEAR(none.high, 1 - all.low, 1e-12);
    EXPECT_GT(none.high, 0);
  }
  EXPECT_EQ(WilsonInterval(0, 0).low, 0);
  EXPECT_EQ(WilsonInterval(0, 0).high, 1);
}

}  // namespace
}  // namespace kinglet
