#include "device/kernels/cortex_m4/fully_connected.h"

#include "device/kernels/cortex_m4/clamp.h"
#include "device/kernels/cortex_m4/tile.h"

namespace kinglet::kernels {
namespace {

template <typename Params>
void RunBatches(const Params& p, int32_t multiplier, int32_t shift, const int8_t* input,
                const int32_t* packed, int8_t* output, void (*run)(const KingletDense*)) {
  for (int32_t b = 0; b < p.batches; ++b, input += p.input_size, output += p.output_size) {
    const KingletDense job{input,
                           packed,
                           output,
                           (p.input_size + 3) / 4,
                           (p.output_size + 3) / 4,
                           multiplier,
                           shift,
                           2 * p.output_zero_point + 1,
                           p.activation_min >= p.output_zero_point ? 1 : 0};
    run(&job);
    ClampAll(p, p.output_size, output);
  }
}

}  // namespace

void TiledFullyConnected(const TiledFullyConnectedParams& params, const int8_t* input,
                         const int32_t* packed, int8_t* output) {
  RunBatches(params, params.multiplier, params.shift, input, packed, output, KingletDenseGroups);
}

void TiledFullyConnectedPerChannel(const TiledFullyConnectedPerChannelParams& params,
                                   const int8_t* input, const int32_t* packed, int8_t* output) {
  RunBatches(params, 0, 0, input, packed, output, KingletDenseChannels);
}

}  // namespace kinglet::kernels
