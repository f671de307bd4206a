#include "device/kernels/cortex_m4/add.h"
#include "device/kernels/cortex_m4/quad.h"
#include "device/kernels/requantize.h"

#if !defined(__ARM_FEATURE_DSP)

namespace {

using kinglet::kernels::Clamp;
using kinglet::kernels::kLinearAddShift;
using kinglet::kernels::Max;
using kinglet::kernels::WrappingAdd;

// take(channel, value)
template <typename Take>
void ForEachValue(const KingletWindow& window, const Take& take) {
  for (int32_t row = 0; row < window.rows; ++row) {
    const int8_t* pixel = window.first + row * window.row_step;
    for (int32_t column = 0; column < window.columns; ++column, pixel += window.column_step) {
      for (int32_t c = 0; c < 4; ++c) take(c, int32_t{pixel[c]});
    }
  }
}

int32_t Product(int32_t x, int32_t multiplier) {
  return static_cast<int32_t>((int64_t{x} * multiplier) >> 8);
}

template <bool kSigned>
void Add(const KingletAdd& job) {
  for (int32_t i = 0; i < 4 * job.quads; ++i) {
    int32_t sum = WrappingAdd(job.offset, Product(job.input1[i], job.multiplier1));
    sum = WrappingAdd(sum, Product(job.input2[i], job.multiplier2));
    if (kSigned) sum = WrappingAdd(sum + (sum >> 31), job.rounding);
    job.output[i] = static_cast<int8_t>(Clamp(sum >> kLinearAddShift, -128, 127));
  }
}

}  // namespace

void KingletSumWindow(const KingletWindow* window, int32_t* sums) {
  for (int32_t c = 0; c < 4; ++c) sums[c] = 0;
  ForEachValue(*window, [sums](int32_t c, int32_t value) { sums[c] += value; });
}

void KingletMaxWindow(const KingletWindow* window, int8_t* greatest) {
  int32_t most[4] = {INT8_MIN, INT8_MIN, INT8_MIN, INT8_MIN};
  ForEachValue(*window, [&most](int32_t c, int32_t value) { most[c] = Max(most[c], value); });
  for (int32_t c = 0; c < 4; ++c) greatest[c] = static_cast<int8_t>(most[c]);
}

void KingletAddUp(const KingletAdd* job) { Add<false>(*job); }
void KingletAddSigned(const KingletAdd* job) { Add<true>(*job); }

#endif
