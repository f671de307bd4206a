#include "device/dsp/audio.h"

#include <string.h>

#include "device/dsp/fft.h"
#include "device/dsp/fixed.h"

namespace kinglet::dsp {
namespace {

// Writes the weighted frame, zeros behind it, and returns all magnitudes or-ed together.
// |sample x weight| < 2^30.
uint32_t LoadFrame(const AudioConfig& config, const int16_t* overlap, const int16_t* chunk,
                   int32_t* data) {
  int32_t* end = data;
  for (uint32_t i = OverlapSamples(config); i != 0; --i) *end++ = *overlap++;
  for (uint32_t i = config.stride_samples; i != 0; --i) *end++ = *chunk++;
  int32_t* const frame_end = end;
  int32_t* const data_end = data + (uint32_t{1} << config.fft_log2);
  while (end < data_end) *end++ = 0;
  // The window is symmetric: both ends at once, towards the middle.
  uint32_t all = 0;
  const int16_t* weight = config.window;
  int32_t* right = frame_end - 1;
  for (int32_t* left = data; left < right; ++left, --right) {
    *left *= *weight;
    *right *= *weight;
    all |= Magnitude(*left) | Magnitude(*right);
    ++weight;
  }
  if (config.frame_samples % 2 != 0) {
    *right *= *weight;
    all |= Magnitude(*right);
  }
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

// One row of the history: the bands' logs as int8.
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
  constexpr int32_t kShift = 8 - kBandBits;
  for (uint32_t i = 0; i < config.mel.band_count; ++i) {
    row[i] = SaturateInt8(((logs[i] + (1 << (kShift - 1))) >> kShift) - 128);
  }
}

// What is subtracted from each band, so that silence (or, for kBand, the mean) comes to lie on
// `low`, the least value handed out.
struct Levels {
  int16_t subtract[kBandsMax];
  int32_t low, high;
};

int8_t Peak(const int8_t* values, uint32_t count) {
  int8_t peak = kPeakMin;
  for (uint32_t i = 0; i < count; ++i) {
    if (values[i] > peak) peak = values[i];
  }
  return peak;
}

// Rounded mean of every `step`-th of `count` values.
int32_t Mean(const int8_t* values, uint32_t count, uint32_t step) {
  uint32_t sum = 0;  // of value + 128, so that the division is unsigned
  for (uint32_t i = 0; i < count; ++i) sum += static_cast<uint32_t>(values[i * step] + 128);
  return static_cast<int32_t>((sum + count / 2) / count) - 128;
}

void FindLevels(const AudioConfig& config, const int8_t* history, Levels& levels) {
  const uint32_t bands = config.mel.band_count;
  levels.low = -128;
  levels.high = config.normalize == AudioNormalize::kPeak ? config.peak_range - 128 : 127;
  int32_t all = 0;
  if (config.normalize == AudioNormalize::kPeak) {
    all = Peak(history, HistoryBytes(config)) - levels.high;
  }
  for (uint32_t band = 0; band < bands; ++band) {
    levels.subtract[band] = static_cast<int16_t>(
        config.normalize == AudioNormalize::kBand ? Mean(history + band, config.window_rows, bands)
                                                  : all);
  }
}

// The middle of what a band can be: cepstra are of the distance from it.
int32_t Center(const AudioConfig& config) {
  return config.normalize == AudioNormalize::kPeak ? config.peak_range / 2 - 128 : 0;
}

void WriteRow(const AudioConfig& config, const Levels& levels, const int8_t* row,
              int8_t* features) {
  int8_t bands[kBandsMax];
  for (uint32_t i = 0; i < config.mel.band_count; ++i) {
    const int32_t value = row[i] - levels.subtract[i];
    bands[i] = static_cast<int8_t>(value < levels.low    ? levels.low
                                   : value > levels.high ? levels.high
                                                         : value);
  }
  if (config.dct.output_count == 0) {
    memcpy(features, bands, config.mel.band_count);
  } else {
    Dct(config.dct, bands, Center(config), features);
  }
}

void WriteWindow(const AudioConfig& config, const AudioState& state, int8_t* features) {
  Levels levels;
  FindLevels(config, state.history, levels);
  uint32_t row = state.counters->next_row;  // the oldest
  for (uint32_t i = 0; i < config.window_rows; ++i) {
    WriteRow(config, levels, state.history + row * config.mel.band_count, features);
    features += RowBytes(config);
    ++row;
    if (row == config.window_rows) row = 0;
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
  ComputeRow(config, data, all, state.history + counters.next_row * config.mel.band_count);
  ++counters.next_row;
  if (counters.next_row == config.window_rows) counters.next_row = 0;
  --counters.missing;
  if (counters.missing != 0) return false;
  counters.missing = config.step_rows;
  WriteWindow(config, state, features);
  return true;
}

}  // namespace kinglet::dsp
