#include "device/kernels/cortex_m4/strip.h"

#include "device/kernels/requantize.h"

#if !defined(__ARM_FEATURE_DSP)

namespace {

using kinglet::kernels::Clamp;
using kinglet::kernels::WrappingAdd;

template <typename Element>
Element* Behind(Element* address, int32_t bytes) {
  return address + bytes / static_cast<int32_t>(sizeof(Element));
}

// The three taps from x on.
int32_t Triple(const int32_t* words, const int16_t* x, int32_t sum) {
  const int32_t w0 = static_cast<int16_t>(words[0]);
  const int32_t products = w0 * x[0] + (words[0] >> 16) * x[1] + (words[1] >> 16) * x[2];
  return WrappingAdd(sum, products);
}

int8_t Scale(const KingletDepthwise& job, int32_t twice_sum) {
  const int64_t product = int64_t{twice_sum} * job.multiplier;
  const auto high = static_cast<int32_t>((product + (int64_t{1} << 31)) >> 32);
  const int32_t rounding =
      job.rectified != 0 ? job.rounding : WrappingAdd(job.rounding, twice_sum >> 31);
  return static_cast<int8_t>(Clamp(WrappingAdd(high, rounding) >> job.shift >> 1, -128, 127));
}

// sum_of(x): of the window at x.
template <typename Sum>
void Run(const KingletDepthwise& job, int32_t stride, const Sum& sum_of) {
  int8_t* output = job.output;
  const auto width = job.limit - job.window;
  for (const int16_t* row = job.window; row != job.end; row = Behind(row, job.row_step)) {
    for (int32_t i = 0; i < width; i += stride, output += job.output_step) {
      *output = Scale(job, sum_of(row + i));
    }
  }
}

void RunThreeRows(const KingletDepthwise& job, int32_t stride) {
  Run(job, stride, [&](const int16_t* x) {
    int32_t sum = job.twice_bias;
    for (int32_t row = 0; row < 3; ++row, x = Behind(x, job.tap_row_step)) {
      sum = Triple(job.weights + 2 * row, x, sum);
    }
    return sum;
  });
}

void RunAny(const KingletDepthwise& job, int32_t stride) {
  Run(job, stride, [&](const int16_t* x) {
    int32_t sum = job.twice_bias;
    for (const int32_t* taps = job.taps; taps != job.taps_end; x = Behind(x, job.tap_row_step)) {
      for (int32_t i = 0; i < job.triples; ++i, taps += 2) sum = Triple(taps, x + 2 * i, sum);
    }
    return sum;
  });
}

}  // namespace

void KingletWidenRows(const KingletWiden* job) {
  for (int32_t row = 0; row < job->rows; ++row) {
    const int8_t* input = job->input + row * job->row_step;
    int16_t* strip = Behind(job->strip, row * job->pitch);
    for (int32_t column = 0; column < job->columns; ++column) {
      strip[column] = input[column * job->step];
    }
  }
}

void KingletMoveDown(int32_t* to, const int32_t* from, int32_t quads) {
  for (int32_t i = 0; i < 4 * quads; ++i) to[i] = from[i];
}

void KingletDepthwise6(const KingletDepthwise* job) { RunThreeRows(*job, 1); }
void KingletDepthwise5(const KingletDepthwise* job) { RunThreeRows(*job, 1); }
void KingletDepthwise4(const KingletDepthwise* job) { RunThreeRows(*job, 1); }
void KingletDepthwise3(const KingletDepthwise* job) { RunThreeRows(*job, 1); }
void KingletDepthwiseAny(const KingletDepthwise* job) { RunAny(*job, 1); }
void KingletDepthwise6Stride2(const KingletDepthwise* job) { RunThreeRows(*job, 2); }
void KingletDepthwise4Stride2(const KingletDepthwise* job) { RunThreeRows(*job, 2); }
void KingletDepthwise3Stride2(const KingletDepthwise* job) { RunThreeRows(*job, 2); }
void KingletDepthwiseAnyStride2(const KingletDepthwise* job) { RunAny(*job, 2); }

#endif
