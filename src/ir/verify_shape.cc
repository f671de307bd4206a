// Operators that move elements and compute nothing.
#include <algorithm>
#include <cstddef>

#include "src/ir/verify_op.h"

namespace kinglet::ir {
namespace {

// All inputs have the first one's shape, but for its dimension `free_axis`.
Status LikeFirstInput(const OpChecks& op, int64_t free_axis) {
  const std::vector<int32_t>& first = op.Input(0).shape;
  for (size_t i = 1; i < op.InputCount(); ++i) {
    const std::vector<int32_t>& shape = op.Input(i).shape;
    bool same = shape.size() == first.size();
    for (size_t d = 0; same && d < shape.size(); ++d) {
      same = shape[d] == first[d] || static_cast<int64_t>(d) == free_axis;
    }
    if (!same) return op.Mismatch(op.Input(i));
  }
  return {};
}

bool SizesOfOne(std::span<const int32_t> sizes) {
  return std::ranges::all_of(sizes, [](int32_t size) { return size == 1; });
}

// Whether the two differ in nothing but dimensions of 1.
bool EqualButForOnes(std::span<const int32_t> a, std::span<const int32_t> b) {
  while (!a.empty() && !b.empty()) {
    if (a[0] == b[0]) {
      a = a.subspan(1);
      b = b.subspan(1);
    } else if (a[0] == 1) {
      a = a.subspan(1);
    } else if (b[0] == 1) {
      b = b.subspan(1);
    } else {
      return false;
    }
  }
  return SizesOfOne(a) && SizesOfOne(b);
}

std::vector<int32_t> Without(std::vector<int32_t> shape, int32_t axis) {
  shape.erase(shape.begin() + axis);
  return shape;
}

}  // namespace

Status VerifyOp(const OpChecks& op, const Reshape&) {
  KINGLET_CHECK(op.Counts(1, 1));
  KINGLET_CHECK(op.AllActivations(kAnyType));
  return op.SameElementCount();
}

Status VerifyOp(const OpChecks& op, const Concatenation& a) {
  KINGLET_CHECK(op.ManyInputs());
  KINGLET_CHECK(op.AllActivations(kAnyType));
  KINGLET_CHECK(op.OneQuantization());
  std::vector<int32_t> shape = op.Input(0).shape;
  KINGLET_CHECK(op.AxisInRange(a.axis, shape.size()));
  KINGLET_CHECK(LikeFirstInput(op, a.axis));
  int64_t joined = 0;
  for (size_t i = 0; i < op.InputCount(); ++i) {
    joined += op.Input(i).shape[static_cast<size_t>(a.axis)];
  }
  shape[static_cast<size_t>(a.axis)] =
      static_cast<int32_t>(std::min<int64_t>(joined, kDimensionMax + 1));
  return op.OutputShape(shape);
}

Status VerifyOp(const OpChecks& op, const Split& a) {
  KINGLET_CHECK(op.ManyOutputs());
  KINGLET_CHECK(op.AllActivations(kAnyType));
  std::vector<int32_t> shape = op.Input(0).shape;
  KINGLET_CHECK(op.AxisInRange(a.axis, shape.size()));
  const auto axis = static_cast<size_t>(a.axis);
  int64_t parts = 0;
  for (size_t i = 0; i < op.OutputCount(); ++i) {
    const std::vector<int32_t>& part = op.Output(i).shape;
    if (axis < part.size()) shape[axis] = part[axis];
    KINGLET_CHECK(op.OutputShape(shape, i));
    parts += part[axis];
  }
  if (parts == op.Input(0).shape[axis]) return {};
  return Fail(Code::kInvalid, "{}: split of {} along axis {} into parts of {} in all", op.name(),
              op.Input(0).shape[axis], a.axis, parts);
}

Status VerifyOp(const OpChecks& op, const Pack& a) {
  KINGLET_CHECK(op.ManyInputs());
  KINGLET_CHECK(op.AllActivations(kAnyType));
  KINGLET_CHECK(op.OneQuantization());
  std::vector<int32_t> shape = op.Input(0).shape;
  KINGLET_CHECK(op.AxisInRange(a.axis, shape.size() + 1));
  KINGLET_CHECK(LikeFirstInput(op, -1));
  const auto count = std::min<size_t>(op.InputCount(), kDimensionMax + 1);
  shape.insert(shape.begin() + a.axis, static_cast<int32_t>(count));
  return op.OutputShape(shape);
}

Status VerifyOp(const OpChecks& op, const Unpack& a) {
  KINGLET_CHECK(op.ManyOutputs());
  KINGLET_CHECK(op.AllActivations(kAnyType));
  KINGLET_CHECK(op.OneQuantization());
  const std::vector<int32_t>& shape = op.Input(0).shape;
  KINGLET_CHECK(op.AxisInRange(a.axis, shape.size()));
  if (op.OutputCount() != static_cast<size_t>(shape[static_cast<size_t>(a.axis)])) {
    return Fail(Code::kInvalid, "{}: unpack of shape {} along axis {} into {} outputs", op.name(),
                ShapeText(shape), a.axis, op.OutputCount());
  }
  const std::vector<int32_t> slice = Without(shape, a.axis);
  for (size_t i = 0; i < op.OutputCount(); ++i) KINGLET_CHECK(op.OutputShape(slice, i));
  return {};
}

Status VerifyOp(const OpChecks& op, const Pad& a) {
  constexpr TypeSet kTypes = {DataType::kInt8, DataType::kUint8, DataType::kInt16, DataType::kInt32,
                              DataType::kFloat32};
  KINGLET_CHECK(op.Counts(1, 2));
  KINGLET_CHECK(op.Activations(op.Input(0), "input", kTypes));
  KINGLET_CHECK(op.Activations(op.Output(), "output", kTypes));
  KINGLET_CHECK(op.SameType());
  std::vector<int32_t> shape = op.Input(0).shape;
  if (a.before.size() != shape.size() || a.after.size() != shape.size()) {
    return Fail(Code::kInvalid, "{}: padding of {} and {} dimensions for an input of {}", op.name(),
                a.before.size(), a.after.size(), shape.size());
  }
  for (size_t d = 0; d < shape.size(); ++d) {
    if (std::min(a.before[d], a.after[d]) < 0 ||
        std::max(a.before[d], a.after[d]) > kDimensionMax) {
      return Fail(Code::kInvalid, "{}: padding of {} and {} along axis {}: must be 0 to {}",
                  op.name(), a.before[d], a.after[d], d, kDimensionMax);
    }
    shape[d] += a.before[d] + a.after[d];  // each is at most 2^24
  }
  KINGLET_CHECK(op.OutputShape(shape));
  if (!op.HasInput(1)) return {};
  const Tensor& value = op.Input(1);
  const Quantization &q = value.quantization, &out = op.Output().quantization;
  if (value.constant && value.ElementCount() == 1 && value.type == op.Output().type &&
      q.scales == out.scales && q.zero_points == out.zero_points) {
    return {};
  }
  return Fail(Code::kUnsupported, "{}: padding value '{}' must be one constant {} element {}",
              op.name(), value.name, DataTypeName(op.Output().type),
              "of the output's scale and zero point");
}

Status VerifyOp(const OpChecks& op, const Slice& a) {
  KINGLET_CHECK(op.Counts(1, 1));
  KINGLET_CHECK(op.AllActivations(kAnyType));
  const std::vector<int32_t>& shape = op.Input(0).shape;
  bool fits = a.begin.size() == shape.size() && a.sizes.size() == shape.size() &&
              a.strides.size() == shape.size();
  for (size_t d = 0; fits && d < shape.size(); ++d) {
    const int64_t last = a.begin[d] + (int64_t{a.sizes[d]} - 1) * a.strides[d];
    fits = a.sizes[d] >= 1 && a.sizes[d] <= shape[d] && a.strides[d] != 0 && a.begin[d] >= 0 &&
           a.begin[d] < shape[d] && last >= 0 && last < shape[d];
  }
  if (!fits) {
    return Fail(Code::kInvalid, "{}: slice from {} of sizes {}, strides {} reaches outside of {}",
                op.name(), ShapeText(a.begin), ShapeText(a.sizes), ShapeText(a.strides),
                ShapeText(shape));
  }
  if (EqualButForOnes(a.sizes, op.Output().shape)) return {};
  return op.OutputShape(a.sizes);
}

Status VerifyOp(const OpChecks& op, const Gather& a) {
  KINGLET_CHECK(op.Counts(2, 2));
  KINGLET_CHECK(op.Activations(op.Input(0), "input", kAnyType));
  KINGLET_CHECK(op.Activations(op.Output(), "output", kAnyType));
  KINGLET_CHECK(op.SameType());
  const std::vector<int32_t>& in = op.Input(0).shape;
  const Tensor& indices = op.Input(1);
  KINGLET_CHECK(op.AxisInRange(a.axis, in.size()));
  const auto batch_dims = static_cast<ptrdiff_t>(a.batch_dims);
  if (batch_dims < 0 || batch_dims > a.axis || batch_dims > std::ssize(indices.shape) ||
      !std::equal(in.begin(), in.begin() + batch_dims, indices.shape.begin())) {
    return Fail(Code::kInvalid, "{}: {} batch dimensions of shape {} and indices of shape {}",
                op.name(), a.batch_dims, ShapeText(in), ShapeText(indices.shape));
  }
  std::vector<int32_t> shape(in.begin(), in.begin() + a.axis);
  shape.insert(shape.end(), indices.shape.begin() + batch_dims, indices.shape.end());
  shape.insert(shape.end(), in.begin() + a.axis + 1, in.end());
  KINGLET_CHECK(op.OutputShape(shape));
  const bool wide = indices.type == DataType::kInt64;
  if (indices.type != DataType::kInt32 && !(wide && indices.constant)) {
    return Fail(Code::kUnsupported, "{}: indices '{}' are {}{}: must be int32 or constant int64",
                op.name(), indices.name, indices.constant ? "" : "computed ",
                DataTypeName(indices.type));
  }
  const int32_t limit = in[static_cast<size_t>(a.axis)];
  for (size_t at = 0; at < indices.data.size(); at += DataTypeBytes(indices.type)) {
    const int64_t index =
        wide ? LoadLe<int64_t>(indices.data, at) : int64_t{LoadLe<int32_t>(indices.data, at)};
    if (index < 0 || index >= limit) {
      return Fail(Code::kInvalid, "{}: index {} of {} along axis {}", op.name(), index, limit,
                  a.axis);
    }
  }
  return {};
}

Status VerifyOp(const OpChecks& op, const Transpose& a) {
  KINGLET_CHECK(op.Counts(1, 1));
  KINGLET_CHECK(op.AllActivations(kAnyType));
  const std::vector<int32_t>& in = op.Input(0).shape;
  std::vector<int32_t> shape, rising = a.permutation;
  std::ranges::sort(rising);
  bool permutes = rising.size() == in.size();
  for (size_t d = 0; permutes && d < rising.size(); ++d) {
    permutes = rising[d] == static_cast<int32_t>(d);
  }
  if (!permutes) {
    return Fail(Code::kInvalid, "{}: {} is no permutation of {} dimensions", op.name(),
                ShapeText(a.permutation), in.size());
  }
  for (const int32_t d : a.permutation) shape.push_back(in[static_cast<size_t>(d)]);
  return op.OutputShape(shape);
}

Status VerifyOp(const OpChecks& op, const Copy&) {
  KINGLET_CHECK(op.Counts(1, 1));
  const Tensor &in = op.Input(0), &out = op.Output();
  if (!(in.variable || out.variable) || &in == &out) {
    return Fail(Code::kInvalid,
                "{}: copies '{}' to '{}': one of them must be a variable, and not both the same",
                op.name(), in.name, out.name);
  }
  KINGLET_CHECK(op.SameType());
  return op.SameShape();
}

}  // namespace kinglet::ir
