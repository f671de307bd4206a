#include "src/ir/verify_op.h"

#include <algorithm>
#include <cmath>

#include "device/kernels/requantize.h"

namespace kinglet::ir {

std::string ShapeText(std::span<const int32_t> shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) {
    text += (i == 0 ? "" : ",") + std::to_string(shape[i]);
  }
  return text + "]";
}

std::string TypeSet::Text() const {
  std::string text;
  for (uint32_t type = 0; type < 32; ++type) {
    if (!Has(static_cast<DataType>(type))) continue;
    text += (text.empty() ? "" : " or ") + std::string(DataTypeName(static_cast<DataType>(type)));
  }
  return text;
}

Status OpChecks::Counts(size_t min, size_t max) const {
  bool ok = op_.inputs.size() >= min && op_.inputs.size() <= max && op_.outputs.size() == 1;
  for (size_t i = 0; ok && i < min; ++i) ok = op_.inputs[i] != kNoTensor;
  if (ok) return {};
  return Fail(Code::kInvalid, "{}: {} takes {} to {} inputs and 1 output; has {} and {}", op_.name,
              OpKindName(op_.attributes), min, max, op_.inputs.size(), op_.outputs.size());
}

Status OpChecks::ManyInputs() const {
  bool ok = !op_.inputs.empty() && op_.outputs.size() == 1;
  for (size_t i = 0; ok && i < op_.inputs.size(); ++i) ok = op_.inputs[i] != kNoTensor;
  if (ok) return {};
  return Fail(Code::kInvalid, "{}: {} takes one input or more and 1 output; has {} and {}",
              op_.name, OpKindName(op_.attributes), op_.inputs.size(), op_.outputs.size());
}

Status OpChecks::ManyOutputs() const {
  if (op_.inputs.size() == 1 && HasInput(0) && !op_.outputs.empty()) return {};
  return Fail(Code::kInvalid, "{}: {} takes 1 input and one output or more; has {} and {}",
              op_.name, OpKindName(op_.attributes), op_.inputs.size(), op_.outputs.size());
}

Status OpChecks::CountsWithState(size_t inputs, size_t outputs, size_t optional) const {
  bool ok = op_.inputs.size() == inputs && op_.outputs.size() == outputs;
  for (size_t i = 0; ok && i < inputs; ++i) ok = op_.inputs[i] != kNoTensor || i == optional;
  if (!ok) {
    return Fail(Code::kInvalid, "{}: {} takes {} inputs and {} outputs; has {} and {}", op_.name,
                OpKindName(op_.attributes), inputs, outputs, op_.inputs.size(), op_.outputs.size());
  }
  for (size_t i = 1; i < outputs; ++i) {
    const TensorIndex state = op_.outputs[i];
    ok = graph_.tensor(state).variable && op_.inputs[inputs - outputs + i] == state &&
         std::ranges::count(op_.inputs, state) == 1 && std::ranges::count(op_.outputs, state) == 1;
    if (ok) continue;
    return Fail(Code::kInvalid, "{}: state '{}' must be a variable, and no other tensor of it",
                op_.name, graph_.tensor(state).name);
  }
  if (!Output().variable) return {};
  return Fail(Code::kInvalid, "{}: output '{}' is a variable", op_.name, Output().name);
}

Status OpChecks::Activations(const Tensor& tensor, std::string_view what, TypeSet types) const {
  if (is_float() && types.Has(DataType::kInt8)) types = {DataType::kFloat32};
  if (!types.Has(tensor.type)) {
    return Fail(Code::kUnsupported, "{}: {} '{}' is {}: {} takes {}", op_.name, what, tensor.name,
                DataTypeName(tensor.type), OpKindName(op_.attributes), types.Text());
  }
  const Quantization& q = tensor.quantization;
  const bool scaled = q.scales.size() == 1 && q.scales[0] > 0;
  if (tensor.type == DataType::kInt8 &&
      !(scaled && q.zero_points[0] >= INT8_MIN && q.zero_points[0] <= INT8_MAX)) {
    return Fail(Code::kInvalid, "{}: {} '{}' needs one scale above 0 and a zero point in int8",
                op_.name, what, tensor.name);
  }
  if (tensor.type == DataType::kInt16 && !(scaled && q.zero_points[0] == 0)) {
    return Fail(Code::kInvalid, "{}: {} '{}' needs one scale above 0 and zero point 0", op_.name,
                what, tensor.name);
  }
  return {};
}

