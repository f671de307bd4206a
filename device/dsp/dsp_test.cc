// The blocks one by one, against double precision. Whole pipelines: src/signal.
#include <fftw3.h>
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <numeric>
#include <vector>

#include "device/dsp/dct.h"
#include "device/dsp/fft.h"
#include "device/dsp/fixed.h"
#include "device/dsp/image.h"
#include "device/dsp/log2.h"
#include "src/base/random.h"

namespace kinglet::dsp {
namespace {

std::vector<int16_t> Cosine(int size) {
  std::vector<int16_t> table;
  for (int i = 0; i <= size / 4; ++i) {
    const double value = std::round(32768 * std::cos(2 * M_PI * i / size));
    table.push_back(static_cast<int16_t>(std::min(value, 32767.0)));
  }
  return table;
}

std::vector<std::complex<double>> Reference(const std::vector<int32_t>& samples) {
  std::vector<double> in(samples.begin(), samples.end());
  std::vector<std::complex<double>> out(samples.size() / 2 + 1);
  fftw_plan plan = fftw_plan_dft_r2c_1d(static_cast<int>(in.size()), in.data(),
                                        reinterpret_cast<fftw_complex*>(out.data()), FFTW_ESTIMATE);
  fftw_execute(plan);
  fftw_destroy_plan(plan);
  for (auto& bin : out) bin /= static_cast<double>(samples.size());
  return out;
}

std::vector<std::complex<double>> Fixed(std::vector<int32_t> data) {
  const int32_t log2_size = BitLength(static_cast<uint32_t>(data.size())) - 1;
  RealFft(data.data(), log2_size, Cosine(static_cast<int>(data.size())).data());
  std::vector<std::complex<double>> out(data.size() / 2 + 1);
  out.front() = data[0];
  out.back() = data[1];
  for (size_t k = 1; k + 1 < out.size(); ++k) {
    out[k] = {static_cast<double>(data[2 * k]), static_cast<double>(data[2 * k + 1])};
  }
  return out;
}

// Signal to error over all bins, in dB.
double Snr(const std::vector<int32_t>& samples) {
  const auto want = Reference(samples);
  const auto got = Fixed(samples);
  double signal = 0;
  double error = 0;
  for (size_t k = 0; k < want.size(); ++k) {
    signal += std::norm(want[k]);
    error += std::norm(want[k] - got[k]);
  }
  return 10 * std::log10(signal / error);
}

std::vector<int32_t> Noise(size_t size, int32_t amplitude, uint64_t seed) {
  Random random(seed);
  std::vector<int32_t> samples(size);
  for (int32_t& sample : samples) {
    sample = static_cast<int32_t>(random.Below(static_cast<uint32_t>(2 * amplitude))) - amplitude;
  }
  return samples;
}

std::vector<int32_t> Sine(size_t size, double amplitude, double cycles) {
  std::vector<int32_t> samples(size);
  for (size_t i = 0; i < size; ++i) {
    samples[i] =
        static_cast<int32_t>(amplitude * std::sin(2 * M_PI * cycles * static_cast<double>(i) /
                                                  static_cast<double>(size)));
  }
  return samples;
}

TEST(Fixed, MultiplyEqualsTheWideProduct) {
  Random random(1);
  for (int i = 0; i < 100'000; ++i) {
    const auto a = static_cast<int32_t>(random.Next());
    const int32_t b = static_cast<int16_t>(random.Next());
    ASSERT_EQ(MulShift16(a, b), (int64_t{a} * b) >> 16);
    const uint32_t c = random.Next();
    const auto d = static_cast<uint16_t>(random.Next());
    ASSERT_EQ(ShareOf(c, d), (uint64_t{c} * d) >> 16);
  }
  for (const int32_t a :
       {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()}) {
    for (const int32_t b : {-32768, 32767}) EXPECT_EQ(MulShift16(a, b), (int64_t{a} * b) >> 16);
  }
}

TEST(Fixed, BitLengthAtEveryPowerOfTwo) {
  EXPECT_EQ(BitLength(0), 0);
  for (int bit = 0; bit < 32; ++bit) {
    EXPECT_EQ(BitLength(uint32_t{1} << bit), bit + 1);
    EXPECT_EQ(BitLength((uint32_t{2} << bit) - 1), bit + 1);
  }
}

TEST(RealFft, NoiseErrorIsBelowMinus90Db) {
  for (size_t size = 64; size <= 1024; size *= 2) {
    const double snr = Snr(Noise(size, kFftInputLimit - 1, size));
    RecordProperty("snr_db_" + std::to_string(size), std::to_string(snr));
    EXPECT_GT(snr, 90) << size;
  }
}

TEST(RealFft, SineErrorIsBelowMinus85Db) {
  for (size_t size = 64; size <= 1024; size *= 2) {
    for (const double cycles : {1.0, 3.3, static_cast<double>(size) / 4 + 0.5}) {
      EXPECT_GT(Snr(Sine(size, kFftInputLimit - 1.0, cycles)), 85) << size << " " << cycles;
    }
  }
}

// Sixteen bits below full scale the error stays that of the twiddles: rounding is not what limits.
TEST(RealFft, QuietNoiseKeepsItsPrecision) { EXPECT_GT(Snr(Noise(512, 1 << 22, 7)), 75); }

TEST(RealFft, LargestInputsDoNotOverflow) {
  constexpr int32_t kMax = kFftInputLimit - 1;
  for (size_t size = 64; size <= 1024; size *= 2) {
    for (const size_t period : {size_t{1}, size_t{2}, size_t{4}, size_t{6}, size / 2, size}) {
      std::vector<int32_t> square(size);
      for (size_t i = 0; i < size; ++i) square[i] = i % period < (period + 1) / 2 ? kMax : -kMax;
      EXPECT_GT(Snr(square), 80) << size << " period " << period;
    }
    std::vector<int32_t> impulse(size);
    impulse[size / 3] = -kMax;
    EXPECT_GT(Snr(impulse), 80) << size;
  }
}

TEST(RealFft, ZerosStayZero) {
  for (const auto& bin : Fixed(std::vector<int32_t>(256))) EXPECT_LE(std::abs(bin), 0.0);
}

TEST(Log2Q8, StaysWithinItsBound) {
  double worst = 0;
  Random random(3);
  const auto check = [&](uint64_t value) {
    worst =
        std::max(worst, std::abs(Log2Q8(value) / 256.0 - std::log2(static_cast<double>(value))));
  };
  for (uint64_t value = 1; value < 100'000; ++value) check(value);
  for (int bit = 0; bit < 64; ++bit) {
    check(uint64_t{1} << bit);
    for (int i = 0; i < 1000; ++i) {
      check((uint64_t{random.Next()} << 32 | random.Next()) >> bit | 1);
    }
  }
  EXPECT_LT(worst, 0.0023);
  EXPECT_EQ(Log2Q8(1), 0);
  EXPECT_EQ(Log2Q8(uint64_t{1} << 63), 63 * 256);
}

TEST(Log2Q8, NeverFalls) {
  int32_t last = 0;
  for (uint64_t value = 1; value < 1'000'000; ++value) {
    const int32_t log = Log2Q8(value);
    ASSERT_GE(log, last) << value;
    last = log;
  }
}

TEST(Dct, HalvesRoundsAndSaturates) {
  const std::vector<int16_t> matrix = {8192, 8192, 8192, 0, 0, -4096, 32767, 32767, 32767};
  const std::vector<int8_t> input = {10, 20, 31};
  std::vector<int8_t> output(3);
  Dct({3, 3, matrix.data()}, input.data(), 10, output.data());
  EXPECT_EQ(output[0], 16);  // 31 / 2 = 15.5
  EXPECT_EQ(output[1], -5);  // -21 / 4 = -5.25
  EXPECT_EQ(output[2], 62);
  Dct({3, 3, matrix.data()}, input.data(), -128, output.data());
  EXPECT_EQ(output[2], 127);
}

std::vector<int8_t> Extract(ImageNormalize normalize, std::vector<uint8_t> image) {
  std::vector<int8_t> features(image.size());
  ExtractImage({static_cast<uint32_t>(image.size()), normalize}, image.data(), features.data());
  // In place gives the same.
  auto* in_place = reinterpret_cast<int8_t*>(image.data());
  ExtractImage({static_cast<uint32_t>(image.size()), normalize}, image.data(), in_place);
  EXPECT_TRUE(std::equal(features.begin(), features.end(), in_place));
  return features;
}

TEST(Image, PlainPixelsKeepEveryLevel) {
  std::vector<uint8_t> levels(256);
  std::iota(levels.begin(), levels.end(), uint8_t{0});
  const auto features = Extract(ImageNormalize::kNone, levels);
  for (int i = 0; i < 256; ++i) EXPECT_EQ(features[static_cast<size_t>(i)], i - 128);
}

TEST(Image, ContrastIgnoresBrightnessAndGain) {
  Random random(5);
  std::vector<uint8_t> image(64 * 64);
  for (uint8_t& pixel : image) pixel = static_cast<uint8_t>(60 + random.Below(50));
  std::vector<uint8_t> lit(image);
  for (uint8_t& pixel : lit) pixel = static_cast<uint8_t>(2 * pixel + 30);
  const auto a = Extract(ImageNormalize::kContrast, image);
  const auto b = Extract(ImageNormalize::kContrast, lit);
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 3);
  int64_t sum = 0;
  int64_t deviation = 0;
  for (const int8_t value : a) {
    sum += value;
    deviation += std::abs(value);
  }
  EXPECT_NEAR(static_cast<double>(sum) / static_cast<double>(a.size()), 0, 1.5);
  EXPECT_NEAR(static_cast<double>(deviation) / static_cast<double>(a.size()), 32, 1);
}

TEST(Image, ContrastOfFlatAndExtremePicturesStaysInRange) {
  for (const int8_t value : Extract(ImageNormalize::kContrast, std::vector<uint8_t>(100, 77))) {
    EXPECT_EQ(value, 0);
  }
  std::vector<uint8_t> big(3 * 1024 * 1024, 255);
  std::fill(big.begin(), big.begin() + 10, uint8_t{0});
  EXPECT_EQ(Extract(ImageNormalize::kContrast, big)[0], -128);
}

}  // namespace
}  // namespace kinglet::dsp
