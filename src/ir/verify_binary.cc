// Operators of two inputs that stretch to each other's shape.
#include "src/ir/verify_op.h"

namespace kinglet::ir {
namespace {

Status VerifyBinary(const OpChecks& op, Activation activation) {
  KINGLET_CHECK(op.Counts(2, 2));
  KINGLET_CHECK(op.AllActivations(kInt8OrInt16));
  KINGLET_CHECK(op.Broadcast());
  return op.FusedActivation(activation);
}

}  // namespace

Status VerifyOp(const OpChecks& op, const Add& a) { return VerifyBinary(op, a.activation); }

Status VerifyOp(const OpChecks& op, const Sub& a) { return VerifyBinary(op, a.activation); }

Status VerifyOp(const OpChecks& op, const Mul& a) { return VerifyBinary(op, a.activation); }

Status VerifyOp(const OpChecks& op, const Extremum&) { return VerifyBinary(op, Activation::kNone); }

Status VerifyOp(const OpChecks& op, const Prelu&) {
  KINGLET_CHECK(op.Counts(2, 2));
  KINGLET_CHECK(op.Activations(op.Input(0), "input", kInt8OrInt16));
  KINGLET_CHECK(op.Activations(op.Input(1), "slopes", kInt8Only));
  KINGLET_CHECK(op.Activations(op.Output(), "output", kInt8OrInt16));
  KINGLET_CHECK(op.SameType());
  return op.Broadcast();
}

}  // namespace kinglet::ir
