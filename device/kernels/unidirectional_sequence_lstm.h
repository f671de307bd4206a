// Long short-term memory over a sequence, bit for bit TensorFlow Lite Micro's reference: int8 or
// int16 activations, int8 weights, the cell state and everything inside in int16.
#pragma once

#include <stdint.h>

namespace kinglet::kernels {

inline constexpr int32_t kLstmGates = 4;  // in this order: input, forget, cell, output

struct UnidirectionalSequenceLstmParams {
  int32_t batches, time_steps, input_size, state_size;
  int32_t time_major;  // not 0: input and output are [time_steps, batches, size]; 0: [batches,
                       // time_steps, size]
  int32_t input_zero_point, hidden_zero_point;
  // From a sum over the input, or over the hidden state, to Q3.12; shifts of int16 activations: -31
  // to 7.
  int32_t input_multipliers[kLstmGates], input_shifts[kLstmGates];
  int32_t hidden_multipliers[kLstmGates], hidden_shifts[kLstmGates];
  int32_t keep_multiplier, keep_shift;      // forget gate * cell state, to the cell state's scale
  int32_t update_multiplier, update_shift;  // input gate * cell gate, to the cell state's scale
  int32_t output_multiplier, output_shift;  // output gate * tanh(cell state), to the hidden state
  int32_t cell_min, cell_max;               // within int16
  // The argument of tanh is (cell state * tanh_multiplier) / 2^tanh_shift, rounded; the product
  // fits 32 bits, tanh_shift is 0 to 30.
  int32_t tanh_multiplier, tanh_shift;
};

// input: time_steps * batches rows of input_size; *_weights of the input: [state_size, input_size],
// of the hidden state: [state_size, state_size]; biases: [state_size]; hidden_state, cell_state:
// [batches, state_size], read and written; output: time_steps * batches rows of state_size, which
// may lie where those rows of the input were that come before; gates: 4 * state_size elements.
void UnidirectionalSequenceLstm(
    const UnidirectionalSequenceLstmParams& params, const int8_t* input,
    const int8_t* input_to_input_weights, const int8_t* input_to_forget_weights,
    const int8_t* input_to_cell_weights, const int8_t* input_to_output_weights,
    const int8_t* hidden_to_input_weights, const int8_t* hidden_to_forget_weights,
    const int8_t* hidden_to_cell_weights, const int8_t* hidden_to_output_weights,
    const int32_t* input_bias, const int32_t* forget_bias, const int32_t* cell_bias,
    const int32_t* output_bias, int8_t* hidden_state, int16_t* cell_state, int16_t* gates,
    int8_t* output);

// Of int16 activations, whose zero points are 0.
void UnidirectionalSequenceLstmInt16(
    const UnidirectionalSequenceLstmParams& params, const int16_t* input,
    const int8_t* input_to_input_weights, const int8_t* input_to_forget_weights,
    const int8_t* input_to_cell_weights, const int8_t* input_to_output_weights,
    const int8_t* hidden_to_input_weights, const int8_t* hidden_to_forget_weights,
    const int8_t* hidden_to_cell_weights, const int8_t* hidden_to_output_weights,
    const int64_t* input_bias, const int64_t* forget_bias, const int64_t* cell_bias,
    const int64_t* output_bias, int16_t* hidden_state, int16_t* cell_state, int16_t* gates,
    int16_t* output);

}  // namespace kinglet::kernels
