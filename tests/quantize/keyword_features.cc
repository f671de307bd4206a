#include "tests/quantize/keyword_features.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <numbers>

namespace kinglet::testing {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr size_t kSamples = 16'000, kFrame = 480, kStep = 320, kDft = 512, kBins = kDft / 2 + 1;
constexpr size_t kMels = 40;

using Magnitudes = std::array<double, kBins>;

using Complex = std::complex<double>;

// The DFT of the elements at `values` that lie `step` apart, by halves.
std::vector<Complex> Transform(const double* values, size_t count, size_t step) {
  if (count == 1) return {values[0]};
  const std::vector<Complex> even = Transform(values, count / 2, 2 * step);
  const std::vector<Complex> odd = Transform(values + step, count / 2, 2 * step);
  std::vector<Complex> result(count);
  for (size_t i = 0; i < count / 2; ++i) {
    const double angle = -2 * kPi * static_cast<double>(i) / static_cast<double>(count);
    const Complex turned = std::polar(1.0, angle) * odd[i];
    result[i] = even[i] + turned;
    result[i + count / 2] = even[i] - turned;
  }
  return result;
}

Magnitudes MagnitudesOf(const float* frame) {
  std::array<double, kDft> windowed{};
  for (size_t i = 0; i < kFrame; ++i) {
    const double window = 0.5 - 0.5 * std::cos(2 * kPi * static_cast<double>(i) / kFrame);
    windowed[i] = static_cast<double>(frame[i]) * window;
  }
  const std::vector<Complex> bins = Transform(windowed.data(), kDft, 1);
  Magnitudes magnitudes{};
  for (size_t bin = 0; bin < kBins; ++bin) magnitudes[bin] = std::abs(bins[bin]);
  return magnitudes;
}

double Mel(double hz) { return 1127 * std::log(1 + hz / 700); }

std::array<double, kMels> LogMels(const Magnitudes& magnitudes) {
  const double low = Mel(20), step = (Mel(4000) - low) / (kMels + 1);
  std::array<double, kMels> mels{};
  for (size_t bin = 1; bin < kBins; ++bin) {
    const double place = (Mel(static_cast<double>(bin) * 16'000 / kDft) - low) / step;
    for (size_t m = 0; m < kMels; ++m) {
      const double distance = std::abs(place - static_cast<double>(m + 1));
      mels[m] += std::max(0.0, 1 - distance) * magnitudes[bin];
    }
  }
  for (double& mel : mels) mel = std::log(mel + 1e-6);
  return mels;
}

}  // namespace

std::vector<float> KeywordFeatures(std::vector<int16_t> samples) {
  samples.resize(kSamples, 0);
  const auto largest = static_cast<float>(std::max<int16_t>(1, std::ranges::max(samples)));
  std::vector<float> sound;
  for (const int16_t sample : samples) sound.push_back(static_cast<float>(sample) / largest);
  std::vector<float> features;
  for (size_t frame = 0; frame < kKeywordFrames; ++frame) {
    const std::array<double, kMels> mels = LogMels(MagnitudesOf(&sound[frame * kStep]));
    for (size_t k = 0; k < kKeywordCoefficients; ++k) {
      double sum = 0;
      for (size_t m = 0; m < kMels; ++m) {
        sum += mels[m] * std::cos(kPi * static_cast<double>(k * (2 * m + 1)) / (2 * kMels));
      }
      features.push_back(static_cast<float>(2 * sum / std::sqrt(2.0 * kMels)));
    }
  }
  return features;
}

}  // namespace kinglet::testing
