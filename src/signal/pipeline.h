// The signal processing in front of a model: options, the shape and meaning of its features, and
// the features themselves. Training, evaluation and firmware all run device/dsp with the tables
// made here, so features are the same bytes everywhere.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "device/dsp/audio.h"
#include "device/dsp/image.h"
#include "src/base/bytes.h"
#include "src/base/result.h"
#include "src/signal/tables.h"

namespace kinglet::signal {

// Sound: int16 mono samples to a log-mel spectrogram (or MFCC) of one window. One feature row per
// stride; row i ends where chunk i of `stride_ms` ends, and the first row's missing past is
// silence, so a window has exactly clip_ms / stride_ms rows.
struct AudioOptions {
  int sample_rate_hz = 16'000;  // of the samples, 4,000 to 48,000
  int clip_ms = 1'000;          // what one inference hears; whole strides, at most 10,000
  int frame_ms = 32;   // one analysis (Hann) window: 32 to 1,024 samples, at least a stride
  int stride_ms = 20;  // from one feature row to the next
  int mel_count = 40;  // bands, evenly spaced on the mel scale, 8 to 80
  int low_hz = 80;     // lower edge of the first band
  int high_hz = 0;     // upper edge of the last band; 0: 95 % of half the sample rate
  // 0: the bands themselves; else that many cepstral coefficients (MFCC, DCT-II with HTK's lifter),
  // at most 20 and mel_count.
  int coefficients = 0;
  // What is done to a window's bands before the model (or the cosine transform) sees them:
  // kNone: nothing; kPeak: measured from range_db below the window's loudest value, which removes
  // loudness and the background under the speech; kBand: each band's mean over the window is
  // subtracted, which removes loudness and the colouring of microphone and room.
  dsp::AudioNormalize normalize = dsp::AudioNormalize::kPeak;
  int range_db = 42;  // of kPeak: what is softer counts as silence; 10 to 90
  // On the device: from one full window to the next, rounded down to whole strides.
  int step_ms = 500;
  bool operator==(const AudioOptions&) const = default;
};

// Pictures: uint8 HWC pixels to int8 of the same shape.
struct ImageOptions {
  int width = 28;    // pixels, 1 to 1,024
  int height = 28;   // pixels, 1 to 1,024
  int channels = 1;  // 1 (grey) or 3 (RGB)
  // kNone: real value = pixel / 255. kContrast: deviation from the picture's mean in units of its
  // mean absolute deviation.
  dsp::ImageNormalize normalize = dsp::ImageNormalize::kNone;
  bool operator==(const ImageOptions&) const = default;
};

using Options = std::variant<AudioOptions, ImageOptions>;

// The same text for the same features: field names and values in fixed order, defaults resolved,
// and the version of the arithmetic, which changes when features change. For content keys. Leaves
// out step_ms, which only says when windows are taken; firmware's key is the emitted text.
std::string CanonicalText(const Options& options);

// "none", "peak", "band" / "none", "contrast": the words of kinglet.toml.
std::string_view NormalizeName(dsp::AudioNormalize normalize);
std::string_view NormalizeName(dsp::ImageNormalize normalize);
Result<dsp::AudioNormalize> AudioNormalizeFromName(std::string_view name);
Result<dsp::ImageNormalize> ImageNormalizeFromName(std::string_view name);

// Features of one window, NHWC without N: {rows in time, coefficients, 1} for sound.
struct FeatureShape {
  int32_t height = 0, width = 0, channels = 0;
  int64_t ElementCount() const { return int64_t{height} * width * channels; }
  bool operator==(const FeatureShape&) const = default;
};

// real = scale * (q - zero_point): the quantisation of the model's input tensor. Sound: real is
// log2 of energy.
struct FeatureQuantization {
  float scale = 0;
  int32_t zero_point = 0;
  bool operator==(const FeatureQuantization&) const = default;
};

// A checked pipeline: immutable, may be shared between threads.
class Pipeline {
 public:
  // kInvalid names the field, its value and its limit.
  static Result<Pipeline> Make(const Options& options);

  const Options& options() const { return options_; }
  bool is_audio() const { return std::holds_alternative<AudioOptions>(options_); }
  FeatureShape shape() const { return shape_; }
  FeatureQuantization quantization() const { return quantization_; }
  // Bytes of one raw window: little-endian int16 samples, or uint8 pixels.
  size_t raw_bytes() const { return raw_bytes_; }

  // Features of one raw window, computed as the firmware does it: chunk by chunk from a fresh
  // state. kInvalid unless `raw` has raw_bytes(). Sound: `raw` may have any alignment.
  Result<std::vector<int8_t>> Extract(ByteView raw) const;

  // Sound only: what the firmware is generated from.
  const AudioTables& audio_tables() const { return tables_; }
  dsp::AudioConfig audio_config() const;  // points into this object's tables
  // Pictures only.
  dsp::ImageConfig image_config() const;

 private:
  Pipeline() = default;
  Status MakeAudio(const AudioOptions& o);
  Status MakeImage(const ImageOptions& o);

  Options options_;
  FeatureShape shape_;
  FeatureQuantization quantization_;
  size_t raw_bytes_ = 0;
  AudioTables tables_;
  dsp::AudioConfig config_{};  // sizes; table pointers are set by audio_config()
};

}  // namespace kinglet::signal
