#include <cmath>

#include "device/kernels/softmax.h"
#include "src/ir/verify_op.h"

namespace kinglet::ir {

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
  return op.OutputQuantization(1.0F / 256, -128);
}

}  // namespace kinglet::ir
