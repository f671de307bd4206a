#include "device/kernels/helium/fully_connected.h"

#include "device/kernels/helium/clamp.h"
#include "device/kernels/helium/dot.h"

namespace kinglet::kernels {

void VectorFullyConnected(const VectorFullyConnectedParams& params, const int8_t* input,
                          const int32_t* packed, int8_t* output) {
  const VectorFullyConnectedParams& p = params;
  KingletDenseVectors job{
      input,        output,  packed, (p.input_size + 15) / 16, (p.output_size + 7) / 8,
      p.multiplier, p.shift, {}};
  FillClamp(p, job.clamp);
  for (int32_t b = 0; b < p.batches; ++b) {
    KingletDenseByEight(&job);
    job.input += p.input_size;
    job.output += p.output_size;
  }
}

}  // namespace kinglet::kernels
