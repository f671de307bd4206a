#include "device/kernels/transpose_conv_2d_int16.h"

#include "device/kernels/transpose_gather.h"

namespace kinglet::kernels {

void TransposeConv2dInt16(const TransposeConv2dParams& params, const int16_t* input,
                          const int8_t* weights, const int64_t* bias, const int32_t* multipliers,
                          const int8_t* shifts, int16_t* output) {
  const OutputStageInt16 stage{params.activation_min, params.activation_max};
  TransposeGather(params, input, weights, bias, multipliers, shifts, stage, output);
}

void TransposeConv2dInt16Bias32(const TransposeConv2dParams& params, const int16_t* input,
                                const int8_t* weights, const int32_t* bias,
                                const int32_t* multipliers, const int8_t* shifts, int16_t* output) {
  const OutputStageInt16 stage{params.activation_min, params.activation_max};
  TransposeGather(params, input, weights, bias, multipliers, shifts, stage, output);
}

}  // namespace kinglet::kernels
