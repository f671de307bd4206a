// Operators with memory.
#include <algorithm>
#include <cmath>
#include <vector>

#include "src/ir/verify_op.h"

namespace kinglet::ir {
namespace {

constexpr TypeSet kInt16Only = {DataType::kInt16};
constexpr size_t kGates = 4;

Status CheckShape(const OpChecks& op, const Tensor& tensor, std::span<const int32_t> shape) {
  if (std::ranges::equal(tensor.shape, shape)) return {};
  return Fail(Code::kInvalid, "{}: '{}' has shape {}: must be {}", op.name(), tensor.name,
              ShapeText(tensor.shape), ShapeText(shape));
}

// int8 weights of this shape with one scale.
Status CheckWeights(const OpChecks& op, const Tensor& weights, std::span<const int32_t> shape) {
  KINGLET_CHECK(op.Weights(weights, shape.size(), 0));
  if (weights.quantization.scales.size() != 1) {
    return Fail(Code::kUnsupported, "{}: weights '{}' have {} scales: must be one", op.name(),
                weights.name, weights.quantization.scales.size());
  }
  return CheckShape(op, weights, shape);
}

Status CheckBias(const OpChecks& op, const Tensor& bias, int32_t count, DataType type) {
  if (bias.constant && bias.type == type && bias.ElementCount() == count) return {};
  return Fail(Code::kUnsupported, "{}: bias '{}' must be {} constant {} values, is {} {}",
              op.name(), bias.name, count, DataTypeName(type), ShapeText(bias.shape),
              DataTypeName(bias.type));
}

// A state of `count` elements in any shape.
Status CheckState(const OpChecks& op, const Tensor& state, int64_t count, TypeSet types) {
  KINGLET_CHECK(op.Activations(state, "state", types));
  if (state.ElementCount() == count) return {};
  return Fail(Code::kInvalid, "{}: state '{}' of shape {} must hold {} elements", op.name(),
              state.name, ShapeText(state.shape), count);
}

}  // namespace

Status VerifyOp(const OpChecks& op, const UnidirectionalSequenceLstm& a) {
  constexpr size_t kHiddenWeights = 1 + kGates, kBiases = kHiddenWeights + kGates,
                   kHidden = kBiases + kGates, kCell = kHidden + 1;
  KINGLET_CHECK(op.CountsWithState(kCell + 1, 3));
  const Tensor &input = op.Input(0), &hidden = op.Input(kHidden), &output = op.Output();
  KINGLET_CHECK(op.Activations(input, "input", kInt8OrInt16));
  const TypeSet same = {input.type};
  KINGLET_CHECK(op.Activations(output, "output", same));
  if (input.shape.size() != 3 || output.shape.size() != 3) return op.Mismatch(output);
  const int32_t input_size = input.shape[2], state_size = output.shape[2];
  KINGLET_CHECK(
      CheckShape(op, output, std::vector<int32_t>{input.shape[0], input.shape[1], state_size}));
  const DataType bias_type = input.type == DataType::kInt8 ? DataType::kInt32 : DataType::kInt64;
  for (size_t gate = 0; gate < kGates; ++gate) {
    KINGLET_CHECK(
        CheckWeights(op, op.Input(1 + gate), std::vector<int32_t>{state_size, input_size}));
    KINGLET_CHECK(CheckWeights(op, op.Input(kHiddenWeights + gate),
                               std::vector<int32_t>{state_size, state_size}));
    KINGLET_CHECK(CheckBias(op, op.Input(kBiases + gate), state_size, bias_type));
  }
  const int64_t state_count = int64_t{input.shape[a.time_major ? 1 : 0]} * state_size;
  KINGLET_CHECK(CheckState(op, hidden, state_count, same));
  KINGLET_CHECK(CheckState(op, op.Input(kCell), state_count, kInt16Only));
  KINGLET_CHECK(op.FilterSize(input_size));
  KINGLET_CHECK(op.FilterSize(state_size));
  if (std::isfinite(a.cell_clip) && a.cell_clip >= 0) return {};
  return Fail(Code::kInvalid, "{}: cell clip {}: must be finite and not negative", op.name(),
              a.cell_clip);
}

Status VerifyOp(const OpChecks& op, const Svdf& a) {
  KINGLET_CHECK(op.CountsWithState(5, 2, 3));
  const Tensor &input = op.Input(0), &feature_weights = op.Input(1), &time_weights = op.Input(2),
               &output = op.Output();
  KINGLET_CHECK(op.Activations(input, "input"));
  KINGLET_CHECK(op.Activations(output, "output"));
  if (input.shape.size() != 2 || output.shape.size() != 2 || time_weights.shape.size() != 2) {
    return op.Mismatch(time_weights);
  }
  const int64_t filters = int64_t{output.shape[1]} * a.rank;
  if (a.rank < 1 || filters > kDimensionMax || input.shape[0] != output.shape[0]) {
    return Fail(Code::kInvalid, "{}: from {} to {} with rank {}: batches must not change, rank {}",
                op.name(), ShapeText(input.shape), ShapeText(output.shape), a.rank,
                "times outputs must be 1 to 2^24");
  }
  const auto rows = static_cast<int32_t>(filters);
  const int32_t memory_size = time_weights.shape[1];
  KINGLET_CHECK(CheckWeights(op, feature_weights, std::vector<int32_t>{rows, input.shape[1]}));
  KINGLET_CHECK(CheckShape(op, time_weights, std::vector<int32_t>{rows, memory_size}));
  if (!time_weights.constant) {
    return Fail(Code::kUnsupported, "{}: weights '{}' must be constant", op.name(),
                time_weights.name);
  }
  KINGLET_CHECK(op.Activations(time_weights, "time weights", kInt8OrInt16));
  if (time_weights.quantization.zero_points[0] != 0) {
    return Fail(Code::kUnsupported, "{}: weights '{}' have zero point {}: must be 0", op.name(),
                time_weights.name, time_weights.quantization.zero_points[0]);
  }
  if (op.HasInput(3)) {
    KINGLET_CHECK(CheckBias(op, op.Input(3), output.shape[1], DataType::kInt32));
  }
  KINGLET_CHECK(
      CheckState(op, op.Input(4), input.shape[0] * filters * memory_size, {time_weights.type}));
  KINGLET_CHECK(op.FilterSize(input.shape[1]));
  return op.FusedActivation(a.activation);
}

}  // namespace kinglet::ir
