// Operators of one input, element by element. For int8 each becomes a table of its 256 results,
// computed here as TensorFlow Lite's reference kernels compute them.
#include <bit>
#include <cmath>
#include <vector>

#include "device/kernels/dequantize.h"
#include "device/kernels/fixed_point.h"
#include "device/kernels/leaky_relu_int16.h"
#include "device/kernels/lookup.h"
#include "device/kernels/quantize.h"
#include "src/ir/lower_op.h"

namespace kinglet::ir {

KINGLET_PARAMS(LookupParams, count);
KINGLET_PARAMS(LeakyReluInt16Params, count, positive_multiplier, positive_shift,
               negative_multiplier, negative_shift, activation_min, activation_max);
KINGLET_PARAMS(QuantizeParams, count, scale_bits, zero_point);
KINGLET_PARAMS(RescaleParams, count, input_zero_point, output_zero_point, multiplier, shift);
KINGLET_PARAMS(DequantizeParams, count, scale_bits, zero_point);

KINGLET_KERNEL(kLookup, Lookup, "lookup");
KINGLET_KERNEL(kLeakyReluInt16, LeakyReluInt16, "leaky_relu_int16");
KINGLET_KERNEL(kQuantize, Quantize, "quantize");
KINGLET_KERNEL(kQuantizeInt16, QuantizeInt16, "quantize");
KINGLET_KERNEL(kRescaleInt8ToInt16, RescaleInt8ToInt16, "quantize");
KINGLET_KERNEL(kRescaleInt8ToInt32, RescaleInt8ToInt32, "quantize");
KINGLET_KERNEL(kRescaleInt16ToInt8, RescaleInt16ToInt8, "quantize");
KINGLET_KERNEL(kRescaleInt16, RescaleInt16, "quantize");
KINGLET_KERNEL(kRescaleInt16ToInt32, RescaleInt16ToInt32, "quantize");
KINGLET_KERNEL(kDequantize, Dequantize, "dequantize");
KINGLET_KERNEL(kDequantizeInt16, DequantizeInt16, "dequantize");

namespace {

using kernels::MultiplyByQuantizedMultiplier;
using kernels::RoundingDivideByPowerOfTwo;

// `function` of each int8 value, or of the bits of an uint8 one; results outside of int8 are
// clamped.
template <typename Function>
KernelCalls LookupCall(const OpLowering& op, const Function& function) {
  std::vector<int8_t> table;
  for (int32_t value = INT8_MIN; value <= INT8_MAX; ++value) {
    table.push_back(static_cast<int8_t>(kernels::Clamp(function(value), INT8_MIN, INT8_MAX)));
  }
  KernelCall call =
      op.Call(kLookup, kernels::LookupParams{static_cast<int32_t>(op.Output().ElementCount())});
  op.AddInput(call, "input", 0, 0);
  OpLowering::AddConstant(call, "table", table);
  op.AddOutput(call);
  for (Argument& argument : call.arguments) argument.type = DataType::kInt8;
  return {call};
}

// Values at the output's scale: with one factor for those that are not negative, another for the
// rest.
KernelCalls RescaleCall(const OpLowering& op, const QuantizedMultiplier& positive,
                        const QuantizedMultiplier& negative, const ActivationRange& range) {
  if (op.Output().type == DataType::kInt16) {
    KernelCall call =
        op.Call(kLeakyReluInt16,
                kernels::LeakyReluInt16Params{
                    static_cast<int32_t>(op.Output().ElementCount()), positive.multiplier,
                    positive.shift, negative.multiplier, negative.shift, range.min, range.max});
    op.AddInput(call, "input", 0, 0);
    op.AddOutput(call);
    return {call};
  }
  const int32_t zero_in = OpLowering::ZeroPoint(op.Input(0));
  const int32_t zero_out = OpLowering::ZeroPoint(op.Output());
  return LookupCall(op, [&](int32_t value) {
    const int32_t x = value - zero_in;
    const QuantizedMultiplier& q = x >= 0 ? positive : negative;
    const int32_t scaled = MultiplyByQuantizedMultiplier(x, q.multiplier, q.shift);
    return kernels::Clamp(kernels::WrappingAdd(scaled, zero_out), range.min, range.max);
  });
}

// How the reference's logistic function and tanh see their int8 input: as Q4.27, saturated where it
// is `radius` or more steps from zero.
struct FixedPointInput {
  QuantizedMultiplier multiplier;
  int32_t radius = 0;
};

Result<FixedPointInput> MakeFixedPointInput(const OpLowering& op) {
  constexpr int32_t kIntegerBits = 4, kFractionBits = 31 - kIntegerBits;
  const double scale = OpLowering::Scale(op.Input(0));
  FixedPointInput input{QuantizeMultiplier(std::min(scale, 0x1p30) * (1 << kFractionBits)), 0};
  if (input.multiplier.shift < 0) {
    return Fail(Code::kUnsupported, "{}: input scale {} is below 2^-28", op.name(), scale);
  }
  input.radius = static_cast<int32_t>(
      std::floor(std::ldexp((1 << kIntegerBits) - 1, kFractionBits - input.multiplier.shift)));
  return input;
}

// `function` from Q4.27 to a result that saturates at -128 and 127.
template <typename Function>
Result<KernelCalls> SaturatingCall(const OpLowering& op, const Function& function) {
  KINGLET_TRY(const FixedPointInput input, MakeFixedPointInput(op));
  const int32_t zero_in = OpLowering::ZeroPoint(op.Input(0));
  return LookupCall(op, [&](int32_t value) {
    const int32_t x = value - zero_in;
    if (x <= -input.radius) return INT8_MIN;
    if (x >= input.radius) return INT8_MAX;
    return function(
        MultiplyByQuantizedMultiplier(x, input.multiplier.multiplier, input.multiplier.shift));
  });
}

// A multiplier of 16 bits and its exponent.
struct ShortMultiplier {
  int32_t multiplier = 0, exponent = 0;
};

ShortMultiplier MakeShortMultiplier(double real) {
  const QuantizedMultiplier q = QuantizeMultiplier(real);
  constexpr int32_t kHalf = 1 << 15;
  if (q.multiplier >= INT32_MAX - kHalf) return {INT16_MAX, q.shift};
  return {(q.multiplier + kHalf) >> 16, q.shift};
}

int32_t Saturate16(int32_t x) { return kernels::Clamp(x, INT16_MIN, INT16_MAX); }
// a * b / 2^15 with a rounding that takes halves up, saturating.
int32_t HighMul16(int32_t a, int32_t b) { return Saturate16((a * b + (1 << 14)) >> 15); }

// The reference's hard swish: x * relu6(x + 3) / 6 in 16-bit fixed point.
class HardSwishFunction {
 public:
  static Result<HardSwishFunction> Make(const OpLowering& op) {
    // The reference divides scales in float here.
    const float fine_scale = (1.0F / 128.0F) * OpLowering::Scale(op.Input(0));
    const float to_output = fine_scale / OpLowering::Scale(op.Output());
    const float to_relu = fine_scale / (3.0F / 32768.0F);
    constexpr float kLeast = 0x1p-16F;
    if (!(to_output >= kLeast && to_output < 1) || !(to_relu >= kLeast && to_relu < 0x1p30F)) {
      return Fail(Code::kUnsupported, "{}: hard swish from scale {} to {}: {}", op.name(),
                  OpLowering::Scale(op.Input(0)), OpLowering::Scale(op.Output()),
                  "input / 128 / output must be 2^-16 to 1, input 2^-22 to 2^23");
    }
    HardSwishFunction function;
    function.zero_in_ = OpLowering::ZeroPoint(op.Input(0));
    function.zero_out_ = OpLowering::ZeroPoint(op.Output());
    function.to_output_ = MakeShortMultiplier(static_cast<double>(to_output));
    function.to_relu_ = MakeShortMultiplier(static_cast<double>(to_relu));
    return function;
  }

