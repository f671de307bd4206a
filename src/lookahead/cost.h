// What each part of the firmware takes, before it exists. Sizes that the compiler's own planner has
// worked out are exact; code sizes and instruction counts are estimates that carry their error.
#pragma once

#include <cstdint>
#include <string>

namespace kinglet::lookahead {

// The true value is expected to be `predicted` and not to be above `worst`.
struct Estimate {
  double predicted = 0;
  double worst = 0;

  static Estimate Exact(double value) { return {value, value}; }
  // `error` is a fraction: 0.2 for "up to a fifth more".
  static Estimate Within(double value, double error) { return {value, value * (1 + error)}; }
};

// From raw samples to the model's input. The features themselves lie in the model's arena.
struct FeaturesCost {
  Estimate code_bytes = {};    // flash
  uint64_t table_bytes = 0;    // flash: windows, filters, twiddle factors
  uint64_t state_bytes = 0;    // RAM kept between calls
  uint64_t scratch_bytes = 0;  // RAM during a call; shares the arena
  uint64_t raw_bytes = 0;      // RAM: raw input that is held at once
  Estimate stack_bytes = {};   // deepest use during a call
  Estimate instructions = {};  // per window
  double window_ms = 0;        // raw input that one window covers; 0: not a stream
  double step_ms = 0;          // from one window to the next; 0: not a stream
};

struct ModelCost {
  std::string name;  // of the family's member: "ds_cnn-32x4"
  int64_t macs = 0;
  Estimate kernel_bytes =
      {};                     // flash: the kernels it calls, library functions they need, the calls
  uint64_t weight_bytes = 0;  // flash: weights, biases, multipliers, lookup tables
  uint64_t arena_bytes = 0;   // RAM: input, activations and scratch, as planned
  Estimate stack_bytes = {};  // deepest use during an inference
  Estimate instructions = {};  // per inference
};

// What any firmware takes.
struct RuntimeCost {
  Estimate code_bytes = {};   // flash: start-up, vector table, C library
  uint64_t data_bytes = 0;    // RAM: variables with a fixed place
  Estimate stack_bytes = {};  // below the calls to features and model
};

}  // namespace kinglet::lookahead
