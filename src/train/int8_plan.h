// A quantised network prepared for the simulated int8 forward pass: every constant is taken from
// the exported graph and its lowering, the same that the executor and the generated firmware use.
#pragma once

#include <cstdint>
#include <vector>

#include "device/kernels/add.h"
#include "device/kernels/softmax.h"
#include "src/base/result.h"
#include "src/train/quantize.h"

namespace kinglet::train {

struct Int8Layer {
  float input_scale = 1, output_scale = 1;
  int32_t output_zero_point = 0;
  int32_t activation_min = -128, activation_max = 127;
  // Layers with weights; arrays as in LayerLayout.
  std::vector<float> weights;       // whole numbers
  std::vector<float> real_weights;  // what they stand for
  std::vector<int32_t> bias, multipliers, shifts;
  kernels::AddParams add{};  // kAdd
};

struct Int8Plan {
  std::vector<ActivationQuantization> activations;
  std::vector<Int8Layer> layers;
  kernels::SoftmaxParams softmax{};
};

// kInvalid when the weights cannot be quantised any more (training diverged); names the layer.
Result<Int8Plan> MakeInt8Plan(const QuantizedNetwork& quantized);

}  // namespace kinglet::train
