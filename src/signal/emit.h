// The front end as generated firmware source: front_end.h and front_end.cc with the constant
// tables, calling device/dsp. They are not called "features": the C library has a features.h, and
// the generated folder is on the include path.
//
// Sound (namespace kinglet_app::features):
//   kChunkSamples, kFeatureHeight, kFeatureWidth, kFeatureChannels, kFeatureBytes, kFeatureScale,
//   kFeatureZeroPoint, kStateBytes, kScratchBytes, kSampleRateHz, struct State, void Reset(State&);
//   bool Push(State&, const int16_t* chunk, void* scratch, int8_t* features);
//     chunk: kChunkSamples samples. scratch: kScratchBytes, 4-byte aligned, contents free to be
//     lost between calls: the model's arena will do, also when `features` lies inside it. True when
//     `features` (kFeatureBytes) now holds a full window: first after kFeatureHeight chunks, then
//     every kStepChunks.
// Pictures:
//   kImageBytes, the same kFeature constants, void Extract(const uint8_t* image, int8_t* features);
//   both may be one buffer.
#pragma once

#include <string>
#include <vector>

#include "src/signal/pipeline.h"

namespace kinglet::signal {

struct SourceFile {
  std::string path;  // relative to the generated folder
  std::string text;
};

struct FrontEnd {
  std::vector<SourceFile> files;            // front_end.h, front_end.cc
  std::vector<std::string> device_sources;  // "device/dsp/fft.cc", ...: to be compiled with them
  std::vector<std::string> device_headers;  // "device/dsp/fft.h", ...: included as "device/dsp/..."
};

// The same pipeline gives the same text, on every machine.
FrontEnd EmitFrontEnd(const Pipeline& pipeline);

}  // namespace kinglet::signal
