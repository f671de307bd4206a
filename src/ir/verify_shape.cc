// Operators that move elements and compute nothing.
#include "src/ir/verify_op.h"

namespace kinglet::ir {

Status VerifyOp(const OpChecks& op, const Reshape&) {
  KINGLET_CHECK(op.Counts(1, 1));
  KINGLET_CHECK(op.AllActivations(kInt8OrInt16));
  return op.SameElementCount();
}

}  // namespace kinglet::ir
