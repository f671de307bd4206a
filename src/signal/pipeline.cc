#include "src/signal/pipeline.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

#include "device/dsp/fft.h"
#include "src/signal/exact_math.h"

namespace kinglet::signal {
namespace {

// Counts changes of the arithmetic that change features: part of CanonicalText.
constexpr int kArithmeticVersion = 1;

// Steps of a band's int8 in a decibel: 8 / (10 log10(2)).
constexpr double kStepsPerDb = 8 / 3.01029995663981195;

constexpr int kFrameSamplesMin = 32;
constexpr int kFrameSamplesMax = 1 << dsp::kFftLog2Max;

constexpr std::array<std::pair<dsp::AudioNormalize, std::string_view>, 3> kAudioNormalizeNames = {{
    {dsp::AudioNormalize::kNone, "none"},
    {dsp::AudioNormalize::kPeak, "peak"},
    {dsp::AudioNormalize::kBand, "band"},
}};
constexpr std::array<std::pair<dsp::ImageNormalize, std::string_view>, 2> kImageNormalizeNames = {{
    {dsp::ImageNormalize::kNone, "none"},
    {dsp::ImageNormalize::kContrast, "contrast"},
}};

template <typename T, size_t N>
std::string_view NameIn(const std::array<std::pair<T, std::string_view>, N>& names, T value) {
  for (const auto& [each, name] : names) {
    if (each == value) return name;
  }
  KINGLET_ASSERT(false);
  return {};
}

template <typename T, size_t N>
Result<T> ValueIn(const std::array<std::pair<T, std::string_view>, N>& names,
                  std::string_view word) {
  std::string known;
  for (const auto& [value, name] : names) {
    if (name == word) return value;
    known += known.empty() ? "" : ", ";
    known += name;
  }
  return Fail(Code::kInvalid, "normalize = \"{}\": must be one of {}", word, known);
}

Status InRange(const char* field, int value, int min, int max) {
  if (value >= min && value <= max) return {};
  return Fail(Code::kInvalid, "{} = {}: must be {} to {}", field, value, min, max);
}

int HighHz(const AudioOptions& options) {
  return options.high_hz != 0 ? options.high_hz : options.sample_rate_hz * 19 / 40;
}

Result<int> WholeSamples(const char* field, int milliseconds, int sample_rate_hz) {
  const int64_t product = int64_t{milliseconds} * sample_rate_hz;
  if (product % 1000 != 0) {
    return Fail(Code::kInvalid, "{} = {}: not a whole number of samples at {} Hz", field,
                milliseconds, sample_rate_hz);
  }
  return static_cast<int>(product / 1000);
}

Status CheckAudioRanges(const AudioOptions& o) {
  KINGLET_CHECK(InRange("sample_rate_hz", o.sample_rate_hz, 4'000, 48'000));
  KINGLET_CHECK(InRange("stride_ms", o.stride_ms, 1, 1'000));
  KINGLET_CHECK(InRange("frame_ms", o.frame_ms, o.stride_ms, 1'000));
  KINGLET_CHECK(InRange("clip_ms", o.clip_ms, o.stride_ms, 10'000));
  KINGLET_CHECK(InRange("step_ms", o.step_ms, o.stride_ms, 3'600'000));
  KINGLET_CHECK(InRange("mel_count", o.mel_count, 8, dsp::kBandsMax));
  KINGLET_CHECK(InRange("coefficients", o.coefficients, 0, std::min(o.mel_count, 20)));
  KINGLET_CHECK(InRange("range_db", o.range_db, 10, 90));
  KINGLET_CHECK(InRange("high_hz", HighHz(o), 100, o.sample_rate_hz / 2));
  KINGLET_CHECK(InRange("low_hz", o.low_hz, 0, HighHz(o) - 1));
  if (o.clip_ms % o.stride_ms != 0) {
    return Fail(Code::kInvalid, "clip_ms = {}: must be a multiple of stride_ms = {}", o.clip_ms,
                o.stride_ms);
  }
  return {};
}

Status CheckImageRanges(const ImageOptions& o) {
  KINGLET_CHECK(InRange("width", o.width, 1, 1'024));
  KINGLET_CHECK(InRange("height", o.height, 1, 1'024));
  if (o.channels != 1 && o.channels != 3) {
    return Fail(Code::kInvalid, "channels = {}: must be 1 (grey) or 3 (RGB)", o.channels);
  }
  return {};
}

// log2 of what turns a band's sum into the unit of features, Q8. RealFft gives X / N of samples in
// Q15 (power: N^2 / 2^30); a sine of amplitude 1 has a bin of frame / 4 under a Hann window, and
// that is to be energy 1.
int16_t LogOffset(int frame_samples, int fft_log2) {
  const double log2_frame = Ln(frame_samples) / Ln(2.0);
  const double offset = 256.0 * (2.0 * fft_log2 - 30.0 + 4.0 - 2.0 * log2_frame);
  return static_cast<int16_t>(offset - 0.5);  // negative: rounds to nearest
}

std::string Describe(const AudioOptions& o) {
  return fmt::format(
      "audio v{} sample_rate_hz={} clip_ms={} frame_ms={} stride_ms={} mel_count={} low_hz={} "
      "high_hz={} coefficients={} normalize={}{}",
      kArithmeticVersion, o.sample_rate_hz, o.clip_ms, o.frame_ms, o.stride_ms, o.mel_count,
      o.low_hz, HighHz(o), o.coefficients, NormalizeName(o.normalize),
      o.normalize == dsp::AudioNormalize::kPeak ? fmt::format(" range_db={}", o.range_db) : "");
}

std::string Describe(const ImageOptions& o) {
  return fmt::format("image v{} width={} height={} channels={} normalize={}", kArithmeticVersion,
                     o.width, o.height, o.channels, NormalizeName(o.normalize));
}

}  // namespace

std::string CanonicalText(const Options& options) {
  return std::visit([](const auto& o) { return Describe(o); }, options);
}

std::string_view NormalizeName(dsp::AudioNormalize normalize) {
  return NameIn(kAudioNormalizeNames, normalize);
}
std::string_view NormalizeName(dsp::ImageNormalize normalize) {
  return NameIn(kImageNormalizeNames, normalize);
}
Result<dsp::AudioNormalize> AudioNormalizeFromName(std::string_view name) {
  return ValueIn(kAudioNormalizeNames, name);
}
Result<dsp::ImageNormalize> ImageNormalizeFromName(std::string_view name) {
  return ValueIn(kImageNormalizeNames, name);
}

Result<Pipeline> Pipeline::Make(const Options& options) {
  Pipeline pipeline;
  pipeline.options_ = options;
  if (const auto* image = std::get_if<ImageOptions>(&options)) {
    KINGLET_CHECK(pipeline.MakeImage(*image));
  } else {
    KINGLET_CHECK(pipeline.MakeAudio(std::get<AudioOptions>(options)));
  }
  return pipeline;
}

Status Pipeline::MakeImage(const ImageOptions& o) {
  KINGLET_CHECK(CheckImageRanges(o));
  shape_ = {o.height, o.width, o.channels};
  quantization_ = o.normalize == dsp::ImageNormalize::kNone
                      ? FeatureQuantization{1.0F / 255.0F, -128}
                      : FeatureQuantization{1.0F / 32.0F, 0};
  raw_bytes_ = static_cast<size_t>(shape_.ElementCount());
  return {};
}

Status Pipeline::MakeAudio(const AudioOptions& o) {
  KINGLET_CHECK(CheckAudioRanges(o));
  KINGLET_TRY(const int frame, WholeSamples("frame_ms", o.frame_ms, o.sample_rate_hz));
  KINGLET_TRY(const int stride, WholeSamples("stride_ms", o.stride_ms, o.sample_rate_hz));
  if (frame < kFrameSamplesMin || frame > kFrameSamplesMax) {
    return Fail(Code::kInvalid, "frame_ms = {}: {} samples at {} Hz, must be {} to {}", o.frame_ms,
                frame, o.sample_rate_hz, kFrameSamplesMin, kFrameSamplesMax);
  }
  int fft_log2 = dsp::kFftLog2Min;
  while ((1 << fft_log2) < frame) ++fft_log2;
  const int fft_size = 1 << fft_log2;

  tables_.window = HannTable(frame);
  tables_.cosine = CosineTable(fft_size);
  tables_.dct = DctTableOf(o.mel_count, o.coefficients);
  const MelBands bands{.sample_rate_hz = o.sample_rate_hz,
                       .fft_size = fft_size,
                       .band_count = o.mel_count,
                       .low_hz = o.low_hz,
                       .high_hz = HighHz(o)};
  if (const int empty = FillMelTable(bands, tables_); empty >= 0) {
    return Fail(Code::kInvalid,
                "mel_count = {}: band {} is narrower than the {:.1f} Hz between bins; use fewer "
                "bands, a longer frame_ms or a wider range",
                o.mel_count, empty, static_cast<double>(o.sample_rate_hz) / fft_size);
  }

  const int rows = o.clip_ms / o.stride_ms;
  const int row_values = o.coefficients != 0 ? o.coefficients : o.mel_count;
  config_.frame_samples = static_cast<uint16_t>(frame);
  config_.stride_samples = static_cast<uint16_t>(stride);
  config_.window_rows = static_cast<uint16_t>(rows);
  config_.step_rows = static_cast<uint16_t>(std::min(o.step_ms / o.stride_ms, 65'535));
  config_.fft_log2 = static_cast<uint8_t>(fft_log2);
  config_.normalize = o.normalize;
  config_.peak_range = static_cast<uint8_t>(std::lround(o.range_db * kStepsPerDb));
  config_.log_offset = LogOffset(frame, fft_log2);
  config_.mel.first_bin = tables_.first_bin;
  config_.mel.bin_count = static_cast<uint16_t>(tables_.mel_weights.size());
  config_.mel.band_count = static_cast<uint8_t>(o.mel_count);
  config_.dct.input_count = static_cast<uint8_t>(o.mel_count);
  config_.dct.output_count = static_cast<uint8_t>(o.coefficients);

  const bool cepstra = o.coefficients != 0;
  shape_ = {rows, row_values, 1};
  quantization_.scale =
      1.0F / static_cast<float>(1 << (cepstra ? dsp::kCepstrumBits : dsp::kBandBits));
  quantization_.zero_point = cepstra || o.normalize == dsp::AudioNormalize::kBand ? 0 : -128;
  raw_bytes_ = static_cast<size_t>(rows) * static_cast<size_t>(stride) * sizeof(int16_t);
  return {};
}

dsp::AudioConfig Pipeline::audio_config() const {
  KINGLET_ASSERT(is_audio());
  dsp::AudioConfig config = config_;
  config.window = tables_.window.data();
  config.cosine = tables_.cosine.data();
  config.mel.weights = tables_.mel_weights.data();
  config.mel.bins = tables_.mel_bins.data();
  config.dct.matrix = tables_.dct.data();
  return config;
}

dsp::ImageConfig Pipeline::image_config() const {
  const auto& image = std::get<ImageOptions>(options_);
  return {static_cast<uint32_t>(raw_bytes_), image.normalize};
}

Result<std::vector<int8_t>> Pipeline::Extract(ByteView raw) const {
  if (raw.size() != raw_bytes_) {
    return Fail(Code::kInvalid, "raw window: {} bytes, the pipeline takes exactly {}", raw.size(),
                raw_bytes_);
  }
  std::vector<int8_t> features(static_cast<size_t>(shape_.ElementCount()));
  if (!is_audio()) {
    dsp::ExtractImage(image_config(), raw.data(), features.data());
    return features;
  }
  const dsp::AudioConfig config = audio_config();
  dsp::AudioCounters counters{};
  std::vector<int16_t> overlap(std::max(dsp::OverlapSamples(config), 1U));
  std::vector<int8_t> history(dsp::HistoryBytes(config));
  std::vector<int32_t> scratch(dsp::ScratchBytes(config) / sizeof(int32_t));
  std::vector<int16_t> chunk(config.stride_samples);
  const dsp::AudioState state{&counters, overlap.data(), history.data()};
  dsp::ResetAudio(config, state);
  bool full = false;
  const size_t chunk_bytes = chunk.size() * sizeof(int16_t);
  for (size_t offset = 0; offset < raw.size(); offset += chunk_bytes) {
    std::memcpy(chunk.data(), raw.data() + offset, chunk_bytes);
    full = dsp::PushAudio(config, state, chunk.data(), scratch.data(), features.data());
  }
  KINGLET_ASSERT(full);
  return features;
}

}  // namespace kinglet::signal
