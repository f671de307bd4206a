// Operators that slide a window over an image: convolutions and pools.
#include "device/kernels/average_pool_2d_int16.h"
#include "src/ir/verify_op.h"

namespace kinglet::ir {
namespace {

constexpr int64_t kPoolWindowMax = 1 << 20;

}  // namespace

Status VerifyOp(const OpChecks& op, const Conv2d& a) {
  KINGLET_CHECK(op.Counts(2, 3));
  KINGLET_CHECK(op.Images());
  const Tensor& weights = op.Input(1);
  KINGLET_CHECK(op.Weights(weights, 4, 0));
  KINGLET_CHECK(op.Bias(weights.shape[0]));
  const int32_t input_c = op.Input(0).shape[3], filter_c = weights.shape[3];
  if (input_c % filter_c != 0 || weights.shape[0] % (input_c / filter_c) != 0 ||
      op.Output().shape[3] != weights.shape[0]) {
    return op.Mismatch(weights);
  }
  KINGLET_CHECK(op.FilterSize(weights.ElementCount() / weights.shape[0]));
  KINGLET_CHECK(op.FusedActivation(a.activation));
  return op.Windows({weights.shape[1], a.stride_h, a.dilation_h, a.padding.top, a.padding.bottom},
                    {weights.shape[2], a.stride_w, a.dilation_w, a.padding.left, a.padding.right});
}

Status VerifyOp(const OpChecks& op, const DepthwiseConv2d& a) {
  KINGLET_CHECK(op.Counts(2, 3));
  KINGLET_CHECK(op.Images());
  const Tensor& weights = op.Input(1);
  KINGLET_CHECK(op.Weights(weights, 4, 3));
  KINGLET_CHECK(op.Bias(weights.shape[3], {DataType::kInt64}));
  if (weights.shape[0] != 1 || a.depth_multiplier < 1 ||
      static_cast<int64_t>(op.Input(0).shape[3]) * a.depth_multiplier != weights.shape[3] ||
      op.Output().shape[3] != weights.shape[3]) {
    return op.Mismatch(weights);
  }
  KINGLET_CHECK(op.FilterSize(weights.ElementCount() / weights.shape[3]));
  KINGLET_CHECK(op.FusedActivation(a.activation));
  return op.Windows({weights.shape[1], a.stride_h, a.dilation_h, a.padding.top, a.padding.bottom},
                    {weights.shape[2], a.stride_w, a.dilation_w, a.padding.left, a.padding.right});
}

Status VerifyOp(const OpChecks& op, const TransposeConv2d& a) {
  KINGLET_CHECK(op.Counts(2, 3));
  KINGLET_CHECK(op.Images());
  const Tensor &in = op.Input(0), &weights = op.Input(1), &out = op.Output();
  KINGLET_CHECK(op.Weights(weights, 4, 0));
  KINGLET_CHECK(op.Bias(weights.shape[0]));
  if (in.shape[3] != weights.shape[3] || out.shape[3] != weights.shape[0] ||
      in.shape[0] != out.shape[0]) {
    return op.Mismatch(weights);
  }
  KINGLET_CHECK(op.FilterSize(weights.ElementCount() / weights.shape[0]));
  KINGLET_CHECK(op.FusedActivation(a.activation));
  // The convolution that it transposes goes from its output to its input.
  KINGLET_CHECK(op.Window("height",
                          {weights.shape[1], a.stride_h, 1, a.padding.top, a.padding.bottom},
                          out.shape[1], in.shape[1]));
  return op.Window("width", {weights.shape[2], a.stride_w, 1, a.padding.left, a.padding.right},
                   out.shape[2], in.shape[2]);
}

Status VerifyOp(const OpChecks& op, const Pool2d& a) {
  KINGLET_CHECK(op.Counts(1, 1));
  KINGLET_CHECK(op.Images());
  if (op.Input(0).shape[3] != op.Output().shape[3]) return op.Mismatch(op.Input(0));
  KINGLET_CHECK(op.SameQuantization());
  KINGLET_CHECK(op.FusedActivation(a.activation));
  const bool wide_mean = a.kind == Pool2d::Kind::kAverage && op.Output().type == DataType::kInt16;
  const int64_t window_max = wide_mean ? kernels::kAveragePool2dInt16WindowMax : kPoolWindowMax;
  if (static_cast<int64_t>(a.filter_h) * a.filter_w > window_max) {
    return Fail(Code::kUnsupported, "{}: window of {} x {}, at most {} elements", op.name(),
                a.filter_h, a.filter_w, window_max);
  }
  return op.Windows({a.filter_h, a.stride_h, 1, a.padding.top, a.padding.bottom},
                    {a.filter_w, a.stride_w, 1, a.padding.left, a.padding.right});
}

}  // namespace kinglet::ir
