// Operators that take each element, or each row, for itself.
#include <cmath>

#include "device/kernels/softmax.h"
#include "src/ir/verify_op.h"

namespace kinglet::ir {

Status VerifyOp(const OpChecks& op, const Add& a) {
  KINGLET_CHECK(op.Counts(2, 2));
  KINGLET_CHECK(op.Activations(op.Input(0), "first input"));
  KINGLET_CHECK(op.Activations(op.Input(1), "second input"));
  KINGLET_CHECK(op.Activations(op.Output(), "output"));
  if (op.Input(0).shape != op.Input(1).shape) {
    return Fail(Code::kUnsupported, "{}: adds shapes {} and {}: they must be the same", op.name(),
                ShapeText(op.Input(0).shape), ShapeText(op.Input(1).shape));
  }
  KINGLET_CHECK(op.SameElementCount());
  return op.FusedActivation(a.activation);
}

Status VerifyOp(const OpChecks& op, const Softmax& a) {
  KINGLET_CHECK(op.Counts(1, 1));
  KINGLET_CHECK(op.Activations(op.Input(0), "input"));
  KINGLET_CHECK(op.Activations(op.Output(), "output"));
  KINGLET_CHECK(op.SameElementCount());
  const int32_t depth = op.Input(0).shape.empty() ? 1 : op.Input(0).shape.back();
  if (depth > kernels::kSoftmaxDepthMax) {
    return Fail(Code::kUnsupported, "{}: softmax over {} values, at most {}", op.name(), depth,
                kernels::kSoftmaxDepthMax);
  }
  if (!std::isfinite(a.beta) || a.beta <= 0) {
    return Fail(Code::kInvalid, "{}: softmax beta {}: must be finite and above 0", op.name(),
                a.beta);
  }
  const Quantization& q = op.Output().quantization;
  if (q.scales[0] != 1.0F / 256 || q.zero_points[0] != -128) {
    return Fail(Code::kUnsupported, "{}: softmax output scale {} and zero point {}: {}", op.name(),
                q.scales[0], q.zero_points[0], "must be 1/256 and -128");
  }
  return {};
}

}  // namespace kinglet::ir
