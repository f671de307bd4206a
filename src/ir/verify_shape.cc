// Operators that move elements and compute nothing.
#include "src/ir/verify_op.h"

namespace kinglet::ir {

Status VerifyOp(const OpChecks& op, const Reshape&) {
  KINGLET_CHECK(op.Counts(1, 1));
  KINGLET_CHECK(op.Activations(op.Input(0), "input"));
  KINGLET_CHECK(op.Activations(op.Output(), "output"));
  return op.SameElementCount();
}

Status VerifyOp(const OpChecks& op, const Copy&) {
  KINGLET_CHECK(op.Counts(1, 1));
  const Tensor &in = op.Input(0), &out = op.Output();
  if (!(in.variable || out.variable) || &in == &out) {
    return Fail(Code::kInvalid,
                "{}: copies '{}' to '{}': one of them must be a variable, and not both the same",
                op.name(), in.name, out.name);
  }
  KINGLET_CHECK(op.SameType());
  return op.SameShape();
}

}  // namespace kinglet::ir
