#include "device/kernels/unidirectional_sequence_lstm.h"

#include "device/kernels/requantize.h"
#include "device/kernels/sigmoid_int16.h"

namespace kinglet::kernels {
namespace {

using Params = UnidirectionalSequenceLstmParams;

constexpr int32_t kInputGate = 0, kForgetGate = 1, kCellGate = 2, kOutputGate = 3;
constexpr int32_t kQ12ToSigmoid = 3;  // Q3.12 times this is in the steps of sigmoid_int16.h

int32_t ClampInt16(int32_t x) { return Clamp(x, INT16_MIN, INT16_MAX); }

// What the two kinds of activations do not have alike.
struct Int8Activations {
  using Activation = int8_t;
  using Bias = int32_t;
  static constexpr int32_t kMin = INT8_MIN, kMax = INT8_MAX;

  static int32_t Scale(int32_t sum, int32_t bias, int32_t multiplier, int32_t shift) {
    return MultiplyByQuantizedMultiplier(WrappingAdd(sum, bias), multiplier, shift);
  }
};
struct Int16Activations {
  using Activation = int16_t;
  using Bias = int64_t;
  static constexpr int32_t kMin = INT16_MIN, kMax = INT16_MAX;

  static int32_t Scale(int64_t sum, int64_t bias, int32_t multiplier, int32_t shift) {
    const uint64_t total = static_cast<uint64_t>(sum) + static_cast<uint64_t>(bias);
    return MultiplyByQuantizedMultiplierWide(static_cast<int64_t>(total), multiplier, shift);
  }
};

// Sums of products, of which the caller has seen to it that they fit.
int32_t Dot(const int8_t* x, int32_t size, int32_t zero_point, const int8_t* weights) {
  int32_t sum = 0;
  for (int32_t i = 0; i < size; ++i) sum += (x[i] - zero_point) * weights[i];
  return sum;
}
int64_t Dot(const int16_t* x, int32_t size, int32_t, const int8_t* weights) {
  int64_t sum = 0;
  for (int32_t i = 0; i < size; ++i) sum += x[i] * weights[i];
  return sum;
}

template <typename Kind>
struct Weights {
  const int8_t* input[kLstmGates];
  const int8_t* hidden[kLstmGates];
  const typename Kind::Bias* bias[kLstmGates];
};

// One gate of one step: [state_size] in Q0.15.
template <typename Kind>
void Gate(const Params& p, const Weights<Kind>& weights, int32_t gate,
          const typename Kind::Activation* input, const typename Kind::Activation* hidden,
          int16_t* output) {
  const int8_t* input_row = weights.input[gate];
  const int8_t* hidden_row = weights.hidden[gate];
  for (int32_t s = 0; s < p.state_size; ++s) {
    const int32_t of_input = ClampInt16(
        Kind::Scale(Dot(input, p.input_size, p.input_zero_point, input_row), weights.bias[gate][s],
                    p.input_multipliers[gate], p.input_shifts[gate]));
    const int32_t of_hidden =
        ClampInt16(Kind::Scale(Dot(hidden, p.state_size, p.hidden_zero_point, hidden_row), 0,
                               p.hidden_multipliers[gate], p.hidden_shifts[gate]));
    const int32_t x = ClampInt16(of_input + of_hidden) * kQ12ToSigmoid;
    output[s] = gate == kCellGate ? TanhInt16(x) : LogisticInt16(x);
    input_row += p.input_size;
    hidden_row += p.state_size;
  }
}

template <typename Kind>
void Step(const Params& p, const Weights<Kind>& weights, const typename Kind::Activation* input,
          typename Kind::Activation* hidden, int16_t* cell, int16_t* gates,
          typename Kind::Activation* output) {
  const int32_t size = p.state_size;
  for (int32_t gate = 0; gate < kLstmGates; ++gate) {
    Gate<Kind>(p, weights, gate, input, hidden, gates + gate * size);
  }
  const int32_t half = (1 << p.tanh_shift) >> 1;
  for (int32_t s = 0; s < size; ++s) {
    const int32_t kept = ClampInt16(MultiplyByQuantizedMultiplier(
        gates[kForgetGate * size + s] * cell[s], p.keep_multiplier, p.keep_shift));
    const int32_t added = ClampInt16(
        MultiplyByQuantizedMultiplier(gates[kInputGate * size + s] * gates[kCellGate * size + s],
                                      p.update_multiplier, p.update_shift));
    const int32_t value = Clamp(ClampInt16(kept + added), p.cell_min, p.cell_max);
    const int32_t tanh = TanhInt16((value * p.tanh_multiplier + half) >> p.tanh_shift);
    const int32_t scaled = MultiplyByQuantizedMultiplier(tanh * gates[kOutputGate * size + s],
                                                         p.output_multiplier, p.output_shift);
    const int32_t result = Clamp(WrappingAdd(scaled, p.hidden_zero_point), Kind::kMin, Kind::kMax);
    cell[s] = static_cast<int16_t>(value);
    hidden[s] = output[s] = static_cast<typename Kind::Activation>(result);
  }
}

// Rows of input and output go on from step to step in either order.
template <typename Kind>
void Sequence(const Params& p, const Weights<Kind>& weights, const typename Kind::Activation* input,
              typename Kind::Activation* hidden_state, int16_t* cell_state, int16_t* gates,
              typename Kind::Activation* output) {
  const int32_t outer = p.time_major != 0 ? p.time_steps : p.batches;
  const int32_t inner = p.time_major != 0 ? p.batches : p.time_steps;
  for (int32_t i = 0; i < outer; ++i) {
    for (int32_t j = 0; j < inner; ++j) {
      const int32_t state = (p.time_major != 0 ? j : i) * p.state_size;
      Step<Kind>(p, weights, input, hidden_state + state, cell_state + state, gates, output);
      input += p.input_size;
      output += p.state_size;
    }
  }
}

}  // namespace

void UnidirectionalSequenceLstm(
    const UnidirectionalSequenceLstmParams& params, const int8_t* input,
    const int8_t* input_to_input_weights, const int8_t* input_to_forget_weights,
    const int8_t* input_to_cell_weights, const int8_t* input_to_output_weights,
    const int8_t* hidden_to_input_weights, const int8_t* hidden_to_forget_weights,
    const int8_t* hidden_to_cell_weights, const int8_t* hidden_to_output_weights,
    const int32_t* input_bias, const int32_t* forget_bias, const int32_t* cell_bias,
    const int32_t* output_bias, int8_t* hidden_state, int16_t* cell_state, int16_t* gates,
    int8_t* output) {
  const Weights<Int8Activations> weights = {{input_to_input_weights, input_to_forget_weights,
                                             input_to_cell_weights, input_to_output_weights},
                                            {hidden_to_input_weights, hidden_to_forget_weights,
                                             hidden_to_cell_weights, hidden_to_output_weights},
                                            {input_bias, forget_bias, cell_bias, output_bias}};
  Sequence<Int8Activations>(params, weights, input, hidden_state, cell_state, gates, output);
}

void UnidirectionalSequenceLstmInt16(
    const UnidirectionalSequenceLstmParams& params, const int16_t* input,
    const int8_t* input_to_input_weights, const int8_t* input_to_forget_weights,
    const int8_t* input_to_cell_weights, const int8_t* input_to_output_weights,
    const int8_t* hidden_to_input_weights, const int8_t* hidden_to_forget_weights,
    const int8_t* hidden_to_cell_weights, const int8_t* hidden_to_output_weights,
    const int64_t* input_bias, const int64_t* forget_bias, const int64_t* cell_bias,
    const int64_t* output_bias, int16_t* hidden_state, int16_t* cell_state, int16_t* gates,
    int16_t* output) {
  const Weights<Int16Activations> weights = {{input_to_input_weights, input_to_forget_weights,
                                              input_to_cell_weights, input_to_output_weights},
                                             {hidden_to_input_weights, hidden_to_forget_weights,
                                              hidden_to_cell_weights, hidden_to_output_weights},
                                             {input_bias, forget_bias, cell_bias, output_bias}};
  Sequence<Int16Activations>(params, weights, input, hidden_state, cell_state, gates, output);
}

}  // namespace kinglet::kernels
