// Operators with memory. How scales become multipliers is as in TensorFlow Lite Micro's reference:
// which products are of floats and which of doubles decides the last bit.
#include <algorithm>
#include <cmath>

#include "device/kernels/svdf.h"
#include "device/kernels/unidirectional_sequence_lstm.h"
#include "src/ir/lower_op.h"
#include "src/ir/output_lead.h"

namespace kinglet::ir {

KINGLET_PARAMS(UnidirectionalSequenceLstmParams, batches, time_steps, input_size, state_size,
               time_major, input_zero_point, hidden_zero_point, input_multipliers, input_shifts,
               hidden_multipliers, hidden_shifts, keep_multiplier, keep_shift, update_multiplier,
               update_shift, output_multiplier, output_shift, cell_min, cell_max, tanh_multiplier,
               tanh_shift);
KINGLET_PARAMS(SvdfParams, batches, input_size, units, rank, memory_size, input_zero_point,
               state_zero_point, output_zero_point, feature_multiplier, feature_shift,
               output_multiplier, output_shift);

KINGLET_KERNEL(kUnidirectionalSequenceLstm, UnidirectionalSequenceLstm,
               "unidirectional_sequence_lstm");
KINGLET_KERNEL(kUnidirectionalSequenceLstmInt16, UnidirectionalSequenceLstmInt16,
               "unidirectional_sequence_lstm");
KINGLET_KERNEL(kSvdf, Svdf, "svdf");
KINGLET_KERNEL(kSvdfInt8, SvdfInt8, "svdf");

namespace {

using kernels::UnidirectionalSequenceLstmParams;

constexpr size_t kGates = kernels::kLstmGates;
// Inputs of the operator.
constexpr size_t kHiddenWeights = 1 + kGates, kBiases = kHiddenWeights + kGates,
                 kHidden = kBiases + kGates, kCell = kHidden + 1;
constexpr double kGateInputScale = 0x1p-12, kGateScale = 0x1p-15;  // Q3.12, Q0.15
constexpr int32_t kWideShiftMax = 7;  // of MultiplyByQuantizedMultiplierWide

// How far the output may lead the input when each row of it is written after the same row of the
// input was read.
int64_t RowLead(int32_t rows, int64_t input_row_bytes, int64_t output_row_bytes) {
  if (rows == 1) return input_row_bytes;  // any overlap will do
  OutputLead lead;
  lead.AddBatches(rows, input_row_bytes, output_row_bytes);
  return lead.Minus(0);
}

class LstmLowering {
 public:
  LstmLowering(const OpLowering& op, const UnidirectionalSequenceLstm& a) : op_(op), a_(a) {
    const Tensor& input = op.Input(0);
    p_.batches = input.shape[a.time_major ? 1 : 0];
    p_.time_steps = input.shape[a.time_major ? 0 : 1];
    p_.input_size = input.shape[2];
    p_.state_size = op.Output().shape[2];
    p_.time_major = a.time_major ? 1 : 0;
    p_.input_zero_point = OpLowering::ZeroPoint(input);
    p_.hidden_zero_point = OpLowering::ZeroPoint(op.Input(kHidden));
  }

  Result<KernelCalls> Run() {
    KINGLET_CHECK(SetGates());
    KINGLET_CHECK(SetProducts());
    KINGLET_CHECK(SetTanh());
    SetCellRange();
    return KernelCalls{MakeCall()};
  }

 private:
  bool wide() const { return op_.Input(0).type == DataType::kInt16; }

  Status SetGates() {
    for (size_t gate = 0; gate < kGates; ++gate) {
      KINGLET_CHECK(SetGate(op_.Input(0), op_.Input(1 + gate), p_.input_multipliers[gate],
                            p_.input_shifts[gate]));
      KINGLET_CHECK(SetGate(op_.Input(kHidden), op_.Input(kHiddenWeights + gate),
                            p_.hidden_multipliers[gate], p_.hidden_shifts[gate]));
    }
    return {};
  }
  Status SetGate(const Tensor& x, const Tensor& weights, int32_t& multiplier, int32_t& shift) {
    const float product = OpLowering::Scale(x) * OpLowering::Scale(weights);
    const double ratio = static_cast<double>(product) / kGateInputScale;
    KINGLET_CHECK(Set(ratio, multiplier, shift));
    if (!wide() || shift <= kWideShiftMax) return {};
    return Fail(Code::kUnsupported, "{}: scales of '{}' and '{}': their product must be below 2^-5",
                op_.name(), x.name, weights.name);
  }
  Status Set(double ratio, int32_t& multiplier, int32_t& shift) {
    KINGLET_TRY(const QuantizedMultiplier q, op_.Quantize(ratio));
    multiplier = q.multiplier;
    shift = q.shift;
    return {};
  }

  Status SetProducts() {
    const double cell = OpLowering::Scale(op_.Input(kCell));
    const double hidden = OpLowering::Scale(op_.Input(kHidden));
    KINGLET_CHECK(Set(kGateScale * cell / cell, p_.keep_multiplier, p_.keep_shift));
    KINGLET_CHECK(Set(kGateScale * kGateScale / cell, p_.update_multiplier, p_.update_shift));
    return Set(kGateScale * kGateScale / hidden, p_.output_multiplier, p_.output_shift);
  }

