#include "src/signal/augment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace kinglet::signal {
namespace {

using Clip = std::vector<int16_t>;

constexpr AudioAugmentOptions kNothing = {.shift_ms_max = 0,
                                          .speed_max = 0,
                                          .gain_db_max = 0,
                                          .noise_probability = 0,
                                          .snr_db_min = 0,
                                          .snr_db_max = 0};

Clip Sine(size_t count, double amplitude, double period) {
  Clip clip(count);
  for (size_t i = 0; i < count; ++i) {
    clip[i] = static_cast<int16_t>(
        std::lround(amplitude * std::sin(2 * M_PI * static_cast<double>(i) / period)));
  }
  return clip;
}

double Power(const Clip& clip) {
  double sum = 0;
  for (const int16_t sample : clip) sum += static_cast<double>(sample) * sample;
  return sum / static_cast<double>(clip.size());
}

Clip Augment(const Clip& clip, const AudioAugmentOptions& options, uint64_t seed,
             const std::vector<Clip>& noises = {}) {
  Random random(seed);
  return AugmentAudio(clip, 16'000, noises, options, random);
}

TEST(Augment, NothingChangesNothing) {
  const Clip clip = Sine(16'000, 30'000, 37);
  EXPECT_EQ(Augment(clip, kNothing, 1), clip);
}

TEST(Augment, SameSeedSameSamples) {
  const Clip clip = Sine(16'000, 9'000, 37);
  const std::vector<Clip> noises = {Sine(5'000, 800, 11)};
  EXPECT_EQ(Augment(clip, {}, 5, noises), Augment(clip, {}, 5, noises));
  EXPECT_NE(Augment(clip, {}, 5, noises), Augment(clip, {}, 6, noises));
}

TEST(Augment, ShiftStaysWithinItsLimitAndUncoversSilence) {
  Clip clip(16'000);
  clip[8'000] = 10'000;
  AudioAugmentOptions options = kNothing;
  options.shift_ms_max = 100;
  std::ptrdiff_t least = 16'000;
  std::ptrdiff_t most = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const Clip moved = Augment(clip, options, seed);
    const auto place = std::max_element(moved.begin(), moved.end()) - moved.begin();
    least = std::min(least, place);
    most = std::max(most, place);
  }
  EXPECT_GE(least, 8'000 - 1'601);
  EXPECT_LE(most, 8'000 + 1'601);
  EXPECT_GT(most - least, 2'800);
}

TEST(Augment, GainStaysWithinItsLimitAndClips) {
  AudioAugmentOptions options = kNothing;
  options.gain_db_max = 6;
  const Clip clip = Sine(16'000, 1'000, 37);
  double least = 1e9;
  double most = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const double gain_db = 10 * std::log10(Power(Augment(clip, options, seed)) / Power(clip));
    least = std::min(least, gain_db);
    most = std::max(most, gain_db);
  }
  EXPECT_GT(least, -6.05);
  EXPECT_LT(most, 6.05);
  EXPECT_LT(least, -5);
  EXPECT_GT(most, 5);
  options.gain_db_max = 30;
  const Clip loud = Augment(Sine(16'000, 30'000, 37), options, 3);
  EXPECT_LE(*std::max_element(loud.begin(), loud.end()), 32'767);
  EXPECT_GE(*std::min_element(loud.begin(), loud.end()), -32'768);
}

TEST(Augment, NoiseHasTheAskedPower) {
  const Clip clip = Sine(16'000, 3'000, 37);
  const std::vector<Clip> noises = {Sine(700, 25'000, 7)};  // shorter: repeated
  AudioAugmentOptions options = kNothing;
  options.noise_probability = 1;
  options.snr_db_min = options.snr_db_max = 10;
  const Clip noisy = Augment(clip, options, 1, noises);
  Clip noise(clip.size());
  for (size_t i = 0; i < clip.size(); ++i) noise[i] = static_cast<int16_t>(noisy[i] - clip[i]);
  EXPECT_NEAR(10 * std::log10(Power(clip) / Power(noise)), 10, 0.05);
}

TEST(Augment, SilenceGetsQuietNoise) {
  AudioAugmentOptions options = kNothing;
  options.noise_probability = 1;
  const Clip noisy = Augment(Clip(16'000), options, 1, {Sine(16'000, 25'000, 7)});
  EXPECT_NEAR(Power(noisy), 32 * 32, 20);
  EXPECT_EQ(Augment(Clip(16'000), options, 1, {Clip(100), Clip()}), Clip(16'000));
}

TEST(Augment, SpeedChangesThePitch) {
  AudioAugmentOptions options = kNothing;
  options.speed_max = 0.2F;
  const Clip clip = Sine(16'000, 10'000, 40);
  const auto crossings = [](const Clip& c) {
    int count = 0;
    for (size_t i = 4'001; i < 12'000; ++i) count += (c[i - 1] < 0) != (c[i] < 0);
    return count;
  };
  int least = 1'000;
  int most = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const int count = crossings(Augment(clip, options, seed));
    least = std::min(least, count);
    most = std::max(most, count);
  }
  EXPECT_NEAR(least, 400 * 0.8, 20);
  EXPECT_NEAR(most, 400 * 1.2, 20);
}

TEST(Augment, EmptyClipStaysEmpty) { EXPECT_TRUE(Augment({}, {}, 1, {Clip(5, 3)}).empty()); }

TEST(CutWindow, ShortRecordingsAreCentred) {
  EXPECT_EQ(CutWindow(Clip{1, 2, 3}, 7), (Clip{0, 0, 1, 2, 3, 0, 0}));
  EXPECT_EQ(CutWindow(Clip{}, 3), (Clip{0, 0, 0}));
}

TEST(CutWindow, LongRecordingsGiveTheirLoudestPart) {
  EXPECT_EQ(CutWindow(Clip{1, 0, 5, -9, 4, 0, 2}, 3), (Clip{5, -9, 4}));
  EXPECT_EQ(CutWindow(Clip(10, -32768), 4), Clip(4, -32768));
}

}  // namespace
}  // namespace kinglet::signal
