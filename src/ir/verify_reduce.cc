// Operators that make one element of many.
#include <algorithm>

#include "src/ir/verify_op.h"

namespace kinglet::ir {

Status VerifyOp(const OpChecks& op, const Reduce& a) {
  KINGLET_CHECK(op.Counts(1, 1));
  KINGLET_CHECK(op.AllActivations(kInt8OrInt16));
  const std::vector<int32_t>& in = op.Input(0).shape;
  const bool rising = std::ranges::adjacent_find(a.axes, std::greater_equal<>()) == a.axes.end();
  if (!rising || (!a.axes.empty() && a.axes[0] < 0)) {
    return Fail(Code::kInvalid, "{}: axes {} must be rising", op.name(), ShapeText(a.axes));
  }
  if (!a.axes.empty()) KINGLET_CHECK(op.AxisInRange(a.axes.back(), in.size()));
  std::vector<int32_t> shape;
  int64_t elements = 1;
  for (size_t d = 0; d < in.size(); ++d) {
    const bool reduced = std::ranges::find(a.axes, static_cast<int32_t>(d)) != a.axes.end();
    if (reduced) elements *= in[d];
    if (!reduced || a.keep_dims) shape.push_back(reduced ? 1 : in[d]);
  }
  KINGLET_CHECK(op.OutputShape(shape));
  // So that sums fit 32 bits.
  const int64_t elements_max = op.Input(0).type == DataType::kInt16 ? 65535 : 1 << 23;
  if (elements <= elements_max) return {};
  return Fail(Code::kUnsupported, "{}: {} of {} {} elements, at most {}", op.name(),
              a.kind == Reduce::Kind::kMean ? "mean" : "sum", elements,
              DataTypeName(op.Input(0).type), elements_max);
}

Status VerifyOp(const OpChecks& op, const ArgExtremum& a) {
  constexpr TypeSet kIndexTypes = {DataType::kInt32, DataType::kInt64};
  KINGLET_CHECK(op.Counts(1, 1));
  KINGLET_CHECK(op.Activations(op.Input(0), "input"));
  KINGLET_CHECK(op.Activations(op.Output(), "output", kIndexTypes));
  std::vector<int32_t> shape = op.Input(0).shape;
  KINGLET_CHECK(op.AxisInRange(a.axis, shape.size()));
  shape.erase(shape.begin() + a.axis);
  return op.OutputShape(shape);
}

}  // namespace kinglet::ir
