// Fully connected layers.
#include "src/ir/verify_op.h"

namespace kinglet::ir {

Status VerifyOp(const OpChecks& op, const FullyConnected& a) {
  KINGLET_CHECK(op.Counts(2, 3));
  KINGLET_CHECK(op.Activations(op.Input(0), "input", kInt8OrInt16));
  KINGLET_CHECK(op.Activations(op.Output(), "output", kInt8OrInt16));
  KINGLET_CHECK(op.SameType());
  const Tensor& weights = op.Input(1);
  KINGLET_CHECK(op.Weights(weights, 2, 0));
  KINGLET_CHECK(op.Bias(weights.shape[0]));
  const int64_t batches = op.Input(0).ElementCount() / weights.shape[1];
  if (batches * weights.shape[1] != op.Input(0).ElementCount() ||
      batches * weights.shape[0] != op.Output().ElementCount() || op.Output().shape.empty() ||
      op.Output().shape.back() != weights.shape[0]) {
    return op.Mismatch(weights);
  }
  KINGLET_CHECK(op.FilterSize(weights.shape[1]));
  return op.FusedActivation(a.activation);
}

}  // namespace kinglet::ir
