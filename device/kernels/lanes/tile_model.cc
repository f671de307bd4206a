#include "device/kernels/lanes/scale_sum.h"
#include "device/kernels/lanes/tile.h"

#if !defined(__ARM_ARCH_6M__)

namespace {

using kinglet::kernels::LanesScale;

constexpr uint32_t kHalf = 0x8000;  // keeps the lower lane from being negative

uint32_t Unsigned(int32_t x) { return static_cast<uint32_t>(x); }

// Both lanes of a word, over all blocks of a filter.
struct Lanes {
  uint32_t both = 0;  // of the words: lower + 65536 * upper
  int32_t upper = 0;

  void Add(uint32_t block) {
    both += block - kHalf;
    upper += static_cast<int32_t>(block) >> 16;
  }
  int32_t Lower() const { return static_cast<int32_t>(both - (Unsigned(upper) << 16)); }
};

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
      uint32_t block0 = kHalf, block1 = kHalf;
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
    const LanesScale scale(job->range, channel);
    channel += kinglet::kernels::kLanesChannelWords;
    output[job->offset3] = scale(second.upper);
    output[job->offset2] = scale(second.Lower());
    output[job->offset1] = scale(first.upper);
    *output++ = scale(first.Lower());
  }
}

void KingletLanesStripRun(const KingletLanesStrip* job) {
  using kinglet::kernels::kLanesEndOfTaps;
  using kinglet::kernels::kLanesTapBytes;
  using kinglet::kernels::kLanesTapsOfBlock;
  const LanesScale scale(job->range, job->channel);
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
        uint32_t block = kHalf;
        for (; tap != end; tap += 2) block += Unsigned(window[tap[0] / 4]) * Unsigned(tap[1]);
        sum.Add(block);
      }
      output[job->upper_offset] = scale(sum.upper);
      *output = scale(sum.Lower());
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