Status OpChecks::AllActivations(TypeSet types) const {
  for (size_t i = 0; i < op_.inputs.size(); ++i) {
    const std::string what = op_.inputs.size() == 1 ? "input" : fmt::format("input {}", i);
    KINGLET_CHECK(Activations(Input(i), what, types));
  }
  for (size_t i = 0; i < op_.outputs.size(); ++i) {
    const std::string what = op_.outputs.size() == 1 ? "output" : fmt::format("output {}", i);
    KINGLET_CHECK(Activations(Output(i), what, types));
  }
  for (const auto& indices : {op_.inputs, op_.outputs}) {
    for (const TensorIndex index : indices) {
      const Tensor& tensor = graph_.tensor(index);
      if (tensor.type == Output().type) continue;
      return Fail(Code::kUnsupported, "{}: '{}' is {}, '{}' is {}: they must be the same", op_.name,
                  tensor.name, DataTypeName(tensor.type), Output().name,
                  DataTypeName(Output().type));
    }
  }
  return {};
}

Status OpChecks::Image(const Tensor& tensor, std::string_view what, TypeSet types) const {
  if (tensor.shape.size() != 4) {
    return Fail(Code::kInvalid, "{}: {} '{}' has shape {}: must have 4 dimensions", op_.name, what,
                tensor.name, ShapeText(tensor.shape));
  }
  return Activations(tensor, what, types);
}

Status OpChecks::Images() const {
  KINGLET_CHECK(Image(Input(0), "input", kInt8OrInt16));
  KINGLET_CHECK(Image(Output(), "output", kInt8OrInt16));
  return SameType();
}

Status OpChecks::Weights(const Tensor& weights, size_t rank, int32_t axis) const {
  const DataType type = is_float() ? DataType::kFloat32 : DataType::kInt8;
  if (!weights.constant || weights.type != type) {
    return Fail(Code::kUnsupported, "{}: weights '{}' must be constant {}, are {}{}", op_.name,
                weights.name, DataTypeName(type), weights.constant ? "" : "computed ",
                DataTypeName(weights.type));
  }
  const Quantization& q = weights.quantization;
  bool ok = weights.shape.size() == rank && (q.present() || is_float());
  ok = ok && (q.scales.size() <= 1 || q.axis == axis);
  for (const int32_t zero_point : q.zero_points) ok = ok && zero_point == 0;
  if (ok) return {};
  return Fail(Code::kUnsupported, "{}: weights '{}' of shape {} need {} dimensions, {} {} {}",
              op_.name, weights.name, ShapeText(weights.shape), rank,
              "one scale or one per index of axis", axis, "and zero points 0");
}

Status OpChecks::Bias(int32_t channels, TypeSet int16_types) const {
  if (op_.inputs.size() < 3 || op_.inputs[2] == kNoTensor) return {};
  const Tensor& bias = Input(2);
  const TypeSet of_integers =
      Input(0).type == DataType::kInt16 ? int16_types : TypeSet{DataType::kInt32};
  const TypeSet types = is_float() ? TypeSet{DataType::kFloat32} : of_integers;
  if (bias.constant && types.Has(bias.type) && bias.ElementCount() == channels) return {};
  return Fail(Code::kUnsupported, "{}: bias '{}' must be {} constant {} values, is {} {}", op_.name,
              bias.name, channels, types.Text(), ShapeText(bias.shape), DataTypeName(bias.type));
}

Status OpChecks::FilterSize(int64_t elements) const {
  if (elements <= kernels::kFilterElementsMax) return {};
  return Fail(Code::kUnsupported, "{}: {} weights for one output, at most {}", op_.name, elements,
              kernels::kFilterElementsMax);
}

Status OpChecks::FusedActivation(Activation activation) const {
  if (activation == Activation::kTanh || activation == Activation::kSignBit) {
    return Fail(Code::kUnsupported, "{}: fused activation {} is not supported for integers",
                op_.name, activation == Activation::kTanh ? "tanh" : "sign_bit");
  }
  return {};
}

Status OpChecks::SameElementCount() const {
  if (Input(0).ElementCount() == Output().ElementCount()) return {};
  return Mismatch(Input(0));
}

Status OpChecks::SameShape() const {
  if (Input(0).shape == Output().shape) return {};
  return Mismatch(Input(0));
}

Status OpChecks::Broadcast() const {
  const std::vector<int32_t>&a = Input(0).shape, &b = Input(1).shape;
  std::vector<int32_t> shape(std::max(a.size(), b.size()), 1);
  bool fits = true;
  for (const auto& input : {a, b}) {
    for (size_t i = 1; i <= input.size(); ++i) {
      const int32_t size = input[input.size() - i];
      int32_t& out = shape[shape.size() - i];
      fits = fits && (out == size || out == 1 || size == 1);
      if (size != 1) out = size;
    }
  }
  if (fits && shape == Output().shape) return {};
  return Fail(Code::kInvalid, "{}: shapes {} and {} do not stretch to {}", op_.name, ShapeText(a),
              ShapeText(b), ShapeText(Output().shape));
}

