#include "device/dsp/audio.h"

#include <string.h>

#include "device/dsp/fft.h"
#include "device/dsp/fixed.h"

namespace kinglet::dsp {
namespace {

// Writes the weighted frame, zeros behind it, and returns all magnitudes or-ed together. |sample x
// weight| < 2^30.
uint32_t LoadFrame(const AudioConfig& config, const int16_t* overlap, const int16_t* chunk,
                   int32_t* data) {
  const uint32_t frame = config.frame_samples;
  const uint32_t past = OverlapSamples(config);
  uint32_t all = 0;
  for (uint32_t i = 0; i < frame; ++i) {
    const int32_t sample = i < past ? overlap[i] : chunk[i - past];
    const int32_t weight = config.window[i < frame - 1 - i ? i : frame - 1 - i];
    data[i] = sample * weight;
    all |= Magnitude(data[i]);
  }
  const uint32_t size = uint32_t{1} << config.fft_log2;
  for (uint32_t i = frame; i < size; ++i) data[i] = 0;
  return all;
}

// Keeps the newest samples for the next frame.
void KeepOverlap(const AudioConfig& config, int16_t* overlap, const int16_t* chunk) {
  const uint32_t past = OverlapSamples(config);
  const uint32_t stride = config.stride_samples;
  if (past > stride) {
    memmove(overlap, overlap + stride, (past - stride) * sizeof(int16_t));
    memcpy(overlap + (past - stride), chunk, stride * sizeof(int16_t));
  } else {
    memcpy(overlap, chunk + (stride - past), past * sizeof(int16_t));
  }
}

// One row: the bands' logs or the cepstra as int8.
void ComputeRow(const AudioConfig& config, int32_t* data, uint32_t all, int8_t* row) {
  // Quiet frames are scaled up to use all bits; the logarithm takes it back.
  const int32_t shift = 30 - BitLength(all);
  const uint32_t size = uint32_t{1} << config.fft_log2;
  for (uint32_t i = 0; i < size; ++i) {
    data[i] = static_cast<int32_t>(static_cast<uint32_t>(data[i]) << shift);
  }
  RealFft(data, config.fft_log2, config.cosine);
  int32_t* const logs = data + size;
  MelLogs(config.mel, data, config.log_offset - 2 * shift * 256, logs);
  if (config.dct.output_count == 0) {
    constexpr int32_t kShift = 8 - kBandBits;
    for (uint32_t i = 0; i < config.mel.band_count; ++i) {
      row[i] = SaturateInt8(((logs[i] + (1 << (kShift - 1))) >> kShift) - 128);
    }
    return;
  }
  int32_t* const cepstra = logs + config.mel.band_count;
  Dct(config.dct, logs, kCepstrumCenter * 256, cepstra);
  constexpr int32_t kShift = 8 - kCepstrumBits;
  for (uint32_t i = 0; i < config.dct.output_count; ++i) {
    row[i] = SaturateInt8((cepstra[i] + (1 << (kShift - 1))) >> kShift);
  }
}

// Subtracts from every `step`-th of `count` values their rounded mean.
void SubtractMean(int8_t* values, uint32_t count, uint32_t step) {
  uint32_t sum = 0;  // of value + 128, so that the division is unsigned
  for (uint32_t i = 0; i < count * step; i += step) {
    sum += static_cast<uint32_t>(values[i] + 128);
  }
  const int32_t mean = static_cast<int32_t>((sum + count / 2) / count) - 128;
  for (uint32_t i = 0; i < count * step; i += step) values[i] = SaturateInt8(values[i] - mean);
}

void WriteWindow(const AudioConfig& config, const AudioState& state, int8_t* features) {
  const uint32_t row_bytes = RowBytes(config);
  const uint32_t newer_bytes = state.counters->next_row * row_bytes;  // rows before the oldest
  const uint32_t older_bytes = HistoryBytes(config) - newer_bytes;
  memcpy(features, state.history + newer_bytes, older_bytes);
  memcpy(features + older_bytes, state.history, newer_bytes);
  if (config.normalize == AudioNormalize::kClip) {
    SubtractMean(features, HistoryBytes(config), 1);
  } else if (config.normalize == AudioNormalize::kBand) {
    for (uint32_t i = 0; i < row_bytes; ++i) {
      SubtractMean(features + i, config.window_rows, row_bytes);
    }
  }
}

}  // namespace

void ResetAudio(const AudioConfig& config, const AudioState& state) {
  state.counters->next_row = 0;
  state.counters->missing = config.window_rows;
  memset(state.overlap, 0, OverlapSamples(config) * sizeof(int16_t));
}

bool PushAudio(const AudioConfig& config, const AudioState& state, const int16_t* chunk,
               void* scratch, int8_t* features) {
  auto* const data = static_cast<int32_t*>(scratch);
  AudioCounters& counters = *state.counters;
  const uint32_t all = LoadFrame(config, state.overlap, chunk, data);
  KeepOverlap(config, state.overlap, chunk);
  ComputeRow(config, data, all, state.history + counters.next_row * RowBytes(config));
  ++counters.next_row;
  if (counters.next_row == config.window_rows) counters.next_row = 0;
  --counters.missing;
  if (counters.missing != 0) return false;
  counters.missing = config.step_rows;
  WriteWindow(config, state, features);
  return true;
}

}  // namespace kinglet::dsp
