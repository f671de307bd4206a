// Constant tables of the sound front end, made the same on every machine (exact_math.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kinglet::signal {

struct AudioTables {
  std::vector<int16_t> window;        // first half of the Hann window, Q15
  std::vector<int16_t> cosine;        // quarter wave, Q15: fft_size / 4 + 1
  std::vector<uint16_t> mel_weights;  // per bin: share that goes to the upper of its two bands, Q16
  std::vector<uint8_t> mel_bins;      // bins between neighbouring band edges: mel_count + 1
  std::vector<int16_t> dct;           // coefficients x mel_count, Q13; empty without cepstra
  uint16_t first_bin = 0;             // the bin of mel_weights[0]
  size_t Bytes() const;               // as constant arrays
};

// Half of the symmetric Hann window 0.5 - 0.5 cos(2 pi (n + 0.5) / length): (length + 1) / 2
// values, at most 32,767.
std::vector<int16_t> HannTable(int length);
// cos(2 pi i / size) for i = 0..size / 4, at most 32,767.
std::vector<int16_t> CosineTable(int size);

struct MelBands {
  int sample_rate_hz, fft_size, band_count, low_hz, high_hz;
};
// Fills first_bin, mel_weights and mel_bins: triangles of height 1, linear on the mel scale 1127
// ln(1 + f / 700) (HTK's, as in Young et al., "The HTK Book"), edges evenly spaced there. Returns
// the index of the first band without any bin, or -1.
int FillMelTable(const MelBands& band, AudioTables& tables);

// DCT-II rows, scaled so that coefficient k is the amplitude of k half waves over the bands
// (coefficient 0: the mean), times `LifterGain(k)`.
std::vector<int16_t> DctTableOf(int mel_count, int coefficients);

}  // namespace kinglet::signal
