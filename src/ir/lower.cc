#include "src/ir/lower.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "device/kernels/requantize_int16.h"
#include "src/ir/lower_op.h"

namespace kinglet::ir {
Result<QuantizedMultiplier> OpLowering::Quantize(double real) const {
  if (std::abs(real) < 0x1p30) {
    const QuantizedMultiplier q = QuantizeMultiplier(real);
    if (q.shift <= 30) return q;
  }
  return Fail(Code::kUnsupported, "{}: ratio of scales {}: must be below 2^30", op_.name, real);
}

Result<QuantizedMultiplier> OpLowering::QuantizeBelowOne(double real) const {
  // A ratio of floats may be infinite.
  if (std::abs(real) < 0x1p30) {
    const QuantizedMultiplier q = QuantizeMultiplier(real);
    if (q.shift <= 0) return q;
  }
  return Fail(Code::kUnsupported, "{}: ratio of scales {}: must be below 1", op_.name, real);
}

Result<QuantizedMultiplier> OpLowering::QuantizeSum(double real) const {
  KINGLET_TRY(const QuantizedMultiplier q, Quantize(real));
  if (!SumsAreWide() || q.shift <= kernels::kWideShiftMax) return q;
  return Fail(Code::kUnsupported, "{}: ratio of scales {}: must be below 2^{} for int16", op_.name,
              real, kernels::kWideShiftMax);
}

Result<ChannelScales> OpLowering::Scales(int32_t channels) const {
  const std::vector<float>& scales = Input(1).quantization.scales;
  const double scale_in = Scale(Input(0)), scale_out = Scale(Output());
  ChannelScales result;
  for (int32_t c = 0; c < channels; ++c) {
    const double scale = scales[scales.size() == 1 ? 0 : static_cast<size_t>(c)];
    KINGLET_TRY(const QuantizedMultiplier q, QuantizeSum(scale_in * scale / scale_out));
    result.multipliers.push_back(q.multiplier);
    result.shifts.push_back(static_cast<int8_t>(q.shift));
  }
  return result;
}

void OpLowering::AddInput(KernelCall& call, std::string_view name, size_t i,
                          std::optional<int64_t> lead_bytes_max) const {
  if (Input(i).constant) lead_bytes_max.reset();
  call.arguments.push_back(
      {Argument::Kind::kInput, name, Input(i).type, op_.inputs[i], {}, lead_bytes_max});
}

void OpLowering::AddWeights(KernelCall& call, std::string_view name, size_t i) const {
  Argument argument;
  argument.name = name;
  if (HasInput(i)) {
    argument.kind = Argument::Kind::kWeights;
    argument.type = Input(i).type;
    argument.tensor = op_.inputs[i];
  }
  call.arguments.push_back(std::move(argument));
}

void OpLowering::AddOutput(KernelCall& call, size_t i) const {
  call.arguments.push_back(
      {Argument::Kind::kOutput, "output", Output(i).type, op_.outputs[i], {}, {}});
}

QuantizedMultiplier QuantizeMultiplier(double real) {
  KINGLET_ASSERT(std::isfinite(real));
  if (real == 0) return {};
  int exponent = 0;
  auto fixed = static_cast<int64_t>(std::round(std::frexp(real, &exponent) * 0x1p31));
  if (fixed == int64_t{1} << 31) {
    fixed /= 2;
    ++exponent;
  }
  if (exponent < -31) return {};
  return {static_cast<int32_t>(fixed), exponent};
}

ActivationRange QuantizedActivationRange(Activation activation, float scale, int32_t zero_point,
                                         DataType type) {
  const ActivationRange all = type == DataType::kInt16 ? ActivationRange{INT16_MIN, INT16_MAX}
                                                       : ActivationRange{INT8_MIN, INT8_MAX};
  // In float, as the reference divides; far beyond the type the exact value no longer matters.
  const auto quantize = [&](float real) {
    return zero_point + static_cast<int32_t>(std::clamp(std::round(real / scale), -1e6F, 1e6F));
  };
  switch (activation) {
    case Activation::kRelu:
      return {std::max(all.min, zero_point), all.max};
    case Activation::kRelu6:
      return {std::max(all.min, zero_point), std::min(all.max, quantize(6.0F))};
    case Activation::kReluN1To1:
      return {std::max(all.min, quantize(-1.0F)), std::min(all.max, quantize(1.0F))};
    case Activation::kNone:
    case Activation::kTanh:
    case Activation::kSignBit:
      break;
  }
  return all;
}

Result<std::vector<KernelCall>> Lower(const Graph& graph) {
  std::vector<KernelCall> calls;
  calls.reserve(graph.ops.size());
  for (size_t i = 0; i < graph.ops.size(); ++i) {
    const OpLowering op(graph, i);
    KINGLET_TRY(KernelCalls lowered,
                std::visit([&](const auto& a) { return LowerOp(op, a); }, graph.ops[i].attributes));
    for (KernelCall& call : lowered) {
      KINGLET_ASSERT(ArgumentsMatch(call));
      calls.push_back(std::move(call));
    }
  }
  return calls;
}

std::vector<Field> ParamFields(const KernelCall& call) {
  std::vector<Field> fields;
  for (const ParamMember& member : call.kernel->members) {
    const auto values = call.params.values().subspan(member.offset, member.count);
    fields.push_back({member.name, {values.begin(), values.end()}, member.is_array});
  }
  return fields;
}

bool ArgumentsMatch(const KernelCall& call) {
  using Kind = Argument::Kind;
  const auto parameters = call.kernel->parameters;
  if (parameters.size() != call.arguments.size()) return false;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const Argument& argument = call.arguments[i];
    const bool written = argument.kind == Kind::kOutput || argument.kind == Kind::kScratch;
    if (parameters[i].written != written) return false;
    if (argument.kind == Kind::kNull) continue;
    if (parameters[i].type.has_value() && *parameters[i].type != argument.type) return false;
  }
  return true;
}

AlignedBytes MakeAligned(size_t bytes) {
  static_assert(sizeof(std::max_align_t) % 16 == 0);
  return AlignedBytes((bytes + sizeof(std::max_align_t) - 1) / sizeof(std::max_align_t));
}

void RunKernel(const KernelCall& call, const std::vector<const void*>& addresses) {
  KINGLET_ASSERT(addresses.size() == call.arguments.size());
  call.kernel->run(call.params.values().data(), addresses.data());
}

}  // namespace kinglet::ir
