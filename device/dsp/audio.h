// Streaming sound front end: chunks of int16 samples in, int8 log-mel or MFCC windows out. Integers
// only, so every machine computes the same bytes. Nothing here is shared: one state per stream.
//
// Per chunk: the newest frame_samples are weighted by a Hann window, transformed (fft.h) and summed
// into mel bands (mel.h); their log2, as int8, is a row of the history. When a window is full, its
// rows are normalised and, when asked, turned into cepstra (dct.h) on the way out.
#pragma once

#include <stdint.h>

#include "device/dsp/dct.h"
#include "device/dsp/mel.h"

namespace kinglet::dsp {

// What is done to the bands of a window before they are handed out.
enum class AudioNormalize : uint8_t {
  kNone,  // log2 of energy above the floor (that of a sine of amplitude 1)
  kPeak,  // log2 above the level peak_range below the loudest value of the window, 0 when under it
  kBand,  // log2 against the band's own mean over the window
};

// One LSB of a band is 1/8 of log2 (0.376 dB), one of a cepstrum 1/4. The history holds 0 as -128;
// 32 powers of two reach beyond a full-scale sine (30.6).
constexpr int32_t kBandBits = 3;
constexpr int32_t kCepstrumBits = 2;
constexpr int32_t kBandsMax = 80;
// kPeak takes every window's peak to be at least 2^10 (a sine of amplitude 26, -62 dB): silence and
// faint noise are not blown up to the loudness of speech.
constexpr int8_t kPeakMin = -128 + (10 << kBandBits);

// Sizes and tables; constant for the life of a program. kinglet::signal::Pipeline makes them.
struct AudioConfig {
  uint16_t frame_samples;   // <= 2^fft_log2
  uint16_t stride_samples;  // <= frame_samples: the chunk
  uint16_t window_rows;     // rows of one full window
  uint16_t step_rows;       // rows from one full window to the next
  uint8_t fft_log2;         // kFftLog2Min to kFftLog2Max
  AudioNormalize normalize;
  uint8_t peak_range;  // of kPeak, in LSBs of a band
  int16_t log_offset;  // added to the log2 of a band, Q8: makes energies independent of the sizes
  const int16_t* window;  // (frame_samples + 1) / 2, Q15: first half of a symmetric window
  const int16_t* cosine;  // 2^fft_log2 / 4 + 1, Q15
  MelTable mel;
  DctTable dct;  // output_count 0: bands are handed out
};

constexpr uint32_t RowBytes(const AudioConfig& config) {
  return config.dct.output_count != 0 ? config.dct.output_count : config.mel.band_count;
}
constexpr uint32_t FeatureBytes(const AudioConfig& config) {
  return config.window_rows * RowBytes(config);
}
constexpr uint32_t OverlapSamples(const AudioConfig& config) {
  return static_cast<uint32_t>(config.frame_samples - config.stride_samples);
}
constexpr uint32_t HistoryBytes(const AudioConfig& config) {
  return static_cast<uint32_t>(config.window_rows) * config.mel.band_count;
}
constexpr uint32_t ScratchBytes(const AudioConfig& config) {
  return ((uint32_t{1} << config.fft_log2) + config.mel.band_count) *
         static_cast<uint32_t>(sizeof(int32_t));
}

struct AudioCounters {
  uint16_t next_row;  // where in the ring the next row goes
  uint16_t missing;   // rows until the next full window
};

// Memory of one stream, owned by the caller.
struct AudioState {
  AudioCounters* counters;
  int16_t* overlap;  // OverlapSamples(): the newest past samples; not null even if none
  int8_t* history;   // HistoryBytes(): a ring of rows of bands
};

// Forgets everything: the past is silence. Rows are written before they are read, so `history` may
// hold anything.
void ResetAudio(const AudioConfig& config, const AudioState& state);

// Takes stride_samples of `chunk`. True when `features` (FeatureBytes()) was written with a full
// window, oldest row first. `scratch`: ScratchBytes(), 4-byte aligned, kept by nobody; may overlap
// `features`, but not `chunk`.
bool PushAudio(const AudioConfig& config, const AudioState& state, const int16_t* chunk,
               void* scratch, int8_t* features);

}  // namespace kinglet::dsp
