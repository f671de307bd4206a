// Operators of one input, element by element.
#include <cmath>
#include <cstdint>

#include "src/ir/verify_op.h"

namespace kinglet::ir {
namespace {

Status VerifyUnary(const OpChecks& op, TypeSet types) {
  KINGLET_CHECK(op.Counts(1, 1));
  KINGLET_CHECK(op.AllActivations(types));
  return op.SameShape();
}

struct Conversion {
  DataType from;
  TypeSet to;
};
constexpr Conversion kQuantizations[] = {
    {DataType::kFloat32, {DataType::kInt8, DataType::kInt16}},
    {DataType::kInt8, {DataType::kInt8, DataType::kUint8, DataType::kInt16, DataType::kInt32}},
    {DataType::kUint8, {DataType::kInt8}},
    {DataType::kInt16, {DataType::kInt8, DataType::kInt16, DataType::kInt32}},
};

struct ZeroPoints {
  int32_t min = 0, max = 0;
};
ZeroPoints ZeroPointsOf(DataType type) {
  if (type == DataType::kInt8) return {INT8_MIN, INT8_MAX};
  return type == DataType::kUint8 ? ZeroPoints{0, UINT8_MAX} : ZeroPoints{};
}

Status Scaled(const OpChecks& op, const Tensor& tensor) {
  if (tensor.type == DataType::kFloat32) return {};
  const Quantization& q = tensor.quantization;
  const auto [min, max] = ZeroPointsOf(tensor.type);
  if (q.scales.size() == 1 && q.scales[0] > 0 && q.zero_points[0] >= min &&
      q.zero_points[0] <= max) {
    return {};
  }
  return Fail(Code::kUnsupported,
              "{}: {} '{}' needs one scale above 0 and a zero point of {} to {}", op.name(),
              DataTypeName(tensor.type), tensor.name, min, max);
}

}  // namespace

Status VerifyOp(const OpChecks& op, const Clip& a) {
  KINGLET_CHECK(VerifyUnary(op, kInt8OrInt16));
  if (a.range != Activation::kNone) return op.FusedActivation(a.range);
  return Fail(Code::kInvalid, "{}: a clip must have a range", op.name());
}

Status VerifyOp(const OpChecks& op, const LeakyRelu& a) {
  KINGLET_CHECK(VerifyUnary(op, kInt8OrInt16));
  if (std::isfinite(a.alpha)) return {};
  return Fail(Code::kInvalid, "{}: leaky_relu alpha {}: must be finite", op.name(), a.alpha);
}

Status VerifyOp(const OpChecks& op, const HardSwish&) { return VerifyUnary(op, kInt8Only); }

Status VerifyOp(const OpChecks& op, const Logistic&) {
  KINGLET_CHECK(VerifyUnary(op, kInt8Only));
  return op.OutputQuantization(1.0F / 256, -128);
}

Status VerifyOp(const OpChecks& op, const Tanh&) {
  KINGLET_CHECK(VerifyUnary(op, kInt8Only));
  return op.OutputQuantization(1.0F / 128, 0);
}

Status VerifyOp(const OpChecks& op, const Quantize&) {
  KINGLET_CHECK(op.Counts(1, 1));
  const DataType from = op.Input(0).type, to = op.Output().type;
  bool known = false;
  for (const Conversion& conversion : kQuantizations) {
    known = known || (conversion.from == from && conversion.to.Has(to));
  }
  if (!known) {
    return Fail(Code::kUnsupported, "{}: from {} to {} is not supported", op.name(),
                DataTypeName(from), DataTypeName(to));
  }
  KINGLET_CHECK(Scaled(op, op.Input(0)));
  KINGLET_CHECK(Scaled(op, op.Output()));
  return op.SameShape();
}

Status VerifyOp(const OpChecks& op, const Dequantize&) {
  KINGLET_CHECK(op.Counts(1, 1));
  KINGLET_CHECK(op.Activations(op.Input(0), "input", kInt8OrInt16));
  KINGLET_CHECK(op.Activations(op.Output(), "output", {DataType::kFloat32}));
  return op.SameShape();
}

}  // namespace kinglet::ir
