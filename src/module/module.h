// A model as one file of code and constants that runs wherever it lies (device/format/module.h), so
// that a device in the field takes a new model without new firmware.
#pragma once

#include <cstdint>

#include "device/format/module.h"
#include "src/base/bytes.h"
#include "src/base/result.h"
#include "src/board/board.h"
#include "src/compile/generate.h"

namespace kinglet::module {

struct Module {
  Bytes bytes;  // the file model.kmod
  format::ModuleHeader header{};
  // model.kmod; model.json, the header and tables for programs; README.md; module_host.h, what the
  // firmware must know of it, and device/..., the loader.
  compile::FileTexts files;
};

// Of the types, shapes, scales and zero points of all inputs and outputs, and of the layout's
// version.
uint64_t InterfaceHash(const ir::Graph& graph);

// `model` was compiled for the board's core. kUnsupported when it has memory; kInvalid when its
// code cannot be moved, see emulate::Firmware::LinkMovable; kNotFound when the core's compiler is
// not installed.
Result<Module> BuildModule(const compile::CompiledModel& model, const board::Board& board);

}  // namespace kinglet::module
