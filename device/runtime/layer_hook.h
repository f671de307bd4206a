// Called by generated code after each layer when the model was compiled with the layer hook, a
// means of finding the first layer that differs. The firmware defines them.
#pragma once

#include <stdint.h>

// `layer` counts from 0 in the model's order; `data` is the layer's last output, `bytes` long, and
// stays valid during the call.
extern "C" void kinglet_layer_done(int32_t layer, const int8_t* data, uint32_t bytes);

// Before that, for each of the layer's other outputs in order. Needed only for models with layers
// of several outputs.
extern "C" void kinglet_layer_output(int32_t layer, const int8_t* data, uint32_t bytes);
