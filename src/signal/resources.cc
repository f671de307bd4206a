#include "src/signal/resources.h"

#include <algorithm>
#include <array>

namespace kinglet::signal {
namespace {

// Instructions of the sound front end: per row, and per row of a full window when it is handed out.
struct AudioCost {
  double row;            // once per row
  double frame_sample;   // per sample of the frame: weighting
  double fft_point;      // per FFT size x log2 of it: scaling and transform
  double bin;            // per bin in the bands: power and split
  double band;           // per band: logarithm, and its way through the window
  double peak_value;     // per value of the window, with kPeak
  double band_value;     // per value of the window, with kBand
  double cepstrum_band;  // per cepstrum and band
};

// Instructions per pixel byte.
struct ImageCost {
  double plain;
  double contrast;
};

struct ClassCost {
  AudioCost audio;
  ImageCost image;
  uint32_t audio_code_bytes;
  uint32_t image_code_bytes;
  uint32_t stack_bytes;
};

// Measured with emitted front ends, compiled by GCC 12.2 at -O2 for Cortex-M0+, M4F, M33, M55 and
// RV32IMC and run under QEMU, instructions counted from the entry to the return of each Push.
// Instructions: least squares of relative error over 18 pipelines (FFT of 64 to 1,024 points, 8 to
// 80 bands, 0 to 20 cepstra, all normalisations, noise as input); the largest error of a total was
// 0.4, 0.8, 0.8 and 3.3 %. Code: device/dsp and front_end.cc, and what they pull in from libgcc and
// the C library (64-bit shifts, division, memory copies) that a minimal program has not. Stack:
// painted, from main() down. tests/device holds these figures to fresh measurements.
constexpr std::array<ClassCost, 4> kCosts = {{
    // kArmv6m
    {{602, 16.2, 14.84, 82.6, 185.8, 9.2, 14.1, 9.29}, {7.0, 32.1}, 3'008, 512, 528},
    // kArmv7m
    {{560, 10.7, 9.35, 36.1, 136.2, 8.5, 11.8, 6.19}, {9.0, 29.5}, 2'880, 240, 496},
    // kArmv81m
    {{570, 9.7, 9.20, 35.1, 138.5, 7.7, 10.2, 5.24}, {9.0, 28.1}, 3'008, 240, 512},
    // kRv32imc
    {{390, 7.0, 11.62, 39.2, 171.7, 4.6, 12.2, 7.22}, {8.0, 25.0}, 2'976, 256, 496},
}};

// The structure of sizes and pointers of a 32-bit program, and the table of log2.cc.
constexpr uint32_t kAudioConfigBytes = 48;
constexpr uint32_t kLog2TableBytes = 66;

double AudioInstructions(const Pipeline& pipeline, const AudioCost& cost) {
  const dsp::AudioConfig config = pipeline.audio_config();
  const double points = static_cast<double>(uint32_t{1} << config.fft_log2) * config.fft_log2;
  const double bands = config.mel.band_count;
  double row = cost.row + cost.frame_sample * config.frame_samples + cost.fft_point * points +
               cost.bin * config.mel.bin_count + cost.band * bands +
               cost.cepstrum_band * bands * config.dct.output_count;
  if (config.normalize == dsp::AudioNormalize::kPeak) row += cost.peak_value * bands;
  if (config.normalize == dsp::AudioNormalize::kBand) row += cost.band_value * bands;
  return row * config.window_rows;
}

}  // namespace

Result<CoreClass> CoreClassOf(std::string_view core_name) {
  struct Prefix {
    std::string_view text;
    CoreClass core_class;
  };
  static constexpr std::array<Prefix, 7> kPrefixes = {{
      {"cortex-m0", CoreClass::kArmv6m},
      {"cortex-m33", CoreClass::kArmv7m},
      {"cortex-m3", CoreClass::kArmv7m},
      {"cortex-m4", CoreClass::kArmv7m},
      {"cortex-m7", CoreClass::kArmv7m},
      {"cortex-m55", CoreClass::kArmv81m},
      {"rv32im", CoreClass::kRv32imc},
  }};
  for (const Prefix& prefix : kPrefixes) {
    if (core_name.starts_with(prefix.text)) return prefix.core_class;
  }
  return Fail(Code::kNotFound,
              "core {}: no known cost of signal processing; known are cortex-m0, m3, m4, m7, m33, "
              "m55 and rv32imc",
              core_name);
}

Resources EstimateResources(const Pipeline& pipeline, CoreClass core) {
  const ClassCost& cost = kCosts.at(static_cast<size_t>(core));
  Resources out;
  out.stack_bytes = cost.stack_bytes;
  if (!pipeline.is_audio()) {
    const dsp::ImageConfig config = pipeline.image_config();
    const bool contrast = config.normalize == dsp::ImageNormalize::kContrast;
    out.code_bytes = cost.image_code_bytes;
    out.input_bytes = config.pixel_bytes;
    out.stack_bytes = 96;
    out.instructions = static_cast<uint64_t>((contrast ? cost.image.contrast : cost.image.plain) *
                                             config.pixel_bytes);
    return out;
  }
  const dsp::AudioConfig config = pipeline.audio_config();
  out.table_bytes =
      static_cast<uint32_t>(pipeline.audio_tables().Bytes()) + kLog2TableBytes + kAudioConfigBytes;
  out.code_bytes = cost.audio_code_bytes;
  out.state_bytes = static_cast<uint32_t>(sizeof(dsp::AudioCounters)) +
                    2 * std::max(dsp::OverlapSamples(config), 1U) + dsp::HistoryBytes(config);
  out.scratch_bytes = dsp::ScratchBytes(config);
  out.input_bytes = 2U * config.stride_samples;
  out.instructions = static_cast<uint64_t>(AudioInstructions(pipeline, cost.audio));
  return out;
}

}  // namespace kinglet::signal
