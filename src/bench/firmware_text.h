// The main() functions of measured firmware, as text. A "bench" main reads samples from the run's
// input and writes results to its output between counted stretches; an "application" main does the
// same work on the registers of a sensor and is what flash and RAM figures are taken from. Internal
// to src/bench.
//
// Input of a bench main: samples one after another, each all model inputs in order, or with a front
// end one raw window. Output: per sample the features (with a front end), the model's outputs in
// order, with the layer hook a uint32 hash (FNV-1a) per layer; at the end one uint32, the stack's
// depth in bytes. All little-endian.
#pragma once

#include <string>

namespace kinglet::bench {

enum class FrontEndKind : uint8_t { kNone, kSound, kPicture };

struct FirmwareText {
  std::string bench_main, application_main;
};

// For a model compiled under the name "model" of `layer_count` layers, whose hook is used when
// `layer_hook` is set.
// Every sample begins with the state of a fresh model when it `has_state`.
FirmwareText MakeFirmwareText(FrontEndKind front_end, bool layer_hook, size_t layer_count,
                              bool has_state);

// Marks in the bench main that the instruction counts are taken between.
inline constexpr const char* kMarkDspBegin = "kinglet_mark_dsp_begin";
inline constexpr const char* kMarkDspEnd = "kinglet_mark_dsp_end";
inline constexpr const char* kMarkModelBegin = "kinglet_mark_model_begin";
inline constexpr const char* kMarkModelEnd = "kinglet_mark_model_end";
inline constexpr const char* kMarkLayerBegin = "kinglet_mark_layer_begin";
inline constexpr const char* kMarkLayerEnd = "kinglet_layer_done";  // the hook itself

}  // namespace kinglet::bench
