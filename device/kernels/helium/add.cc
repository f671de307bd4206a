#include "device/kernels/helium/add.h"

#include "device/kernels/helium/clamp.h"
#include "device/kernels/helium/sum.h"
#include "device/kernels/requantize.h"

namespace kinglet::kernels {

void VectorAdd(const VectorAddParams& params, const int8_t* wide, const int8_t* narrow,
               int8_t* output) {
  const VectorAddParams& p = params;
  const bool alike = p.narrow_shift == 0;
  KingletSum job;
  FillClamp(p, job.clamp);
  job.wide = wide;
  job.narrow = narrow;
  job.output = output;
  job.offset = WrappingShiftLeft(-p.wide_zero_point - (alike ? p.narrow_zero_point : 0), 19);
  job.narrow_offset = WrappingShiftLeft(-p.narrow_zero_point, 20);
  job.narrow_multiplier = p.narrow_multiplier;
  job.narrow_shift = p.narrow_shift;
  job.multiplier = p.output_multiplier;
  job.shift = p.output_shift;
  job.count = p.count;
  if (alike) {
    KingletSumAlike(&job);
  } else {
    KingletSumScaled(&job);
  }
}

}  // namespace kinglet::kernels
