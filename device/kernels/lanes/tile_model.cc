#include "device/kernels/lanes/lanes.h"
#include "device/kernels/lanes/scale_sum.h"
#include "device/kernels/lanes/tile.h"

#if !defined(__ARM_ARCH_6M__)

namespace {

using kinglet::kernels::kLanesHalf;
using kinglet::kernels::Lanes;
using kinglet::kernels::LanesScale;

uint32_t Unsigned(int32_t x) { return static_cast<uint32_t>(x); }

constexpr int32_t kPairs = 8;  // of the longest block

// A block of two pixel pairs, from its ends: constant distances need no pointers that step.
struct Block {
  const int8_t* weights_end;
  const int32_t* x_end;
  uint32_t first = kLanesHalf, second = kLanesHalf;

  // The pair of taps that is the kBack-th from the end.
  template <int32_t kBack>
  void AddPair() {
    const uint32_t w0 = Unsigned(weights_end[-2 * kBack]);
    const uint32_t w1 = Unsigned(weights_end[-2 * kBack + 1]);
    first += Unsigned(x_end[-4 * kBack]) * w0;
    second += Unsigned(x_end[-4 * kBack + 1]) * w0;
    first += Unsigned(x_end[-4 * kBack + 2]) * w1;
    second += Unsigned(x_end[-4 * kBack + 3]) * w1;
  }

  // clang-format off
  void AddPairsFrom(int32_t begin) {
    switch (begin) {
      case 0: AddPair<8>(); [[fallthrough]];
      case 1: AddPair<7>(); [[fallthrough]];
      case 2: AddPair<6>(); [[fallthrough]];
      case 3: AddPair<5>(); [[fallthrough]];
      case 4: AddPair<4>(); [[fallthrough]];
      case 5: AddPair<3>(); [[fallthrough]];
      case 6: AddPair<2>(); [[fallthrough]];
      default: AddPair<1>();
    }
  }
  // clang-format on
};

// One tap of a strip: where it lies behind the window, and its weight.
uint32_t StripTap(const int32_t* window, const int32_t* tap) {
  return Unsigned(window[Unsigned(tap[0]) / 4]) * Unsigned(tap[1]);
}

}  // namespace

void KingletLanesTileRun(const KingletLanesTile* job) {
  const int8_t* weight = job->weights;
  int8_t* output = job->output;
  const int32_t* channel = job->channels;
  for (int32_t c = 0; c < job->output_c; ++c) {
    const int32_t* x = job->tile;
    const int32_t blocks = static_cast<uint8_t>(*weight++);
    Lanes first(blocks), second(blocks);
    for (int32_t begin{*weight++}; begin <= kPairs; begin = int32_t{*weight++}) {
      const int32_t pairs = kPairs - begin;
      weight += 2 * pairs;
      x += 4 * pairs;
      Block block{weight, x};
      block.AddPairsFrom(begin);
      first.Add(block.first);
      second.Add(block.second);
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
  const int32_t blocks = job->lower_begin / -0x8000;
  const int32_t column_words = job->strip_column_bytes / 4;
  const int32_t* row = job->strip;
  int8_t* output = job->output;
  for (int32_t y = 0; y < job->rows; ++y, row += job->strip_row_bytes / 4) {
    const int32_t* window = row;
    for (int32_t x = 0; x < job->columns; ++x, window += column_words) {
      Lanes sum(blocks);
      const int32_t* tap = job->taps;
      for (int32_t begin = *tap++; begin != kLanesEndOfTaps; begin = *tap++) {
        const int32_t taps =
            kLanesTapsOfBlock - static_cast<int32_t>(Unsigned(begin) / kLanesTapBytes);
        const int32_t* const end = tap + 2 * taps;
        uint32_t block = kLanesHalf;
        if (taps % 2 != 0) {
          block += StripTap(window, tap);
          tap += 2;
        }
        for (; tap != end; tap += 4) block += StripTap(window, tap) + StripTap(window, tap + 2);
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
