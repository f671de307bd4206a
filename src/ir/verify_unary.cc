// Operators of one input, element by element.
#include <cmath>

#include "src/ir/verify_op.h"

namespace kinglet::ir {
namespace {

Status VerifyUnary(const OpChecks& op, TypeSet types) {
  KINGLET_CHECK(op.Counts(1, 1));
  KINGLET_CHECK(op.AllActivations(types));
  return op.SameShape();
}

}  // namespace

Status VerifyOp(const OpChecks& op, const Clip& a) {
  KINGLET_CHECK(VerifyUnary(op, kInt8OrInt16));
  if (a.range != Activation::kNone) return op.FusedActivation(a.range);
  return Fail(Code::kInvalid, "{}: a clip must have a range", op.name());
}

Status VerifyOp(const OpChecks& op, const LeakyRelu& a) {
  KINGLET_CHECK(VerifyUnary(op, kInt8OrInt16));
  if (std::isfinite(a.alpha)) return {};
  return Fail(Code::kInvalid, "{}: leaky_relu alpha {}: must be finite", op.name(), a.alpha);
}

Status VerifyOp(const OpChecks& op, const HardSwish&) { return VerifyUnary(op, kInt8Only); }

Status VerifyOp(const OpChecks& op, const Logistic&) {
  KINGLET_CHECK(VerifyUnary(op, kInt8Only));
  return op.OutputQuantization(1.0F / 256, -128);
}

Status VerifyOp(const OpChecks& op, const Tanh&) {
  KINGLET_CHECK(VerifyUnary(op, kInt8Only));
  return op.OutputQuantization(1.0F / 128, 0);
}

}  // namespace kinglet::ir
