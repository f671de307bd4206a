#include "device/kernels/cortex_m4/fully_connected.h"

#include "device/kernels/cortex_m4/clamp.h"
#include "device/kernels/cortex_m4/tile.h"

namespace kinglet::kernels {

void TiledFullyConnected(const TiledFullyConnectedParams& params, const int8_t* input,
                         const int32_t* packed, int8_t* output) {
  const TiledFullyConnectedParams& p = params;
  for (int32_t b = 0; b < p.batches; ++b, input += p.input_size, output += p.output_size) {
    const KingletDense job{input,
                           packed,
                           output,
                           (p.input_size + 3) / 4,
                           (p.output_size + 3) / 4,
                           p.multiplier,
                           p.shift,
                           2 * p.output_zero_point + 1,
                           p.activation_min >= p.output_zero_point ? 1 : 0};
    KingletDenseGroups(&job);
    ClampAll(p, p.output_size, output);
  }
}

}  // namespace kinglet::kernels
