// Operators that slide a window over an image: convolutions and pools.
#include "device/kernels/average_pool_2d.h"
#include "device/kernels/average_pool_2d_int16.h"
#include "device/kernels/conv_2d.h"
#include "device/kernels/conv_2d_int16.h"
#include "device/kernels/depthwise_conv_2d.h"
#include "device/kernels/depthwise_conv_2d_int16.h"
#include "device/kernels/max_pool_2d.h"
#include "device/kernels/max_pool_2d_int16.h"
#include "device/kernels/transpose_conv_2d.h"
#include "device/kernels/transpose_conv_2d_int16.h"
#include "src/ir/lower_op.h"
#include "src/ir/output_lead.h"

namespace kinglet::ir {

KINGLET_PARAMS(Conv2dParams, batches, input_h, input_w, input_c, output_h, output_w, output_c,
               filter_h, filter_w, groups, stride_h, stride_w, dilation_h, dilation_w, pad_top,
               pad_left, input_zero_point, output_zero_point, activation_min, activation_max);
KINGLET_PARAMS(DepthwiseConv2dParams, batches, input_h, input_w, input_c, output_h, output_w,
               depth_multiplier, filter_h, filter_w, stride_h, stride_w, dilation_h, dilation_w,
               pad_top, pad_left, input_zero_point, output_zero_point, activation_min,
               activation_max);
KINGLET_PARAMS(TransposeConv2dParams, batches, input_h, input_w, input_c, output_h, output_w,
               output_c, filter_h, filter_w, stride_h, stride_w, pad_top, pad_left,
               input_zero_point, output_zero_point, activation_min, activation_max);
KINGLET_PARAMS(AveragePool2dParams, batches, input_h, input_w, output_h, output_w, channels,
               filter_h, filter_w, stride_h, stride_w, pad_top, pad_left, activation_min,
               activation_max);
KINGLET_PARAMS(MaxPool2dParams, batches, input_h, input_w, output_h, output_w, channels, filter_h,
               filter_w, stride_h, stride_w, pad_top, pad_left, activation_min, activation_max);

KINGLET_KERNEL(kConv2d, Conv2d, "conv_2d");
KINGLET_KERNEL(kDepthwiseConv2d, DepthwiseConv2d, "depthwise_conv_2d");
KINGLET_KERNEL(kAveragePool2d, AveragePool2d, "average_pool_2d");
KINGLET_KERNEL(kMaxPool2d, MaxPool2d, "max_pool_2d");
KINGLET_KERNEL(kTransposeConv2d, TransposeConv2d, "transpose_conv_2d");
KINGLET_KERNEL(kConv2dInt16, Conv2dInt16, "conv_2d_int16");
KINGLET_KERNEL(kConv2dInt16Bias32, Conv2dInt16Bias32, "conv_2d_int16");
KINGLET_KERNEL(kDepthwiseConv2dInt16, DepthwiseConv2dInt16, "depthwise_conv_2d_int16");
KINGLET_KERNEL(kAveragePool2dInt16, AveragePool2dInt16, "average_pool_2d_int16");
KINGLET_KERNEL(kMaxPool2dInt16, MaxPool2dInt16, "max_pool_2d_int16");
KINGLET_KERNEL(kTransposeConv2dInt16, TransposeConv2dInt16, "transpose_conv_2d_int16");
KINGLET_KERNEL(kTransposeConv2dInt16Bias32, TransposeConv2dInt16Bias32, "transpose_conv_2d_int16");

namespace {

bool IsInt16(const OpLowering& op) { return op.Output().type == DataType::kInt16; }

// Of a pixel with `channels`, in the input or the output.
int64_t PixelBytes(const OpLowering& op, int32_t channels) {
  return int64_t{channels} * DataTypeBytes(op.Output().type);
}

template <typename Params>
void SetImageSizes(const OpLowering& op, Params& p) {
  p.batches = op.Input(0).shape[0];
  p.input_h = op.Input(0).shape[1];
  p.input_w = op.Input(0).shape[2];
  p.output_h = op.Output().shape[1];
  p.output_w = op.Output().shape[2];
}

template <typename Params, typename OpAttributes>
void SetSteps(Params& p, const OpAttributes& a) {
  p.stride_h = a.stride_h;
  p.stride_w = a.stride_w;
  p.pad_top = a.padding.top;
  p.pad_left = a.padding.left;
}

// What all convolutions have alike.
template <typename Params, typename OpAttributes>
void SetConvolution(const OpLowering& op, const OpAttributes& a, Params& p) {
  const Tensor &in = op.Input(0), &weights = op.Input(1), &out = op.Output();
  SetImageSizes(op, p);
  SetSteps(p, a);
  p.input_c = in.shape[3];
  p.filter_h = weights.shape[1];
  p.filter_w = weights.shape[2];
  p.input_zero_point = OpLowering::ZeroPoint(in);
  p.output_zero_point = OpLowering::ZeroPoint(out);
  const ActivationRange range = op.Range(a.activation);
  p.activation_min = range.min;
  p.activation_max = range.max;
}

template <typename Params, typename OpAttributes>
void SetDilation(const OpAttributes& a, Params& p) {
  p.dilation_h = p.filter_h == 1 ? 1 : a.dilation_h;
  p.dilation_w = p.filter_w == 1 ? 1 : a.dilation_w;
}

Result<KernelCalls> ConvolutionCall(const OpLowering& op, const Kernel& kernel,
                                    const KernelParams& params, int32_t output_c,
                                    int64_t lead_bytes) {
  KINGLET_TRY(const ChannelScales scales, op.Scales(output_c));
  KernelCall call = op.Call(kernel, params);
  op.AddInput(call, "input", 0, lead_bytes);
  op.AddWeightsAndBias(call);
  OpLowering::AddScales(call, scales);
  op.AddOutput(call);
  return KernelCalls{call};
}

template <typename Params>
KernelCalls LowerPool(const OpLowering& op, const Pool2d& a, const Kernel& kernel) {
  Params p{};
  SetImageSizes(op, p);
  SetSteps(p, a);
  p.channels = op.Input(0).shape[3];
  p.filter_h = a.filter_h;
  p.filter_w = a.filter_w;
  const ActivationRange range = op.Range(a.activation);
  p.activation_min = range.min;
  p.activation_max = range.max;
  const int64_t pixel_bytes = PixelBytes(op, p.channels);
  KernelCall call = op.Call(kernel, p);
  op.AddInput(call, "input", 0, WindowLead(p, 1, 1, pixel_bytes, pixel_bytes).Minus(0));
  op.AddOutput(call);
  return {call};
}

}  // namespace

Result<KernelCalls> LowerOp(const OpLowering& op, const Conv2d& a) {
  kernels::Conv2dParams p{};
  SetConvolution(op, a, p);
  SetDilation(a, p);
  p.output_c = op.Output().shape[3];
  p.groups = p.input_c / op.Input(1).shape[3];
  const int64_t in_bytes = PixelBytes(op, p.input_c), out_bytes = PixelBytes(op, p.output_c);
  const OutputLead lead = WindowLead(p, p.dilation_h, p.dilation_w, in_bytes, out_bytes);
  const Kernel& int16_kernel = op.SumsAreWide() ? kConv2dInt16 : kConv2dInt16Bias32;
  return ConvolutionCall(op, IsInt16(op) ? int16_kernel : kConv2d, p, p.output_c,
                         lead.Minus(out_bytes));
}

Result<KernelCalls> LowerOp(const OpLowering& op, const DepthwiseConv2d& a) {
  kernels::DepthwiseConv2dParams p{};
  SetConvolution(op, a, p);
  SetDilation(a, p);
  p.depth_multiplier = a.depth_multiplier;
  const int32_t output_c = op.Output().shape[3];
  const int64_t in_bytes = PixelBytes(op, p.input_c), out_bytes = PixelBytes(op, output_c);
  const OutputLead lead = WindowLead(p, p.dilation_h, p.dilation_w, in_bytes, out_bytes);
  // Output channels of a pixel are written in the order their input channel is read.
  return ConvolutionCall(op, IsInt16(op) ? kDepthwiseConv2dInt16 : kDepthwiseConv2d, p, output_c,
                         lead.Minus(out_bytes - in_bytes));
}

Result<KernelCalls> LowerOp(const OpLowering& op, const TransposeConv2d& a) {
  kernels::TransposeConv2dParams p{};
  SetConvolution(op, a, p);
  p.output_c = op.Output().shape[3];
  const int64_t in_bytes = PixelBytes(op, p.input_c), out_bytes = PixelBytes(op, p.output_c);
  OutputLead lead;
  lead.AddBatches(p.batches, int64_t{p.input_h} * p.input_w * in_bytes,
                  int64_t{p.output_h} * p.output_w * out_bytes);
  lead.AddCovered({p.input_h, p.output_h, p.filter_h, p.stride_h, 1, p.pad_top,
                   p.input_w * in_bytes, p.output_w * out_bytes});
  lead.AddCovered(
      {p.input_w, p.output_w, p.filter_w, p.stride_w, 1, p.pad_left, in_bytes, out_bytes});
  const Kernel& int16_kernel =
      op.SumsAreWide() ? kTransposeConv2dInt16 : kTransposeConv2dInt16Bias32;
  return ConvolutionCall(op, IsInt16(op) ? int16_kernel : kTransposeConv2d, p, p.output_c,
                         lead.Minus(out_bytes));
}

Result<KernelCalls> LowerOp(const OpLowering& op, const Pool2d& a) {
  const bool int16 = IsInt16(op);
  if (a.kind == Pool2d::Kind::kAverage) {
    return LowerPool<kernels::AveragePool2dParams>(op, a,
                                                   int16 ? kAveragePool2dInt16 : kAveragePool2d);
  }
  return LowerPool<kernels::MaxPool2dParams>(op, a, int16 ? kMaxPool2dInt16 : kMaxPool2d);
}

}  // namespace kinglet::ir
