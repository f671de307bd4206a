#include "device/kernels/lanes/lanes.h"
#include "device/kernels/lanes/scale_sum.h"
#include "device/kernels/lanes/tile.h"

#if !defined(__ARM_ARCH_6M__)

namespace {

using kinglet::kernels::kLanesHalf;
using kinglet::kernels::Lanes;
using kinglet::kernels::LanesScale;

uint32_t Unsigned(int32_t x) { return static_cast<uint32_t>(x); }

}  // namespace

void KingletLanesTileRun(const KingletLanesTile* job) {
  const int8_t* weight = job->weights;
  int8_t* output = job->output;
  const int32_t* channel = job->channels;
  for (int32_t c = 0; c < job->output_c; ++c) {
    const int32_t* x = job->tile;
    Lanes first, second;
    ++weight;  // the number of blocks
    for (int32_t pairs = 8 - *weight++; pairs >= 0; pairs = 8 - *weight++) {
      uint32_t block0 = kLanesHalf, block1 = kLanesHalf;
      const int8_t* const end = weight + 2 * pairs;
      for (; weight != end; weight += 2, x += 4) {
        const uint32_t w0 = Unsigned(weight[0]), w1 = Unsigned(weight[1]);
        block0 += Unsigned(x[0]) * w0;
        block1 += Unsigned(x[1]) * w0;
        block0 += Unsigned(x[2]) * w1;
        block1 += Unsigned(x[3]) * w1;
      }
      first.Add(block0);
      second.Add(block1);
    }
    const LanesScale scale(job->range, channel + 1);
    const int32_t bias = *channel;
    channel += kinglet::kernels::kLanesChannelWords;
    output[job->offset3] = scale(second.Upper() + bias);
    output[job->offset2] = scale(second.Lower() + bias);
    output[job->offset1] = scale(first.Upper() + bias);
    *output++ = scale(first.Lower() + bias);
  }
}

void KingletLanesStripRun(const KingletLanesStrip* job) {
  using kinglet::kernels::kLanesEndOfTaps;
  using kinglet::kernels::kLanesTapBytes;
  using kinglet::kernels::kLanesTapsOfBlock;
  const LanesScale scale(job->range, job->channel + 1);
  const int32_t bias = *job->channel;
  const int32_t column_words = job->strip_column_bytes / 4;
  const int32_t* row = job->strip;
  int8_t* output = job->output;
  for (int32_t y = 0; y < job->rows; ++y, row += job->strip_row_bytes / 4) {
    const int32_t* window = row;
    for (int32_t x = 0; x < job->columns; ++x, window += column_words) {
      Lanes sum;
      const int32_t* tap = job->taps;
      for (int32_t begin = *tap++; begin != kLanesEndOfTaps; begin = *tap++) {
        const int32_t* const end = tap + 2 * (kLanesTapsOfBlock - begin / kLanesTapBytes);
        uint32_t block = kLanesHalf;
        for (; tap != end; tap += 2) block += Unsigned(window[tap[0] / 4]) * Unsigned(tap[1]);
        sum.Add(block);
      }
      output[job->upper_offset] = scale(sum.Upper() + bias);
      *output = scale(sum.Lower() + bias);
      output += job->output_step;
    }
  }
}

void KingletLanesGather(const int8_t* const* pixels, int32_t length, int32_t* tile) {
  const int8_t *x0 = pixels[0], *x1 = pixels[1], *x2 = pixels[2], *x3 = pixels[3];
  for (int32_t i = 0; i < length; ++i, tile += 2) {
    tile[0] = x0[i] + x1[i] * 65536;
    tile[1] = x2[i] + x3[i] * 65536;
  }
}

#endif
