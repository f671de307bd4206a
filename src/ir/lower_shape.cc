// Operators that move elements and compute nothing.
#include "device/kernels/reshape.h"
#include "src/ir/lower_op.h"

namespace kinglet::ir {

KINGLET_PARAMS(ReshapeParams, bytes);

KINGLET_COPY_KERNEL(kReshape, Reshape, "reshape");

Result<KernelCalls> LowerOp(const OpLowering& op, const Reshape&) {
  const auto bytes = static_cast<int32_t>(op.Output().ByteCount());
  KernelCall call = op.Call(kReshape, kernels::ReshapeParams{bytes});
  op.AddInput(call, "input", 0, bytes);  // any overlap will do
  op.AddOutput(call);
  return KernelCalls{call};
}

}  // namespace kinglet::ir
