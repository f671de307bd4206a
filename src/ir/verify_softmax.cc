#include <cmath>

#include "device/kernels/softmax.h"
#include "device/kernels/softmax_int16.h"
#include "src/ir/verify_op.h"

namespace kinglet::ir {

Status VerifyOp(const OpChecks& op, const Softmax& a) {
  KINGLET_CHECK(op.Counts(1, 1));
  KINGLET_CHECK(op.AllActivations(kInt8OrInt16));
  KINGLET_CHECK(op.SameElementCount());
  const int32_t depth = op.Input(0).shape.empty() ? 1 : op.Input(0).shape.back();
  const bool int16 = op.Output().type == DataType::kInt16;
  const int32_t depth_max = int16 ? kernels::kSoftmaxInt16DepthMax : kernels::kSoftmaxDepthMax;
  if (depth > depth_max) {
    return Fail(Code::kUnsupported, "{}: softmax over {} values, at most {}", op.name(), depth,
                depth_max);
  }
  if (!std::isfinite(a.beta) || a.beta <= 0) {
    return Fail(Code::kInvalid, "{}: softmax beta {}: must be finite and above 0", op.name(),
                a.beta);
  }
  return int16 ? op.OutputQuantization(1.0F / 32768, 0) : op.OutputQuantization(1.0F / 256, -128);
}

}  // namespace kinglet::ir
