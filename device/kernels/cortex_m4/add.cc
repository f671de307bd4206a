#include "device/kernels/cortex_m4/add.h"

#include "device/kernels/cortex_m4/clamp.h"
#include "device/kernels/cortex_m4/quad.h"

namespace kinglet::kernels {

void LinearAdd(const LinearAddParams& params, const int8_t* input1, const int8_t* input2,
               int8_t* output) {
  const LinearAddParams& p = params;
  KingletAdd job{input1,        input2,        output,   p.count / 4,
                 p.multiplier1, p.multiplier2, p.offset, p.rounding};
  const auto run = p.signed_halves != 0 ? KingletAddSigned : KingletAddUp;
  if (p.signed_halves == 0) job.offset += p.rounding;
  if (job.quads > 0) run(&job);
  const int32_t left = p.count % 4;
  if (left > 0) {  // as four, of which some are nothing
    int8_t last[2][4] = {};
    for (int32_t i = 0; i < left; ++i) {
      last[0][i] = input1[p.count - left + i];
      last[1][i] = input2[p.count - left + i];
    }
    job.input1 = job.output = last[0];
    job.input2 = last[1];
    job.quads = 1;
    run(&job);
    for (int32_t i = 0; i < left; ++i) output[p.count - left + i] = last[0][i];
  }
  ClampAll(p, p.count, output);
}

}  // namespace kinglet::kernels
