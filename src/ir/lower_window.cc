// Operators that slide a window over an image: convolutions and pools.
#include "device/kernels/average_pool_2d.h"
#include "device/kernels/conv_2d.h"
#include "device/kernels/depthwise_conv_2d.h"
#include "device/kernels/max_pool_2d.h"
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
KINGLET_PARAMS(AveragePool2dParams, batches, input_h, input_w, output_h, output_w, channels,
               filter_h, filter_w, stride_h, stride_w, pad_top, pad_left, activation_min,
               activation_max);
KINGLET_PARAMS(MaxPool2dParams, batches, input_h, input_w, output_h, output_w, channels, filter_h,
               filter_w, stride_h, stride_w, pad_top, pad_left, activation_min, activation_max);

KINGLET_KERNEL(kConv2d, Conv2d, "conv_2d");
KINGLET_KERNEL(kDepthwiseConv2d, DepthwiseConv2d, "depthwise_conv_2d");
KINGLET_KERNEL(kAveragePool2d, AveragePool2d, "average_pool_2d");
KINGLET_KERNEL(kMaxPool2d, MaxPool2d, "max_pool_2d");

namespace {

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

// What both convolutions have alike; `filter` is their weights' shape.
template <typename Params, typename OpAttributes>
void SetConvolution(const OpLowering& op, const OpAttributes& a, Params& p) {
  const Tensor &in = op.Input(0), &weights = op.Input(1), &out = op.Output();
  SetImageSizes(op, p);
  SetSteps(p, a);
  p.input_c = in.shape[3];
  p.filter_h = weights.shape[1];
  p.filter_w = weights.shape[2];
  p.dilation_h = p.filter_h == 1 ? 1 : a.dilation_h;
  p.dilation_w = p.filter_w == 1 ? 1 : a.dilation_w;
  p.input_zero_point = OpLowering::ZeroPoint(in);
  p.output_zero_point = OpLowering::ZeroPoint(out);
  const ActivationRange range = op.Range(a.activation);
  p.activation_min = range.min;
  p.activation_max = range.max;
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
  KernelCall call = op.Call(kernel, p);
  op.AddInput(call, "input", 0, WindowLead(p, 1, 1, p.channels, p.channels).Minus(0));
  op.AddOutput(call);
  return {call};
}

}  // namespace

Result<KernelCalls> LowerOp(const OpLowering& op, const Conv2d& a) {
  kernels::Conv2dParams p{};
  SetConvolution(op, a, p);
  p.output_c = op.Output().shape[3];
  p.groups = p.input_c / op.Input(1).shape[3];
  KINGLET_TRY(const ChannelScales scales, op.Scales(p.output_c));
  KernelCall call = op.Call(kConv2d, p);
  const OutputLead lead = WindowLead(p, p.dilation_h, p.dilation_w, p.input_c, p.output_c);
  op.AddInput(call, "input", 0, lead.Minus(p.output_c));
  op.AddWeightsAndBias(call);
  OpLowering::AddScales(call, scales);
  op.AddOutput(call);
  return KernelCalls{call};
}

Result<KernelCalls> LowerOp(const OpLowering& op, const DepthwiseConv2d& a) {
  kernels::DepthwiseConv2dParams p{};
  SetConvolution(op, a, p);
  p.depth_multiplier = a.depth_multiplier;
  const int32_t output_c = op.Output().shape[3];
  KINGLET_TRY(const ChannelScales scales, op.Scales(output_c));
  KernelCall call = op.Call(kDepthwiseConv2d, p);
  const OutputLead lead = WindowLead(p, p.dilation_h, p.dilation_w, p.input_c, output_c);
  // Output channels of a pixel are written in the order their input channel is read.
  op.AddInput(call, "input", 0, lead.Minus(output_c - p.input_c));
  op.AddWeightsAndBias(call);
  OpLowering::AddScales(call, scales);
  op.AddOutput(call);
  return KernelCalls{call};
}

Result<KernelCalls> LowerOp(const OpLowering& op, const Pool2d& a) {
  if (a.kind == Pool2d::Kind::kAverage) {
    return LowerPool<kernels::AveragePool2dParams>(op, a, kAveragePool2d);
  }
  return LowerPool<kernels::MaxPool2dParams>(op, a, kMaxPool2d);
}

}  // namespace kinglet::ir
