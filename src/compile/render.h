// What `kinglet compile` says about a model: JSON for programs, a page of text for people.
#pragma once

#include <cstdint>
#include <string>

#include "src/compile/generate.h"

namespace kinglet::compile {

struct CompileSummary {
  std::string board, core;
  std::string folder;        // where the sources were written
  uint64_t flash_bytes = 0;  // of a linked application that does nothing but run the model
  bool explain = false;      // also what each pass did
};

// One JSON object: board, core, folder, name, flash_bytes, weights_bytes, arena_bytes, macs, layers
// (name, kind, macs, weights_bytes, output_bytes, output_offset); with `explain` passes.
std::string ToJson(const CompiledModel& model, const CompileSummary& summary);

// Ends with a newline.
std::string ToText(const CompiledModel& model, const CompileSummary& summary);

}  // namespace kinglet::compile
