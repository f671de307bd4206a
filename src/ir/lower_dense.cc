// Fully connected layers.
#include "device/kernels/fully_connected.h"
#include "device/kernels/fully_connected_int16.h"
#include "src/ir/lower_op.h"
#include "src/ir/output_lead.h"

namespace kinglet::ir {

KINGLET_PARAMS(FullyConnectedParams, batches, input_size, output_size, input_zero_point,
               output_zero_point, multiplier, shift, activation_min, activation_max);
KINGLET_PARAMS(FullyConnectedPerChannelParams, batches, input_size, output_size, input_zero_point,
               output_zero_point, activation_min, activation_max);

KINGLET_KERNEL(kFullyConnected, FullyConnected, "fully_connected");
KINGLET_KERNEL(kFullyConnectedPerChannel, FullyConnectedPerChannel, "fully_connected");
KINGLET_KERNEL(kFullyConnectedInt16, FullyConnectedInt16, "fully_connected_int16");
KINGLET_KERNEL(kFullyConnectedInt16Bias32, FullyConnectedInt16Bias32, "fully_connected_int16");

namespace {

// The one scale of the layer's sums. The reference multiplies two scales in float here, and in
// double where each channel has its own.
Result<QuantizedMultiplier> LayerScale(const OpLowering& op) {
  const float product = OpLowering::Scale(op.Input(0)) * OpLowering::Scale(op.Input(1));
  return op.QuantizeSum(static_cast<double>(product) /
                        static_cast<double>(OpLowering::Scale(op.Output())));
}

Result<ChannelScales> LayerScales(const OpLowering& op, int32_t outputs) {
  if (op.Input(1).quantization.scales.size() > 1) return op.Scales(outputs);
  KINGLET_TRY(const QuantizedMultiplier q, LayerScale(op));
  const auto count = static_cast<size_t>(outputs);
  return ChannelScales{std::vector<int32_t>(count, q.multiplier),
                       std::vector<int8_t>(count, static_cast<int8_t>(q.shift))};
}

}  // namespace

Result<KernelCalls> LowerOp(const OpLowering& op, const FullyConnected& a) {
  const Tensor &in = op.Input(0), &weights = op.Input(1), &out = op.Output();
  const int32_t output_size = weights.shape[0], input_size = weights.shape[1];
  const auto batches = static_cast<int32_t>(in.ElementCount() / input_size);
  const int32_t in_zero = OpLowering::ZeroPoint(in), out_zero = OpLowering::ZeroPoint(out);
  const ActivationRange range = op.Range(a.activation);
  const bool int16 = out.type == DataType::kInt16;
  const int64_t element_bytes = DataTypeBytes(out.type);
  OutputLead lead;
  lead.AddBatches(batches, input_size * element_bytes, output_size * element_bytes);
  const int64_t lead_bytes = lead.Minus(output_size * element_bytes);
  if (int16 || weights.quantization.scales.size() > 1) {
    KINGLET_TRY(const ChannelScales scales, LayerScales(op, output_size));
    const Kernel& int16_kernel =
        op.SumsAreWide() ? kFullyConnectedInt16 : kFullyConnectedInt16Bias32;
    KernelCall call =
        op.Call(int16 ? int16_kernel : kFullyConnectedPerChannel,
                kernels::FullyConnectedPerChannelParams{batches, input_size, output_size, in_zero,
                                                        out_zero, range.min, range.max});
    op.AddInput(call, "input", 0, lead_bytes);
    op.AddWeightsAndBias(call);
    OpLowering::AddScales(call, scales);
    op.AddOutput(call);
    return KernelCalls{call};
  }
  KINGLET_TRY(const QuantizedMultiplier q, LayerScale(op));
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
