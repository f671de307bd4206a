// From a model to a folder of C++17 that runs it: no interpreter, no parsing, no allocation.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/compile/device_sources.h"
#include "src/compile/format.h"
#include "src/compile/measure.h"
#include "src/compile/target.h"
#include "src/ir/graph.h"
#include "src/optimize/optimize.h"
#include "src/signal/pipeline.h"

namespace kinglet::compile {

struct CompileOptions {
  // The generated namespace, library and prefix of C names, made an identifier; the graph's name
  // when empty.
  std::string name;
  // Whose kernels the code calls. What is not for KernelSet::kPortable builds for that target only.
  Target target{};
  // The signal processing in front of the model, or null. With it the folder and its library hold
  // front_end.h and front_end.cc, too, and example_main.cc, a host program from raw samples to
  // labels.
  const signal::Pipeline* front_end = nullptr;
  // Debugging: the generated code calls kinglet_layer_done (device/runtime/layer_hook.h) after each
  // layer.
  bool layer_hook = false;
  Format format = Format::kCMake;
  // Passes over the model to leave out. With optimize::NoPasses() the layers are the model's own.
  optimize::Options passes{};
};

struct CompiledModel {
  std::string name;    // the generated namespace
  std::string digest;  // kModelDigest of model.h
  // model.h, model.cc: the model. model_c.h, model_c.cc: the same for C. self_test.h, self_test.cc,
  // golden.h: test vectors and their check, freestanding. device/...: the sources that all this
  // includes. Each lies at its LibraryPath. README.md, and what the format has besides; for kCMake
  // CMakeLists.txt and self_test_main.cc, a host program around the self-test.
  FileTexts files;
  // Sources of the model and its front end, relative to the folder, for whoever builds without its
  // CMakeLists.txt: model.cc, front_end.cc, the kernels (.cc and .S) and the signal processing.
  std::vector<std::string> sources;
  ModelNumbers numbers;
  ir::Graph graph;  // what was compiled: the model after the passes
  std::vector<optimize::PassReport> passes;
};

// The same graph and options give the same text everywhere. Before it returns, the planned program
// has run on the host over test inputs: every layer has equalled the reference executor on the
// graph after the passes, every output that on the graph before them. kUnsupported, kInvalid: the
// operator or tensor that cannot be compiled, or a front end whose features are not the model's
// only input; kNotFound: the data folder lacks device sources.
Result<CompiledModel> Compile(const ir::Graph& graph, const CompileOptions& options = {});

// Writes every file below `folder`, each atomically; files there that are not part of the model
// stay.
Status WriteFolder(const FileTexts& files, const std::string& folder);

}  // namespace kinglet::compile
