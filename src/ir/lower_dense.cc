// Fully connected layers.
#include "device/kernels/fully_connected.h"
#include "src/ir/lower_op.h"
#include "src/ir/output_lead.h"

namespace kinglet::ir {

KINGLET_PARAMS(FullyConnectedParams, batches, input_size, output_size, input_zero_point,
               output_zero_point, multiplier, shift, activation_min, activation_max);
KINGLET_PARAMS(FullyConnectedPerChannelParams, batches, input_size, output_size, input_zero_point,
               output_zero_point, activation_min, activation_max);

KINGLET_KERNEL(kFullyConnected, FullyConnected, "fully_connected");
KINGLET_KERNEL(kFullyConnectedPerChannel, FullyConnectedPerChannel, "fully_connected");

Result<KernelCalls> LowerOp(const OpLowering& op, const FullyConnected& a) {
  const Tensor &in = op.Input(0), &weights = op.Input(1), &out = op.Output();
  const int32_t output_size = weights.shape[0], input_size = weights.shape[1];
  const auto batches = static_cast<int32_t>(in.ElementCount() / input_size);
  const int32_t in_zero = OpLowering::ZeroPoint(in), out_zero = OpLowering::ZeroPoint(out);
  const ActivationRange range = op.Range(a.activation);
  OutputLead lead;
  lead.AddBatches(batches, input_size, output_size);
  const int64_t lead_bytes = lead.Minus(output_size);
  if (weights.quantization.scales.size() > 1) {
    KINGLET_TRY(const ChannelScales scales, op.Scales(output_size));
    KernelCall call =
        op.Call(kFullyConnectedPerChannel,
                kernels::FullyConnectedPerChannelParams{batches, input_size, output_size, in_zero,
                                                        out_zero, range.min, range.max});
    op.AddInput(call, "input", 0, lead_bytes);
    op.AddWeightsAndBias(call);
    OpLowering::AddScales(call, scales);
    op.AddOutput(call);
    return KernelCalls{call};
  }
  // The reference multiplies the two scales in float here, and in double where each channel has
  // its own.
  const float product = OpLowering::Scale(in) * weights.quantization.scales[0];
  KINGLET_TRY(
      const QuantizedMultiplier q,
      op.Quantize(static_cast<double>(product) / static_cast<double>(OpLowering::Scale(out))));
  KernelCall call =
      op.Call(kFullyConnected,
              kernels::FullyConnectedParams{batches, input_size, output_size, in_zero, out_zero,
                                            q.multiplier, q.shift, range.min, range.max});
  op.AddInput(call, "input", 0, lead_bytes);
  op.AddWeightsAndBias(call);
  op.AddOutput(call);
  return KernelCalls{call};
}

}  // namespace kinglet::ir
