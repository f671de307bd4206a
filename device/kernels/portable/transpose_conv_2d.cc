#include "device/kernels/transpose_conv_2d.h"

#include "device/kernels/transpose_gather.h"

namespace kinglet::kernels {

void TransposeConv2d(const TransposeConv2dParams& params, const int8_t* input,
                     const int8_t* weights, const int32_t* bias, const int32_t* multipliers,
                     const int8_t* shifts, int8_t* output) {
  const OutputStage stage{params.output_zero_point, params.activation_min, params.activation_max};
  TransposeGather(params, input, weights, bias, multipliers, shifts, stage, output);
}

}  // namespace kinglet::kernels