  // The reference takes the exponent of the cell state's scale, which must be one, nearly.
  Status SetTanh() {
    constexpr int32_t kBitsMax = 14, kBitsMin = -30;
    constexpr int32_t kPerStep = 3;
    const float log2 = std::log(OpLowering::Scale(op_.Input(kCell))) * (1.0F / std::log(2.0F));
    const float power = std::round(log2);
    const auto bits = static_cast<int32_t>(power) + 12;  // from Q3.12
    if (std::abs(log2 - power) >= 1e-3F || bits > kBitsMax || bits < kBitsMin) {
      return Fail(Code::kUnsupported, "{}: cell state scale {}: must be a power of two, 2^-42 {}",
                  op_.name(), OpLowering::Scale(op_.Input(kCell)), "to 4");
    }
    p_.tanh_multiplier = kPerStep << std::max(bits, 0);
    p_.tanh_shift = std::max(-bits, 0);
    return {};
  }

  void SetCellRange() {
    p_.cell_min = INT16_MIN;
    p_.cell_max = INT16_MAX;
    if (a_.cell_clip == 0) return;
    const double steps = static_cast<double>(a_.cell_clip) /
                         static_cast<double>(OpLowering::Scale(op_.Input(kCell)));
    p_.cell_max = static_cast<int32_t>(std::min(steps, 32767.0));
    p_.cell_min = -p_.cell_max;
  }

  KernelCall MakeCall() const {
    constexpr std::string_view kNames[] = {"input_to_input_weights",
                                           "input_to_forget_weights",
                                           "input_to_cell_weights",
                                           "input_to_output_weights",
                                           "hidden_to_input_weights",
                                           "hidden_to_forget_weights",
                                           "hidden_to_cell_weights",
                                           "hidden_to_output_weights",
                                           "input_bias",
                                           "forget_bias",
                                           "cell_bias",
                                           "output_bias"};
    KernelCall call =
        op_.Call(wide() ? kUnidirectionalSequenceLstmInt16 : kUnidirectionalSequenceLstm, p_);
    const int64_t element = DataTypeBytes(op_.Input(0).type);
    op_.AddInput(
        call, "input", 0,
        RowLead(p_.batches * p_.time_steps, element * p_.input_size, element * p_.state_size));
    for (size_t i = 0; i < std::size(kNames); ++i) op_.AddWeights(call, kNames[i], 1 + i);
    op_.AddState(call, "hidden_state", 1);
    op_.AddState(call, "cell_state", 2);
    Argument gates;
    gates.kind = Argument::Kind::kScratch;
    gates.name = "gates";
    gates.type = DataType::kInt16;
    gates.alignment_bytes = DataTypeBytes(DataType::kInt16);
    gates.scratch_bytes = static_cast<uint32_t>(kGates) * gates.alignment_bytes *
                          static_cast<uint32_t>(p_.state_size);
    call.arguments.push_back(gates);
    op_.AddOutput(call);
    return call;
  }

  const OpLowering& op_;
  const UnidirectionalSequenceLstm& a_;
  UnidirectionalSequenceLstmParams p_{};
};

}  // namespace

Result<KernelCalls> LowerOp(const OpLowering& op, const UnidirectionalSequenceLstm& a) {
  return LstmLowering(op, a).Run();
}

// The reference clamps the output to int8 whatever the fused activation: converters choose a scale
// whose least value is the activation's.
Result<KernelCalls> LowerOp(const OpLowering& op, const Svdf& a) {
  const Tensor &input = op.Input(0), &time_weights = op.Input(2), &state = op.Input(4);
  const float to_state =
      OpLowering::Scale(input) * OpLowering::Scale(op.Input(1)) / OpLowering::Scale(state);
  const float to_output =
      OpLowering::Scale(state) * OpLowering::Scale(time_weights) / OpLowering::Scale(op.Output());
  KINGLET_TRY(const QuantizedMultiplier feature, op.Quantize(static_cast<double>(to_state)));
  KINGLET_TRY(const QuantizedMultiplier output, op.Quantize(static_cast<double>(to_output)));
  const int32_t batches = input.shape[0], input_size = input.shape[1];
  const int32_t units = op.Output().shape[1];
  KernelCall call =
      op.Call(time_weights.type == DataType::kInt16 ? kSvdf : kSvdfInt8,
              kernels::SvdfParams{batches, input_size, units, a.rank, time_weights.shape[1],
                                  OpLowering::ZeroPoint(input), OpLowering::ZeroPoint(state),
                                  OpLowering::ZeroPoint(op.Output()), feature.multiplier,
                                  feature.shift, output.multiplier, output.shift});
  op.AddInput(call, "input", 0, RowLead(batches, input_size, units));
  op.AddWeights(call, "feature_weights", 1);
  op.AddWeights(call, "time_weights", 2);
  op.AddWeights(call, "bias", 3);
  op.AddState(call, "activation_state", 1);
  op.AddOutput(call);
  return KernelCalls{call};
}

}  // namespace kinglet::ir
