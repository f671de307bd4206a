#include "device/kernels/cortex_m4/fully_connected.h"

#include "device/kernels/cortex_m4/tile.h"
#include "device/kernels/requantize.h"

namespace kinglet::kernels {

void TiledFullyConnected(const TiledFullyConnectedParams& params, const int8_t* input,
                         const int32_t* packed, int8_t* output) {
  const TiledFullyConnectedParams& p = params;
  const bool clamps = p.activation_min > -128 || p.activation_max < 127;
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
    if (!clamps) continue;
    for (int32_t i = 0; i < p.output_size; ++i) {
      output[i] = static_cast<int8_t>(Clamp(output[i], p.activation_min, p.activation_max));
    }
  }
}

}  // namespace kinglet::kernels
