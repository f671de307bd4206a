#include "src/signal/tables.h"

#include <algorithm>

#include "src/base/result.h"
#include "src/signal/exact_math.h"

namespace kinglet::signal {
namespace {

// Nearest whole number, halves away from zero; exact for |x| < 2^50.
int64_t Round(double x) { return static_cast<int64_t>(x < 0 ? x - 0.5 : x + 0.5); }

int16_t ToInt16(double x) {
  return static_cast<int16_t>(std::clamp<int64_t>(Round(x), -32'767, 32'767));
}

double MelOf(double hz) { return 1127.0 * Ln(1.0 + hz / 700.0); }

// Equal step for the model: higher cepstra vary less, in inverse proportion to their index at
// first. The sinusoidal lifter of HTK with L = 22.
double LifterGain(int k) {
  constexpr int kLength = 22;
  // sin(pi k / L) = cos(2 pi (L - 2k) / (4L)).
  return 1.0 + kLength / 2.0 * CosOfTurn(kLength - 2 * k, 4 * kLength);
}

}  // namespace

size_t AudioTables::Bytes() const {
  return 2 * (window.size() + cosine.size() + mel_weights.size() + dct.size()) + mel_bins.size();
}

std::vector<int16_t> HannTable(int length) {
  std::vector<int16_t> table((static_cast<size_t>(length) + 1) / 2);
  for (size_t n = 0; n < table.size(); ++n) {
    const auto odd = static_cast<int64_t>(2 * n + 1);
    table[n] = ToInt16(32768.0 * (0.5 - 0.5 * CosOfTurn(odd, 2 * int64_t{length})));
  }
  return table;
}

std::vector<int16_t> CosineTable(int size) {
  std::vector<int16_t> table(static_cast<size_t>(size) / 4 + 1);
  for (size_t i = 0; i < table.size(); ++i) {
    table[i] = ToInt16(32768.0 * CosOfTurn(static_cast<int64_t>(i), size));
  }
  return table;
}

int FillMelTable(const MelBands& band, AudioTables& tables) {
  const double low = MelOf(band.low_hz);
  const double step = (MelOf(band.high_hz) - low) / (band.band_count + 1);
  const double bin_hz = static_cast<double>(band.sample_rate_hz) / band.fft_size;
  tables.first_bin = 0;
  tables.mel_weights.clear();
  tables.mel_bins.assign(static_cast<size_t>(band.band_count) + 1, 0);
  std::vector<bool> filled(static_cast<size_t>(band.band_count) + 2, false);
  for (int bin = 1; bin < band.fft_size / 2; ++bin) {
    const double place = (MelOf(bin * bin_hz) - low) / step;  // in intervals
    if (place <= 0 || place >= band.band_count + 1) continue;
    const auto interval = static_cast<size_t>(place);
    const int64_t weight =
        std::min<int64_t>(Round(65536.0 * (place - static_cast<double>(interval))), 65'535);
    if (tables.mel_weights.empty()) tables.first_bin = static_cast<uint16_t>(bin);
    tables.mel_weights.push_back(static_cast<uint16_t>(weight));
    KINGLET_ASSERT(tables.mel_bins[interval] < 255);
    ++tables.mel_bins[interval];
    // Band i rises over interval i and falls over i + 1.
    if (weight > 0) filled[interval] = true;
    if (interval > 0) filled[interval - 1] = true;
  }
  for (int i = 0; i < band.band_count; ++i) {
    if (!filled[static_cast<size_t>(i)]) return i;
  }
  return -1;
}

std::vector<int16_t> DctTableOf(int mel_count, int coefficients) {
  std::vector<int16_t> table;
  for (int k = 0; k < coefficients; ++k) {
    const double gain = (k == 0 ? 1.0 : 2.0) / mel_count * LifterGain(k) * 8192.0;
    for (int i = 0; i < mel_count; ++i) {
      table.push_back(ToInt16(gain * CosOfTurn(int64_t{2 * i + 1} * k, 4 * int64_t{mel_count})));
    }
  }
  return table;
}

}  // namespace kinglet::signal
