// What a front end costs on a device, before anything is built: for the plan. Sizes of tables and
// state are exact; code, stack and instructions are estimates calibrated on real builds
// (resources.cc says how).
#pragma once

#include <cstdint>
#include <string_view>

#include "src/signal/pipeline.h"

namespace kinglet::signal {

// Instruction sets that differ in the cost of integer code.
enum class CoreClass : uint8_t {
  kArmv6m,   // Cortex-M0, M0+: no divide, no long multiply
  kArmv7m,   // Cortex-M3, M4, M7, M33
  kArmv81m,  // Cortex-M55, M85
  kRv32imc,
};

// By core name, e.g. "cortex-m4f" or "rv32imc"; kNotFound for a core of no known class.
Result<CoreClass> CoreClassOf(std::string_view core_name);

struct Resources {
  uint32_t table_bytes = 0;    // flash: constant tables, exact
  uint32_t code_bytes = 0;     // flash: device/dsp and the generated calls, at -O2
  uint32_t state_bytes = 0;    // RAM kept between chunks, exact
  uint32_t scratch_bytes = 0;  // RAM used within a call; may lie in the model's arena
  uint32_t input_bytes = 0;    // RAM: one raw chunk of samples, or one raw picture
  uint32_t stack_bytes = 0;    // deepest use within a call
  uint64_t instructions = 0;   // for all rows of one window and its normalisation
};

Resources EstimateResources(const Pipeline& pipeline, CoreClass core);

}  // namespace kinglet::signal
