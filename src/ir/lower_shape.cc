// Operators that move elements and compute nothing.
#include "device/kernels/reshape.h"
#include "src/ir/lower_op.h"

namespace kinglet::ir {

KINGLET_PARAMS(ReshapeParams, count);

KINGLET_COPY_KERNEL(kReshape, Reshape, "reshape");

Result<KernelCalls> LowerOp(const OpLowering& op, const Reshape&) {
  const auto count = static_cast<int32_t>(op.Output().ElementCount());
  KernelCall call = op.Call(kReshape, kernels::ReshapeParams{count});
  op.AddInput(call, "input", 0, count);  // any overlap will do
  op.AddOutput(call);
  return KernelCalls{call};
}

}  // namespace kinglet::ir
