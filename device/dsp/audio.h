// Streaming sound front end: chunks of int16 samples in, int8 log-mel or MFCC windows out. Integers
// only, so every machine computes the same bytes. Nothing here is shared: one state per stream.
//
// Per chunk: the newest frame_samples are weighted by a Hann window, transformed (fft.h), summed
// into mel bands (mel.h), turned into log2 (log2.h) and, when asked, into cepstra; the int8 row
// joins the window's rows.
#pragma once

#include <stdint.h>

namespace kinglet::dsp {

// What is subtracted from a window's features before they are handed out.
enum class AudioNormalize : uint8_t {
  kNone,
  kClip,  // the mean of the whole window
  kBand,  // each column's own mean
};

// One LSB of a feature: 1/8 of a factor of two in energy for bands, 1/4 for cepstra, and what an
// int8 of -128 is (see quantise in audio.cc).
constexpr int32_t kLogFractionBits = 8;

// Sizes and tables; constant for the life of a program. kinglet::signal::Pipeline makes them.
struct AudioConfig {
  uint16_t frame_samples;   // <= fft_size
  uint16_t stride_samples;  // <= frame_samples: the chunk
  uint16_t window_rows;     // rows of one full window
  uint16_t step_rows;       // rows from one full window to the next
  uint8_t fft_log2;         // 6 to 10
  uint8_t band_count;
  uint8_t coefficient_count;  // 0: bands; else cepstra
  AudioNormalize normalize;
  uint16_t first_bin;  // first bin with a weight
  uint16_t bin_count;  // bins with a weight
  int16_t
      log_offset;  // added to log2 of a band's energy, Q8: makes the units independent of the sizes
  const int16_t* window;        // (frame_samples + 1) / 2, Q15
  const int16_t* cosine;        // fft_size / 4 + 1, Q15
  const uint16_t* mel_weights;  // bin_count, Q16
  const uint8_t* mel_bins;      // band_count + 1
  const int16_t* dct;           // coefficient_count x band_count, Q13
};

constexpr uint32_t RowBytes(const AudioConfig& config) {
  return config.coefficient_count != 0 ? config.coefficient_count : config.band_count;
}
constexpr uint32_t OverlapSamples(const AudioConfig& config) {
  return static_cast<uint32_t>(config.frame_samples - config.stride_samples);
}
constexpr uint32_t HistoryBytes(const AudioConfig& config) {
  return config.window_rows * RowBytes(config);
}
constexpr uint32_t ScratchBytes(const AudioConfig& config) {
  return ((uint32_t{1} << config.fft_log2) + config.band_count) * sizeof(int32_t);
}

struct AudioCounters {
  uint16_t next_row;  // where in the ring the next row goes
  uint16_t missing;   // rows until the next full window
};

// Memory of one stream, owned by the caller.
struct AudioState {
  AudioCounters* counters;
  int16_t* overlap;  // OverlapSamples(): the newest past samples
  int8_t* history;   // HistoryBytes(): a ring of rows
};

// Forgets everything: the past is silence.
void ResetAudio(const AudioConfig& config, const AudioState& state);

// Takes stride_samples of `chunk`. True when `features` (HistoryBytes()) was written with a full
// window, oldest row first. `scratch`: ScratchBytes(), 4-byte aligned, kept by nobody; may overlap
// `features`, but not `chunk`.
bool PushAudio(const AudioConfig& config, const AudioState& state, const int16_t* chunk,
               void* scratch, int8_t* features);

}  // namespace kinglet::dsp