Status OpChecks::SameQuantization() const {
  if (is_float()) return {};
  const Quantization& in = Input(0).quantization;
  const Quantization& out = Output().quantization;
  if (std::abs(in.scales[0] - out.scales[0]) <= 1e-6F && in.zero_points == out.zero_points) {
    return {};
  }
  return Fail(Code::kUnsupported, "{}: {} must not change scale ({} to {}) or zero point ({} {})",
              op_.name, OpKindName(op_.attributes), in.scales[0], out.scales[0], in.zero_points[0],
              out.zero_points[0]);
}

Status OpChecks::SameType() const {
  if (Input(0).type == Output().type) return {};
  return Fail(Code::kUnsupported, "{}: from {} to {}: they must be the same", op_.name,
              DataTypeName(Input(0).type), DataTypeName(Output().type));
}

Status OpChecks::OneQuantization() const {
  const Quantization& q = Output().quantization;
  for (const auto& indices : {op_.inputs, op_.outputs}) {
    for (const TensorIndex index : indices) {
      const Tensor& tensor = graph_.tensor(index);
      if (tensor.quantization.scales == q.scales &&
          tensor.quantization.zero_points == q.zero_points)
        continue;
      return Fail(Code::kUnsupported, "{}: '{}' and '{}' differ in scale or zero point: {} {}",
                  op_.name, tensor.name, Output().name, OpKindName(op_.attributes),
                  "rescales nothing");
    }
  }
  return {};
}

Status OpChecks::AxisInRange(int64_t axis, size_t rank) const {
  if (axis >= 0 && axis < static_cast<int64_t>(rank)) return {};
  return Fail(Code::kInvalid, "{}: {} along axis {} of {} dimensions", op_.name,
              OpKindName(op_.attributes), axis, rank);
}

Status OpChecks::OutputShape(std::span<const int32_t> shape, size_t i) const {
  if (std::ranges::equal(shape, Output(i).shape)) return {};
  return Fail(Code::kInvalid, "{}: {} of shape {} gives {}, '{}' has {}", op_.name,
              OpKindName(op_.attributes), ShapeText(Input(0).shape), ShapeText(shape),
              Output(i).name, ShapeText(Output(i).shape));
}

Status OpChecks::OutputQuantization(float scale, int32_t zero_point) const {
  if (is_float()) return {};
  const Quantization& q = Output().quantization;
  if (q.scales[0] == scale && q.zero_points[0] == zero_point) return {};
  return Fail(Code::kUnsupported, "{}: {} output scale {} and zero point {}: must be 1/{} and {}",
              op_.name, OpKindName(op_.attributes), q.scales[0], q.zero_points[0], 1 / scale,
              zero_point);
}

Status OpChecks::Mismatch(const Tensor& with) const {
  return Fail(Code::kInvalid, "{}: {} from shape {} to {} does not match '{}' of shape {}",
              op_.name, OpKindName(op_.attributes), ShapeText(Input(0).shape),
              ShapeText(Output().shape), with.name, ShapeText(with.shape));
}

Status OpChecks::Windows(const Axis& h, const Axis& w) const {
  if (Input(0).shape[0] != Output().shape[0]) return Mismatch(Output());
  KINGLET_CHECK(Window("height", h, Input(0).shape[1], Output().shape[1]));
  KINGLET_CHECK(Window("width", w, Input(0).shape[2], Output().shape[2]));
  const int64_t row = static_cast<int64_t>(Input(0).shape[2]) * Input(0).shape[3];
  if (h.dilation * row > kTensorBytesMax) {
    return Fail(Code::kUnsupported, "{}: dilation {} over rows of {} elements is beyond 2^31",
                op_.name, h.dilation, row);
  }
  return {};
}

Status OpChecks::Window(std::string_view name, const Axis& a, int64_t input, int64_t output) const {
  const int64_t reach = (a.filter - 1) * a.dilation + 1;
  if (a.filter < 1 || a.filter > kDimensionMax || a.stride < 1 || a.stride > kWindowStepMax ||
      a.dilation < 1 || a.dilation > kWindowStepMax || a.pad_before < 0 || a.pad_after < 0 ||
      a.pad_before > kWindowStepMax || a.pad_after > kWindowStepMax || a.pad_before >= reach ||
      a.pad_after >= reach) {
    return Fail(Code::kInvalid,
                "{}: {}: filter {}, stride {}, dilation {}, padding {} and {}: stride, {} {}",
                op_.name, name, a.filter, a.stride, a.dilation, a.pad_before, a.pad_after,
                "dilation must be 1 to 65535, padding shorter than the filter's reach", reach);
  }
  const int64_t room = input + a.pad_before + a.pad_after - reach;
  if (room < 0 || room / a.stride + 1 != output) {
    return Fail(Code::kInvalid, "{}: {} {} with filter {}, stride {}, padding {} and {} {} {}",
                op_.name, name, input, a.filter, a.stride, a.pad_before, a.pad_after,
                "does not give", output);
  }
  return {};
}

}  // namespace kinglet::ir
