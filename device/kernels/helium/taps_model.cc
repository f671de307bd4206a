#include "device/kernels/helium/taps.h"

#include <string.h>

#include "device/kernels/helium/lanes.h"

#if !defined(__ARM_FEATURE_MVE)

namespace {

constexpr int32_t kMultipliers = 4, kShifts = 8, kTaps = 13, kQuadWords = 29;
constexpr int32_t kRows = 4;

void FillStrip(const KingletBand& job) {
  for (int32_t x = 0; x < job.input_columns; ++x) {
    for (int32_t row = 0; row < kRows; ++row) {
      int32_t word;
      memcpy(&word, job.input + x * job.input_step + job.offsets[row], sizeof(word));
      job.strip[kRows * x + row] =
          job.has_outside != 0 ? (word & job.inside[row]) | job.outside[row] : word;
    }
  }
}

// The taps of channel c, moved down by `row` rows, over the sixteen words of a window.
int32_t Sum(const int32_t* window, const int32_t* packed, int32_t c, int32_t row) {
  int32_t sum = packed[c];
  for (int32_t i = row; i < kinglet::kernels::kLanes; ++i) {
    const int32_t tap = i - row;
    sum = kinglet::kernels::WrappingAdd(
        sum, kinglet::kernels::Lane(window[i], c) *
                 kinglet::kernels::Lane(packed[kTaps + 4 * c + tap / 4], tap % 4));
  }
  return sum;
}

template <bool kSigned>
void Run(KingletBand& job, int32_t rows) {
  for (; job.quads > 0; --job.quads) {
    FillStrip(job);
    int8_t* const outputs[2] = {job.output0, job.output1};
    int32_t place = 0;
    for (const int32_t* window = job.windows; window != job.windows_end;
         window += job.window_step / 4) {
      for (int32_t row = rows - 1; row >= 0; --row) {
        for (int32_t c = 0; c < 4; ++c) {
          outputs[row][place + c] = kinglet::kernels::ScaleLane<kSigned>(
              Sum(window, job.packed, c, row), job.packed[kMultipliers + c],
              job.packed[kShifts + c], job.clamp);
        }
      }
      place += job.output_step;
    }
    job.input -= 4;
    job.output0 -= 4;
    job.output1 -= 4;
    job.packed += kQuadWords;
  }
}

}  // namespace

void KingletBandOfTwoRows(KingletBand* job) { Run<true>(*job, 2); }
void KingletBandOfOneRow(KingletBand* job) { Run<true>(*job, 1); }
void KingletBandOfTwoRowsRectified(KingletBand* job) { Run<false>(*job, 2); }
void KingletBandOfOneRowRectified(KingletBand* job) { Run<false>(*job, 1); }

#endif
