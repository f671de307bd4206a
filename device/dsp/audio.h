// Streaming sound front end: chunks of int16 samples in, int8 log-mel or MFCC windows out. Integers
// only, so every machine computes the same bytes. Nothing here is shared: one state per stream.
//
// Per chunk: the newest frame_samples are weighted by a Hann window, transformed (fft.h), summed
// into mel bands as log2 (mel.h) and, when asked, turned into cepstra (dct.h); the int8 row joins
// the window's rows.
#pragma once

#include <stdint.h>

#include "device/dsp/dct.h"
#include "device/dsp/mel.h"

namespace kinglet::dsp {

// What is subtracted from a window's features before they are handed out.
enum class AudioNormalize : uint8_t {
  kNone,
  kClip,  // the mean of the whole window
  kBand,  // each column's own mean
};

// One LSB of a feature is 2^-kBandBits of log2 for bands and 2^-kCepstrumBits for cepstra. An int8
// then spans 32 (64) powers of two, more than the 30.6 between the energy of a sine of amplitude 1
// and one at full scale.
constexpr int32_t kBandBits = 3;
constexpr int32_t kCepstrumBits = 2;
// Band logs are centred on this before the cosine transform, so that the first cepstrum fits.
constexpr int32_t kCepstrumCenter = 16;

// Sizes and tables; constant for the life of a program. kinglet::signal::Pipeline makes them.
struct AudioConfig {
  uint16_t frame_samples;   // <= 2^fft_log2
  uint16_t stride_samples;  // <= frame_samples: the chunk
  uint16_t window_rows;     // rows of one full window
  uint16_t step_rows;       // rows from one full window to the next
  uint8_t fft_log2;         // 6 to 10
  AudioNormalize normalize;
  int16_t log_offset;  // added to the log2 of a band, Q8: makes energies independent of the sizes
  const int16_t* window;  // (frame_samples + 1) / 2, Q15: first half of a symmetric window
  const int16_t* cosine;  // 2^fft_log2 / 4 + 1, Q15
  MelTable mel;
  DctTable dct;
};

constexpr uint32_t RowBytes(const AudioConfig& config) {
  return config.dct.output_count != 0 ? config.dct.output_count : config.mel.band_count;
}
constexpr uint32_t OverlapSamples(const AudioConfig& config) {
  return static_cast<uint32_t>(config.frame_samples - config.stride_samples);
}
constexpr uint32_t HistoryBytes(const AudioConfig& config) {
  return config.window_rows * RowBytes(config);
}
constexpr uint32_t ScratchBytes(const AudioConfig& config) {
  return ((uint32_t{1} << config.fft_log2) + config.mel.band_count + config.dct.output_count) *
         static_cast<uint32_t>(sizeof(int32_t));
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

// Forgets everything: the past is silence. Rows are written before they are read, so `history` may
// hold anything.
void ResetAudio(const AudioConfig& config, const AudioState& state);

// Takes stride_samples of `chunk`. True when `features` (HistoryBytes()) was written with a full
// window, oldest row first. `scratch`: ScratchBytes(), 4-byte aligned, kept by nobody; may overlap
// `features`, but not `chunk`.
bool PushAudio(const AudioConfig& config, const AudioState& state, const int16_t* chunk,
               void* scratch, int8_t* features);

}  // namespace kinglet::dsp
