#include "device/kernels/helium/sum.h"

#include "device/kernels/helium/lanes.h"

#if !defined(__ARM_FEATURE_MVE)

namespace {

using kinglet::kernels::Max;
using kinglet::kernels::Min;
using kinglet::kernels::ScaleAwayFromZero;
using kinglet::kernels::ScaleLane;
using kinglet::kernels::WrappingAdd;
using kinglet::kernels::WrappingShiftLeft;

constexpr int32_t kWideShift = 19, kNarrowShift = 20;

void Run(const KingletSum& job, bool alike) {
  for (int32_t i = 0; i < job.count; ++i) {
    const int32_t narrow =
        alike ? WrappingShiftLeft(job.narrow[i], kWideShift)
              : ScaleAwayFromZero(
                    WrappingAdd(WrappingShiftLeft(job.narrow[i], kNarrowShift), job.narrow_offset),
                    job.narrow_multiplier, job.narrow_shift);
    const int32_t wide = WrappingAdd(WrappingShiftLeft(job.wide[i], kWideShift), job.offset);
    job.output[i] =
        ScaleLane<true>(WrappingAdd(wide, narrow), job.multiplier, job.shift, job.clamp);
  }
}

}  // namespace

void KingletSumScaled(const KingletSum* job) { Run(*job, false); }
void KingletSumAlike(const KingletSum* job) { Run(*job, true); }

void KingletSumVector(const KingletWindowSum* job, int16_t* sums) {
  for (int32_t c = 0; c < 8; ++c) {
    int32_t sum = 0;
    for (int32_t y = 0; y < job->rows; ++y) {
      for (int32_t x = 0; x < job->columns; ++x) {
        sum += job->input[y * job->row_step + x * job->column_step + c];
      }
    }
    sums[c] = static_cast<int16_t>(sum);
  }
}

void KingletMaxVector(const KingletWindowMax* job) {
  for (int32_t c = 0; c < job->channels; ++c) {
    int32_t max = job->min;
    for (int32_t y = 0; y < job->rows; ++y) {
      for (int32_t x = 0; x < job->columns; ++x) {
        max = Max(max, job->input[y * job->row_step + x * job->column_step + c]);
      }
    }
    job->output[c] = static_cast<int8_t>(Min(max, job->max));
  }
}

#endif