  int32_t operator()(int32_t value) const {
    const int32_t fine = (value - zero_in_) * 128;
    const int32_t at_output_scale = HighMul16(fine, to_output_.multiplier);
    const int32_t factor = (AtReluScale(fine) + (1 << 15)) >> 1;   // 0 to 1 in 15 bits
    const int32_t product = factor * at_output_scale / (1 << 15);  // towards zero
    return RoundingDivideByPowerOfTwo(product, -to_output_.exponent) + zero_out_;
  }

 private:
  // The input where 3.0 is 2^15, saturating.
  int32_t AtReluScale(int32_t fine) const {
    const int32_t exponent = to_relu_.exponent;
    const auto shifted_left = [](int32_t x, int32_t bits) {
      return static_cast<int32_t>(std::clamp<int64_t>(int64_t{x} << bits, INT16_MIN, INT16_MAX));
    };
    int32_t x = fine;
    if (exponent > 0) x = shifted_left(x, exponent - 1);
    x = HighMul16(x, to_relu_.multiplier);
    if (exponent > 0) x = shifted_left(x, 1);
    return exponent < 0 ? RoundingDivideByPowerOfTwo(x, -exponent) : x;
  }

  int32_t zero_in_ = 0, zero_out_ = 0;
  ShortMultiplier to_output_, to_relu_;
};

// How far the output may lead the input of a kernel that takes one element after another, where
// their types differ in size: each output may reach what has been read, and no further. With only
// wide elements on both sides compilers count on them being apart.
std::optional<int64_t> LeadBetweenTypes(const OpLowering& op) {
  const int64_t in = DataTypeBytes(op.Input(0).type), out = DataTypeBytes(op.Output().type);
  if (in == out) return 0;
  if (std::min(in, out) > 1) return {};
  return in > out ? in - out : (in - out) * (op.Output().ElementCount() - 1);
}

KernelCalls ConversionCall(const OpLowering& op, const Kernel& kernel, KernelParams params) {
  KernelCall call = op.Call(kernel, std::move(params));
  op.AddInput(call, "input", 0, LeadBetweenTypes(op));
  op.AddOutput(call);
  return {call};
}

const Kernel& RescaleKernel(DataType from, DataType to) {
  if (from == DataType::kInt8) {
    return to == DataType::kInt16 ? kRescaleInt8ToInt16 : kRescaleInt8ToInt32;
  }
  if (to == DataType::kInt8) return kRescaleInt16ToInt8;
  return to == DataType::kInt16 ? kRescaleInt16 : kRescaleInt16ToInt32;
}

bool IsOneByte(const Tensor& tensor) { return DataTypeBytes(tensor.type) == 1; }

// Between int8 and int8 or uint8.
KernelCalls RescaleByTable(const OpLowering& op, const QuantizedMultiplier& q) {
  const Tensor &in = op.Input(0), &out = op.Output();
  const bool from_uint8 = in.type == DataType::kUint8, to_uint8 = out.type == DataType::kUint8;
  return LookupCall(op, [&](int32_t value) {
    const int32_t x = from_uint8 ? int32_t{static_cast<uint8_t>(value)} : value;
    const int32_t scaled = kernels::WrappingAdd(
        MultiplyByQuantizedMultiplier(x - OpLowering::ZeroPoint(in), q.multiplier, q.shift),
        OpLowering::ZeroPoint(out));
    return to_uint8 ? int32_t{static_cast<int8_t>(kernels::Clamp(scaled, 0, UINT8_MAX))} : scaled;
  });
}

}  // namespace

Result<KernelCalls> LowerOp(const OpLowering& op, const Clip& a) {
  const double scale_in = OpLowering::Scale(op.Input(0)),
               scale_out = OpLowering::Scale(op.Output());
  KINGLET_TRY(const QuantizedMultiplier q, op.Quantize(scale_in / scale_out));
  return RescaleCall(op, q, q, op.Range(a.range));
}

Result<KernelCalls> LowerOp(const OpLowering& op, const LeakyRelu& a) {
  // In float, from left to right, as the reference.
  const float scale_in = OpLowering::Scale(op.Input(0)), scale_out = OpLowering::Scale(op.Output());
  KINGLET_TRY(const QuantizedMultiplier positive,
              op.Quantize(static_cast<double>(scale_in / scale_out)));
  KINGLET_TRY(const QuantizedMultiplier negative,
              op.Quantize(static_cast<double>(scale_in * a.alpha / scale_out)));
  return RescaleCall(op, positive, negative, op.Range(Activation::kNone));
}

Result<KernelCalls> LowerOp(const OpLowering& op, const HardSwish&) {
  KINGLET_TRY(const HardSwishFunction function, HardSwishFunction::Make(op));
  return LookupCall(op, function);
}

Result<KernelCalls> LowerOp(const OpLowering& op, const Logistic&) {
  return SaturatingCall(op, [](int32_t x_q27) {
    return RoundingDivideByPowerOfTwo(kernels::LogisticQ27(x_q27), 23) - 128;
  });
}

Result<KernelCalls> LowerOp(const OpLowering& op, const Tanh&) {
  return SaturatingCall(
      op, [](int32_t x_q27) { return RoundingDivideByPowerOfTwo(kernels::TanhQ27(x_q27), 24); });
}

Result<KernelCalls> LowerOp(const OpLowering& op, const Quantize&) {
  const Tensor &in = op.Input(0), &out = op.Output();
  const auto count = static_cast<int32_t>(out.ElementCount());
  if (in.type == DataType::kFloat32) {
    const auto scale_bits = std::bit_cast<int32_t>(OpLowering::Scale(out));
    return ConversionCall(op, out.type == DataType::kInt8 ? kQuantize : kQuantizeInt16,
                          kernels::QuantizeParams{count, scale_bits, OpLowering::ZeroPoint(out)});
  }
  const double scale_in = OpLowering::Scale(in), scale_out = OpLowering::Scale(out);
  KINGLET_TRY(const QuantizedMultiplier q, op.Quantize(scale_in / scale_out));
  if (IsOneByte(in) && IsOneByte(out)) return RescaleByTable(op, q);
  return ConversionCall(op, RescaleKernel(in.type, out.type),
                        kernels::RescaleParams{count, OpLowering::ZeroPoint(in),
                                               OpLowering::ZeroPoint(out), q.multiplier, q.shift});
}

Result<KernelCalls> LowerOp(const OpLowering& op, const Dequantize&) {
  const Tensor& in = op.Input(0);
  return ConversionCall(op, in.type == DataType::kInt8 ? kDequantize : kDequantizeInt16,
                        kernels::DequantizeParams{static_cast<int32_t>(in.ElementCount()),
                                                  std::bit_cast<int32_t>(OpLowering::Scale(in)),
                                                  OpLowering::ZeroPoint(in)});
}

}  // namespace kinglet::ir
