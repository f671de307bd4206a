#include "src/signal/tables.h"

#include <gtest/gtest.h>

#include <cmath>

#include "src/base/random.h"
#include "src/signal/exact_math.h"

namespace kinglet::signal {
namespace {

TEST(ExactMath, AgreesWithTheMathLibrary) {
  for (int64_t d : {1, 2, 3, 7, 64, 1024, 1000}) {
    for (int64_t n = -d; n <= 2 * d; ++n) {
      const double angle = 2 * M_PI * static_cast<double>(n) / static_cast<double>(d);
      ASSERT_NEAR(CosOfTurn(n, d), std::cos(angle), 1e-14) << n << "/" << d;
    }
  }
  Random random(1);
  for (int i = 0; i < 10'000; ++i) {
    const double x = static_cast<double>(random.Uniform(-20, 20));
    ASSERT_NEAR(Exp(x) / std::exp(x), 1, 1e-14) << x;
    ASSERT_NEAR(Ln(std::exp(x)), x, 1e-13) << x;
  }
}

TEST(ExactMath, QuarterTurnsAreExact) {
  EXPECT_DOUBLE_EQ(CosOfTurn(0, 5), 1);
  EXPECT_EQ(CosOfTurn(1, 4), 0);
  EXPECT_DOUBLE_EQ(CosOfTurn(2, 4), -1);
  EXPECT_EQ(CosOfTurn(3, 4), 0);
}

TEST(Tables, WindowAndCosineAreRoundedToNearest) {
  for (const int length : {33, 256, 480, 1024}) {
    const auto window = HannTable(length);
    ASSERT_EQ(window.size(), static_cast<size_t>((length + 1) / 2));
    for (size_t n = 0; n < window.size(); ++n) {
      const double want = 0.5 - 0.5 * std::cos(2 * M_PI * (static_cast<double>(n) + 0.5) / length);
      EXPECT_NEAR(window[n], std::min(32768 * want, 32767.0), 0.500001);
    }
  }
  const auto cosine = CosineTable(512);
  ASSERT_EQ(cosine.size(), 129U);
  EXPECT_EQ(cosine.front(), 32'767);
  EXPECT_EQ(cosine.back(), 0);
}

TEST(Tables, EveryBinIsSharedByNeighbouringBands) {
  AudioTables tables;
  ASSERT_EQ(FillMelTable({16'000, 512, 40, 80, 7'600}, tables), -1);
  ASSERT_EQ(tables.mel_bins.size(), 41U);
  size_t bins = 0;
  for (const uint8_t count : tables.mel_bins) bins += count;
  EXPECT_EQ(bins, tables.mel_weights.size());
  EXPECT_EQ(tables.first_bin, 3);                // 93.75 Hz
  EXPECT_EQ(tables.first_bin + bins - 1, 243U);  // 7,593.75 Hz
}

TEST(Tables, FirstBandWithoutABinIsReported) {
  AudioTables tables;
  EXPECT_EQ(FillMelTable({16'000, 64, 40, 80, 7'600}, tables), 0);
}

TEST(Tables, DctRowsAreOrthogonalAndFitTheirSum) {
  for (const int mel_count : {8, 20, 40, 80}) {
    const int coefficients = std::min(mel_count, 20);
    const auto table = DctTableOf(mel_count, coefficients);
    const auto row = [&](int k) { return table.data() + k * mel_count; };
    for (int a = 0; a < coefficients; ++a) {
      int64_t magnitude = 0;
      for (int i = 0; i < mel_count; ++i) magnitude += std::abs(row(a)[i]);
      EXPECT_LT(magnitude, 1 << 22);
      for (int b = 0; b < a; ++b) {
        int64_t product = 0;
        int64_t square_a = 0;
        int64_t square_b = 0;
        for (int i = 0; i < mel_count; ++i) {
          product += int64_t{row(a)[i]} * row(b)[i];
          square_a += int64_t{row(a)[i]} * row(a)[i];
          square_b += int64_t{row(b)[i]} * row(b)[i];
        }
        const double norm =
            std::sqrt(static_cast<double>(square_a) * static_cast<double>(square_b));
        EXPECT_LT(std::abs(static_cast<double>(product)) / norm, 2e-3)
            << mel_count << " " << a << " " << b;
      }
    }
  }
}

}  // namespace
}  // namespace kinglet::signal
