// Operators that move elements and compute nothing.
#include "src/ir/verify_op.h"

namespace kinglet::ir {

Status VerifyOp(const OpChecks& op, const Reshape&) {
  KINGLET_CHECK(op.Counts(1, 1));
  KINGLET_CHECK(op.Activations(op.Input(0), "input"));
  KINGLET_CHECK(op.Activations(op.Output(), "output"));
  return op.SameElementCount();
}

}  // namespace kinglet::ir
