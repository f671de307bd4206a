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

Result<KernelCalls> LowerOp(const OpLowering& op, const Copy&) {
  const auto bytes = static_cast<int32_t>(op.Output().ByteCount());
  KernelCall call = op.Call(kReshape, kernels::ReshapeParams{bytes});
  op.AddInput(call, "input", 0, bytes);  // any overlap will do
  op.AddOutput(call);
  for (Argument& argument : call.arguments) argument.type = DataType::kInt8;  // bytes of any type
  return KernelCalls{call};
}

}  // namespace kinglet::ir
