// Float arithmetic of operators that work element by element, and of those that only move elements.
#include <algorithm>
#include <array>
#include <cmath>

#include "src/ir/float_op.h"

namespace kinglet::ir {
namespace {

template <typename Function>
void Unary(const FloatOp& op, Function function) {
  std::ranges::transform(op.Input(0), op.Output().begin(), function);
}

// Both inputs stretched to the output's shape.
template <typename Function>
void Binary(const FloatOp& op, Function function) {
  const std::vector<int32_t>& shape = op.OutputShape();
  std::array<std::vector<size_t>, 2> steps;  // of each input, along each dimension of the output
  for (size_t i = 0; i < 2; ++i) {
    const std::vector<int32_t>& in = op.InputShape(i);
    steps[i].assign(shape.size(), 0);
    size_t step = 1;
    for (size_t d = in.size(); d-- > 0;) {
      if (in[d] != 1) steps[i][d + shape.size() - in.size()] = step;
      step *= static_cast<size_t>(in[d]);
    }
  }
  const std::span<const float> x = op.Input(0), y = op.Input(1);
  const std::span<float> out = op.Output();
  for (size_t i = 0; i < out.size(); ++i) {
    size_t rest = i, at_x = 0, at_y = 0;
    for (size_t d = shape.size(); d-- > 0;) {
      const size_t place = rest % static_cast<size_t>(shape[d]);
      rest /= static_cast<size_t>(shape[d]);
      at_x += place * steps[0][d];
      at_y += place * steps[1][d];
    }
    out[i] = function(x[at_x], y[at_y]);
  }
}

}  // namespace

float Clamp(Activation activation, float x) {
  switch (activation) {
    case Activation::kRelu:
      return std::max(x, 0.0F);
    case Activation::kRelu6:
      return std::clamp(x, 0.0F, 6.0F);
    case Activation::kReluN1To1:
      return std::clamp(x, -1.0F, 1.0F);
    case Activation::kNone:
    case Activation::kTanh:
    case Activation::kSignBit:
      break;
  }
  return x;
}

void EvaluateFloat(const FloatOp& op, const Add& a) {
  Binary(op, [&](float x, float y) { return Clamp(a.activation, x + y); });
}

void EvaluateFloat(const FloatOp& op, const Sub& a) {
  Binary(op, [&](float x, float y) { return Clamp(a.activation, x - y); });
}

void EvaluateFloat(const FloatOp& op, const Mul& a) {
  Binary(op, [&](float x, float y) { return Clamp(a.activation, x * y); });
}

void EvaluateFloat(const FloatOp& op, const Extremum& a) {
  const bool minimum = a.kind == Extremum::Kind::kMinimum;
  Binary(op, [&](float x, float y) { return minimum ? std::min(x, y) : std::max(x, y); });
}

void EvaluateFloat(const FloatOp& op, const Prelu&) {
  Binary(op, [](float x, float slope) { return x < 0 ? slope * x : x; });
}

void EvaluateFloat(const FloatOp& op, const Clip& a) {
  Unary(op, [&](float x) { return Clamp(a.range, x); });
}

void EvaluateFloat(const FloatOp& op, const LeakyRelu& a) {
  Unary(op, [&](float x) { return x < 0 ? a.alpha * x : x; });
}

void EvaluateFloat(const FloatOp& op, const HardSwish&) {
  Unary(op, [](float x) { return x * std::clamp(x + 3, 0.0F, 6.0F) / 6; });
}

void EvaluateFloat(const FloatOp& op, const Logistic&) {
  Unary(op, [](float x) { return 1 / (1 + std::exp(-x)); });
}

void EvaluateFloat(const FloatOp& op, const Tanh&) {
  Unary(op, [](float x) { return std::tanh(x); });
}

void EvaluateFloat(const FloatOp& op, const Reshape&) {
  Unary(op, [](float x) { return x; });
}

void EvaluateFloat(const FloatOp& op, const Softmax& a) {
  const std::span<const float> in = op.Input(0);
  const std::span<float> out = op.Output();
  const auto depth = op.InputShape(0).empty() ? 1 : static_cast<size_t>(op.InputShape(0).back());
  for (size_t row = 0; row < in.size(); row += depth) {
    const float largest = std::ranges::max(in.subspan(row, depth));
    float sum = 0;
    for (size_t i = row; i < row + depth; ++i) {
      out[i] = std::exp(a.beta * (in[i] - largest));
      sum += out[i];
    }
    for (size_t i = row; i < row + depth; ++i) out[i] /= sum;
  }
}

}  // namespace kinglet::ir
