#include "src/signal/augment.h"

#include <algorithm>
#include <cmath>

#include "src/base/result.h"
#include "src/signal/exact_math.h"

namespace kinglet::signal {
namespace {

constexpr double kLn10 = 2.30258509299404568402;
// Mean square of the noise given to a silent clip: about -60 dB of full scale.
constexpr double kQuietRoomPower = 32.0 * 32.0;

int16_t ToSample(double value) {
  return static_cast<int16_t>(
      std::clamp(value < 0 ? value - 0.5 : value + 0.5, -32'768.0, 32'767.0));
}

double AmplitudeOfDb(double db) { return Exp(db * kLn10 / 20); }
double PowerOfDb(double db) { return Exp(db * kLn10 / 10); }

double MeanSquare(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

// Reads `clip` at speed * (i - middle) + middle - shift, between neighbouring samples on a straight
// line; silence outside.
std::vector<double> Resample(Samples clip, double speed, double shift) {
  std::vector<double> out(clip.size());
  const double middle = static_cast<double>(clip.size()) / 2;
  const auto last = static_cast<double>(clip.size()) - 1;
  for (size_t i = 0; i < out.size(); ++i) {
    const double place = speed * (static_cast<double>(i) - middle) + middle - shift;
    if (place < 0 || place > last) continue;
    const auto index = static_cast<size_t>(place);
    const double fraction = place - static_cast<double>(index);
    const double next = index + 1 < clip.size() ? clip[index + 1] : clip[index];
    out[i] = clip[index] + fraction * (next - clip[index]);
  }
  return out;
}

// Adds a random stretch of `noise` so that the clip's power is `snr` times the noise's.
void MixNoise(Samples noise, double snr, Random& random, std::vector<double>& clip) {
  std::vector<double> stretch(clip.size());
  const size_t begin = random.Below(static_cast<uint32_t>(noise.size()));
  for (size_t i = 0; i < stretch.size(); ++i) stretch[i] = noise[(begin + i) % noise.size()];
  const double noise_power = MeanSquare(stretch);
  if (noise_power <= 0) return;
  const double clip_power = MeanSquare(clip);
  const double wanted = clip_power > 0 ? clip_power / snr : kQuietRoomPower;
  const double gain = std::sqrt(wanted / noise_power);
  for (size_t i = 0; i < clip.size(); ++i) clip[i] += gain * stretch[i];
}

}  // namespace

std::vector<int16_t> AugmentAudio(Samples clip, int sample_rate_hz,
                                  std::span<const std::vector<int16_t>> noises,
                                  const AudioAugmentOptions& options, Random& random) {
  // Every draw is made whatever the options are, so that changing one leaves the others alone.
  const auto shift_ms = static_cast<double>(random.Uniform(-1, 1) * options.shift_ms_max);
  const auto speed = static_cast<double>(1 + random.Uniform(-1, 1) * options.speed_max);
  const auto gain_db = static_cast<double>(random.Uniform(-1, 1) * options.gain_db_max);
  const bool noisy = random.Uniform() < options.noise_probability;
  const auto snr_db = static_cast<double>(random.Uniform(options.snr_db_min, options.snr_db_max));
  const uint32_t which = random.Next();

  std::vector<double> changed = Resample(clip, speed, shift_ms * sample_rate_hz / 1000);
  if (noisy && !noises.empty()) {
    const std::vector<int16_t>& noise = noises[which % noises.size()];
    if (!noise.empty()) MixNoise(noise, PowerOfDb(snr_db), random, changed);
  }
  const double gain = AmplitudeOfDb(gain_db);
  std::vector<int16_t> out(changed.size());
  for (size_t i = 0; i < out.size(); ++i) out[i] = ToSample(gain * changed[i]);
  return out;
}

std::vector<int16_t> CutWindow(Samples recording, size_t sample_count) {
  std::vector<int16_t> window(sample_count);
  if (recording.size() <= sample_count) {
    std::copy(recording.begin(), recording.end(),
              window.begin() + static_cast<std::ptrdiff_t>((sample_count - recording.size()) / 2));
    return window;
  }
  // Energy in whole numbers: no rounding, so the earliest of equals is the same everywhere.
  const auto square = [&](size_t i) { return uint64_t(int64_t{recording[i]} * recording[i]); };
  uint64_t energy = 0;
  for (size_t i = 0; i < sample_count; ++i) energy += square(i);
  uint64_t best_energy = energy;
  size_t best = 0;
  for (size_t begin = 1; begin + sample_count <= recording.size(); ++begin) {
    energy += square(begin + sample_count - 1) - square(begin - 1);
    if (energy > best_energy) {
      best_energy = energy;
      best = begin;
    }
  }
  const Samples found = recording.subspan(best, sample_count);
  std::copy(found.begin(), found.end(), window.begin());
  return window;
}

}  // namespace kinglet::signal
