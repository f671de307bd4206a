// What `kinglet compile` says about a model: JSON for programs, a page of text for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "src/compile/generate.h"

namespace kinglet::compile {

// What was written instead of sources with --module.
struct ModuleSummary {
  uint64_t module_bytes = 0;  // model.kmod
  uint64_t code_bytes = 0;    // of it: code and constants
  uint64_t interface_hash = 0;
  uint32_t crc32 = 0;
};

struct CompileSummary {
  std::string board, core;
  std::string folder;        // where the sources were written
  uint64_t flash_bytes = 0;  // of a linked application that does nothing but run the model
  bool explain = false;      // also what each pass did
  std::optional<ModuleSummary> module{};
};

// One JSON object: board, core, folder, name, flash_bytes, weights_bytes, arena_bytes, macs, layers
// (name, kind, macs, weights_bytes, output_bytes, output_offset); with a module that, too; with
// `explain` passes.
std::string ToJson(const CompiledModel& model, const CompileSummary& summary);

// Ends with a newline.
std::string ToText(const CompiledModel& model, const CompileSummary& summary);

}  // namespace kinglet::compile
