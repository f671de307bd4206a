// Features against an independent computation in double precision with FFTW, and the properties the
// rest relies on.
#include "src/signal/pipeline.h"

#include <fftw3.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

#include "src/base/hash.h"
#include "src/base/random.h"
#include "src/signal/exact_math.h"

namespace kinglet::signal {
namespace {

using Clip = std::vector<int16_t>;
using Rows = std::vector<std::vector<double>>;

int16_t Clamp16(double value) {
  return static_cast<int16_t>(std::clamp(std::round(value), -32768.0, 32767.0));
}

template <typename F>
Clip MakeClip(size_t count, F sample) {
  Clip clip(count);
  for (size_t i = 0; i < count; ++i) clip[i] = Clamp16(sample(static_cast<double>(i)));
  return clip;
}

Clip NoiseClip(size_t count, double sigma, uint64_t seed) {
  Random random(seed);
  return MakeClip(count, [&](double) { return sigma * static_cast<double>(random.Normal()); });
}

// Something like a vowel that glides: harmonics of a falling pitch under two moving resonances,
// over a little noise.
Clip ChirpClip(size_t count, double rate, double amplitude) {
  Random random(11);
  double phase = 0;
  return MakeClip(count, [&](double i) {
    const double t = i / rate;
    const double pitch_hz = 220 - 80 * t;
    phase += 2 * M_PI * pitch_hz / rate;
    double sum = 0;
    for (int h = 1; h * pitch_hz < 0.45 * rate; ++h) {
      const double f = h * pitch_hz;
      const double first = (f - (400 + 400 * t)) / 120;
      const double second = (f - (2000 - 900 * t)) / 200;
      sum += (1 / (1 + first * first) + 0.5 / (1 + second * second)) * std::sin(h * phase);
    }
    return amplitude * (sum * std::sin(M_PI * i / static_cast<double>(count)) +
                        0.002 * static_cast<double>(random.Normal()));
  });
}

// Features as real values, straight from the definitions in pipeline.h, audio.h and tables.h.
class Reference {
 public:
  explicit Reference(const AudioOptions& options) : o_(options) {
    frame_ = o_.sample_rate_hz * o_.frame_ms / 1000;
    stride_ = o_.sample_rate_hz * o_.stride_ms / 1000;
    while (size_ < frame_) size_ *= 2;
  }

  // log2 of band energies, not below 0.
  Rows Logs(const Clip& clip) const {
    Rows rows;
    for (int end = stride_; end <= static_cast<int>(clip.size()); end += stride_) {
      rows.push_back(LogsAt(clip, end - frame_));
    }
    return rows;
  }

  Rows Features(const Clip& clip) const {
    Rows rows = Logs(clip);
    double center = 16;
    if (o_.normalize == dsp::AudioNormalize::kPeak) {
      const double range = o_.range_db / (10 * std::log10(2));
      center = range / 2;
      double peak = 10;
      for (const auto& row : rows) peak = std::max(peak, *std::max_element(row.begin(), row.end()));
      for (auto& row : rows) {
        for (double& log : row) log = std::max(0.0, log - peak + range);
      }
    } else if (o_.normalize == dsp::AudioNormalize::kBand) {
      center = 0;
      for (size_t band = 0; band < rows[0].size(); ++band) {
        double sum = 0;
        for (const auto& row : rows) sum += row[band];
        const double mean = sum / static_cast<double>(rows.size());
        for (auto& row : rows) row[band] = std::clamp(row[band] - mean, -16.0, 15.875);
      }
    }
    if (o_.coefficients != 0) {
      for (auto& row : rows) row = Cepstra(row, center);
    }
    return rows;
  }

 private:
  static double Mel(double hz) { return 1127 * std::log1p(hz / 700); }

  std::vector<double> LogsAt(const Clip& clip, int begin) const {
    std::vector<double> in(static_cast<size_t>(size_));
    for (int i = 0; i < frame_; ++i) {
      const double hann = 0.5 - 0.5 * std::cos(2 * M_PI * (i + 0.5) / frame_);
      const int at = begin + i;
      in[static_cast<size_t>(i)] = at < 0 ? 0 : hann * clip[static_cast<size_t>(at)];
    }
    std::vector<std::complex<double>> bins(static_cast<size_t>(size_) / 2 + 1);
    fftw_plan plan = fftw_plan_dft_r2c_1d(
        size_, in.data(), reinterpret_cast<fftw_complex*>(bins.data()), FFTW_ESTIMATE);
    fftw_execute(plan);
    fftw_destroy_plan(plan);
    const double high_hz = o_.high_hz != 0 ? o_.high_hz : 0.475 * o_.sample_rate_hz;
    const double step = (Mel(high_hz) - Mel(o_.low_hz)) / (o_.mel_count + 1);
    std::vector<double> logs;
    for (int band = 0; band < o_.mel_count; ++band) {
      const double center = Mel(o_.low_hz) + step * (band + 1);
      double energy = 0;
      for (int k = 1; k < size_ / 2; ++k) {
        const double mel = Mel(static_cast<double>(k) * o_.sample_rate_hz / size_);
        const double weight = std::max(0.0, 1 - std::abs(mel - center) / step);
        energy +=
            weight * std::norm(bins[static_cast<size_t>(k)] * 4.0 / static_cast<double>(frame_));
      }
      logs.push_back(std::max(0.0, std::log2(energy + 1e-30)));
    }
    return logs;
  }

  std::vector<double> Cepstra(const std::vector<double>& logs, double center) const {
    std::vector<double> cepstra;
    const auto n = static_cast<double>(logs.size());
    for (int k = 0; k < o_.coefficients; ++k) {
      double sum = 0;
      for (size_t i = 0; i < logs.size(); ++i) {
        sum += (logs[i] - center) * std::cos(M_PI * k * (static_cast<double>(i) + 0.5) / n);
      }
      const double lifter = 1 + 11 * std::sin(M_PI * k / 22);
      cepstra.push_back(sum * (k == 0 ? 1 : 2) / n * lifter);
    }
    return cepstra;
  }

  AudioOptions o_;
  int frame_ = 0, stride_ = 0, size_ = 64;
};

// The same rows from the device's code, as real values of its int8 features.
Rows Measure(const AudioOptions& options, const Clip& clip) {
  const Pipeline pipeline = Pipeline::Make(options).value();
  const std::vector<int8_t> features = pipeline.Extract(AsBytes(clip)).value();
  const auto [scale, zero_point] = pipeline.quantization();
  Rows rows(static_cast<size_t>(pipeline.shape().height));
  size_t i = 0;
  for (auto& row : rows) {
    for (int32_t c = 0; c < pipeline.shape().width; ++c) {
      row.push_back(static_cast<double>(scale) * (features[i++] - zero_point));
    }
  }
  return rows;
}

// The largest difference between the two over a clip, the reference held to what int8 can say. A
// band more than `depth` (log2) below its row's largest is left out: there 16-bit bins end, and a
// small absolute error is a large one of the logarithm.
double WorstError(const AudioOptions& options, const Clip& clip, double depth) {
  const Reference reference(options);
  const Rows logs = reference.Logs(clip);
  const Rows want = reference.Features(clip);
  const Rows got = Measure(options, clip);
  EXPECT_EQ(want.size(), got.size());
  const auto [scale, zero_point] = Pipeline::Make(options).value().quantization();
  const double low = static_cast<double>(scale) * (-128 - zero_point);
  const double high = static_cast<double>(scale) * (127 - zero_point);
  double worst = 0;
  for (size_t r = 0; r < want.size(); ++r) {
    const double peak = *std::max_element(logs[r].begin(), logs[r].end());
    for (size_t c = 0; c < want[r].size(); ++c) {
      if (options.coefficients == 0 && logs[r][c] < peak - depth) continue;
      worst = std::max(worst, std::abs(std::clamp(want[r][c], low, high) - got[r][c]));
    }
  }
  return worst;
}

AudioOptions With(dsp::AudioNormalize normalize, int coefficients = 0) {
  AudioOptions options;
  options.normalize = normalize;
  options.coefficients = coefficients;
  return options;
}

struct NamedClip {
  const char* name;
  Clip clip;
};

std::vector<NamedClip> ReferenceClips() {
  constexpr size_t kCount = 16'000;
  const auto sine = [](double amplitude, double hz) {
    return MakeClip(kCount,
                    [=](double i) { return amplitude * std::sin(2 * M_PI * hz * i / 16e3); });
  };
  const auto square = [](double i) { return std::fmod(i, 64) < 32 ? 32767 : -32768; };
  return {
      {"silence", Clip(kCount)},
      {"quiet sine", sine(30, 440)},
      {"full-scale sine", sine(32767, 1000)},
      {"clipped sine", sine(90'000, 700)},
      {"white noise", NoiseClip(kCount, 3000, 1)},
      {"faint noise", NoiseClip(kCount, 8, 2)},
      {"full-scale noise", NoiseClip(kCount, 30'000, 3)},
      {"speech-like chirp", ChirpClip(kCount, 16e3, 6000)},
      {"square wave", MakeClip(kCount, square)},
      {"constant", Clip(kCount, -32768)},
  };
}

using N = dsp::AudioNormalize;
constexpr double kEverything = 99;

// Half a step of int8 is 0.0625; the rest is arithmetic.
TEST(LogMel, MatchesDoublePrecision) {
  for (const auto& [name, clip] : ReferenceClips()) {
    EXPECT_LT(WorstError(With(N::kNone), clip, 20), 0.0625 + 0.05) << name;
    EXPECT_LT(WorstError(With(N::kNone), clip, kEverything), 0.5) << name;
  }
}

TEST(LogMel, NoiseIsOffByNoMoreThanTheLogarithm) {
  for (const double sigma : {8.0, 300.0, 30'000.0}) {
    const Clip clip = NoiseClip(16'000, sigma, 9);
    EXPECT_LT(WorstError(With(N::kNone), clip, kEverything), 0.0625 + 0.004) << sigma;
  }
}

// What is subtracted is a rounded value too: one more half step.
TEST(LogMel, NormalisedWindowsMatchDoublePrecision) {
  for (const auto& [name, clip] : ReferenceClips()) {
    EXPECT_LT(WorstError(With(N::kPeak), clip, 20), 0.125 + 0.05) << name;
    // A mean over time also holds the error of rows that are nearly empty in that band.
    EXPECT_LT(WorstError(With(N::kBand), clip, 20), 0.45) << name;
  }
}

// Errors of the bands' half steps add up, times the lifter's 12.
TEST(Mfcc, MatchesDoublePrecision) {
  for (const auto& [name, clip] : ReferenceClips()) {
    EXPECT_LT(WorstError(With(N::kNone, 13), clip, kEverything), 0.5) << name;
    EXPECT_LT(WorstError(With(N::kPeak, 13), clip, kEverything), 0.5) << name;
    EXPECT_LT(WorstError(With(N::kBand, 13), clip, kEverything), 0.75) << name;
  }
}

TEST(LogMel, OtherSizesMatchDoublePrecision) {
  std::vector<AudioOptions> all(5, With(N::kNone));
  all[0].sample_rate_hz = 8'000;
  all[1].frame_ms = 20;  // no overlap, zeros behind the frame
  all[1].mel_count = 20;
  all[2].frame_ms = 64;
  all[2].mel_count = 80;
  all[3].sample_rate_hz = 44'100;
  all[3].frame_ms = 20;
  all[3].mel_count = 32;
  all[4].stride_ms = 5;  // more overlap than stride
  all[4].low_hz = 300;
  all[4].high_hz = 6'000;
  for (const AudioOptions& options : all) {
    const Clip clip =
        ChirpClip(static_cast<size_t>(options.sample_rate_hz), options.sample_rate_hz, 5'000);
    EXPECT_LT(WorstError(options, clip, 20), 0.0625 + 0.07) << CanonicalText(options);
  }
}

TEST(LogMel, PeakRemovesLoudness) {
  const Pipeline pipeline = Pipeline::Make(With(N::kPeak)).value();
  const auto loud = pipeline.Extract(AsBytes(ChirpClip(16'000, 16e3, 8'000))).value();
  const auto soft = pipeline.Extract(AsBytes(ChirpClip(16'000, 16e3, 1'000))).value();
  int worst = 0;
  for (size_t i = 0; i < loud.size(); ++i) worst = std::max(worst, std::abs(loud[i] - soft[i]));
  EXPECT_LE(worst,
            4);  // half of a factor of two in energy: faint bands lose to the rounding of samples
  EXPECT_EQ(*std::max_element(loud.begin(), loud.end()), -128 + 112);  // 42 dB
}

TEST(LogMel, PeakLeavesSilenceSilent) {
  const Pipeline pipeline = Pipeline::Make(With(N::kPeak)).value();
  const auto silence = pipeline.Extract(AsBytes(Clip(16'000))).value();
  EXPECT_THAT(silence, ::testing::Each(-128 + 32));  // 10 - 14 powers of two
  const auto faint = pipeline.Extract(AsBytes(NoiseClip(16'000, 2, 5))).value();
  EXPECT_THAT(faint, ::testing::Each(::testing::Lt(-128 + 50)));
}

// What the firmware does with a stream: state carried on, the scratch lost between calls and shared
// with the features.
class Stream {
 public:
  explicit Stream(const Pipeline& pipeline)
      : config_(pipeline.audio_config()),
        overlap_(dsp::OverlapSamples(config_)),
        history_(dsp::HistoryBytes(config_), 99),
        arena_(std::max(dsp::ScratchBytes(config_), dsp::FeatureBytes(config_)) / 4 + 1) {
    dsp::ResetAudio(config_, State());
  }

  // The window that chunk completes, or nothing.
  std::vector<int8_t> Push(const int16_t* chunk) {
    std::fill(arena_.begin(), arena_.end(), 0x5A5A5A5A);
    auto* features = reinterpret_cast<int8_t*>(arena_.data());
    if (!dsp::PushAudio(config_, State(), chunk, arena_.data(), features)) return {};
    return {features, features + dsp::FeatureBytes(config_)};
  }

 private:
  dsp::AudioState State() { return {&counters_, overlap_.data(), history_.data()}; }

  dsp::AudioConfig config_;
  dsp::AudioCounters counters_{};
  std::vector<int16_t> overlap_;
  std::vector<int8_t> history_;
  std::vector<int32_t> arena_;
};

TEST(Stream, WindowsEqualExtractedClips) {
  for (const int coefficients : {0, 10}) {
    const Pipeline pipeline = Pipeline::Make(With(N::kPeak, coefficients)).value();
    const Clip clip = ChirpClip(16'000, 16e3, 4'000);
    Stream stream(pipeline);
    for (size_t i = 0; i + 1 < 50; ++i) EXPECT_TRUE(stream.Push(clip.data() + 320 * i).empty());
    EXPECT_EQ(stream.Push(clip.data() + 320 * 49), pipeline.Extract(AsBytes(clip)).value());
  }
}

// Later windows know the past before their first row; all other rows are those of the clip alone.
TEST(Stream, LaterWindowsComeEveryStepAndEqualTheirClips) {
  AudioOptions options = With(N::kNone);
  options.step_ms = 310;  // 15 rows
  const Pipeline pipeline = Pipeline::Make(options).value();
  const Clip recording = NoiseClip(64'000, 2'000, 21);
  Stream stream(pipeline);
  int windows = 0;
  for (size_t row = 0; row < recording.size() / 320; ++row) {
    const auto window = stream.Push(recording.data() + 320 * row);
    ASSERT_EQ(!window.empty(), row >= 49 && (row - 49) % 15 == 0) << row;
    if (window.empty()) continue;
    ++windows;
    const size_t begin = 320 * (row - 49);
    const Clip clip(recording.begin() + static_cast<std::ptrdiff_t>(begin),
                    recording.begin() + static_cast<std::ptrdiff_t>(begin + 16'000));
    const auto alone = pipeline.Extract(AsBytes(clip)).value();
    EXPECT_TRUE(std::equal(window.begin() + 40, window.end(), alone.begin() + 40)) << row;
  }
  EXPECT_EQ(windows, 11);
}

// Fails when features change: then raise kArithmeticVersion in pipeline.cc and write down the new
// numbers.
TEST(Pipeline, FeaturesOfVersion1AreFrozen) {
  const auto fingerprint = [](const Options& options, ByteView raw) {
    const auto features = Pipeline::Make(options).value().Extract(raw).value();
    return Fnv1a32({reinterpret_cast<const uint8_t*>(features.data()), features.size()});
  };
  // Samples from whole numbers alone, so that the clip is the same everywhere as well.
  Random random(77);
  Clip clip(16'000);
  for (size_t i = 0; i < clip.size(); ++i) {
    clip[i] =
        static_cast<int16_t>(static_cast<int32_t>(random.Below(static_cast<uint32_t>(i + 1))) -
                             static_cast<int32_t>(i / 2));
  }
  EXPECT_THAT(CanonicalText(AudioOptions{}), ::testing::HasSubstr("audio v1 "));
  EXPECT_EQ(fingerprint(With(N::kNone), AsBytes(clip)), 300456938U);
  EXPECT_EQ(fingerprint(With(N::kPeak), AsBytes(clip)), 951615316U);
  EXPECT_EQ(fingerprint(With(N::kBand, 13), AsBytes(clip)), 3643943000U);
  const ByteView pixels = AsBytes(clip).first(28 * 28);
  EXPECT_EQ(fingerprint(ImageOptions{}, pixels), 642761077U);
  EXPECT_EQ(fingerprint(ImageOptions{.normalize = dsp::ImageNormalize::kContrast}, pixels),
            2415369425U);
}

TEST(Pipeline, ShapeAndQuantisation) {
  const Pipeline bands = Pipeline::Make(AudioOptions{}).value();
  EXPECT_EQ(bands.shape(), (FeatureShape{50, 40, 1}));
  EXPECT_EQ(bands.quantization(), (FeatureQuantization{0.125F, -128}));
  EXPECT_EQ(bands.raw_bytes(), 32'000U);
  const Pipeline cepstra = Pipeline::Make(With(N::kBand, 13)).value();
  EXPECT_EQ(cepstra.shape(), (FeatureShape{50, 13, 1}));
  EXPECT_EQ(cepstra.quantization(), (FeatureQuantization{0.25F, 0}));
  const Pipeline image =
      Pipeline::Make(ImageOptions{.width = 20, .height = 10, .channels = 3}).value();
  EXPECT_EQ(image.shape(), (FeatureShape{10, 20, 3}));
  EXPECT_EQ(image.quantization(), (FeatureQuantization{1.0F / 255.0F, -128}));
  EXPECT_EQ(image.raw_bytes(), 600U);
}

TEST(Pipeline, RawOfTheWrongLengthIsRejected) {
  const Pipeline pipeline = Pipeline::Make(AudioOptions{}).value();
  const auto result = pipeline.Extract(Bytes(31'999));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kInvalid);
  EXPECT_EQ(result.error().message, "raw window: 31999 bytes, the pipeline takes exactly 32000");
}

TEST(Pipeline, RawMayHaveAnyAlignment) {
  const Pipeline pipeline = Pipeline::Make(AudioOptions{}).value();
  const Clip clip = NoiseClip(16'000, 500, 3);
  const ByteView raw = AsBytes(clip);
  Bytes shifted(1);
  shifted.insert(shifted.end(), raw.begin(), raw.end());
  EXPECT_EQ(pipeline.Extract(raw).value(), pipeline.Extract(ByteView(shifted).subspan(1)).value());
}

template <typename F>
std::string ErrorOf(F change) {
  AudioOptions options;
  change(options);
  const auto made = Pipeline::Make(options);
  return made ? "" : made.error().message;
}

TEST(Pipeline, WrongOptionsAreNamedWithTheirLimit) {
  using O = AudioOptions;
  EXPECT_EQ(ErrorOf([](O& o) { o.sample_rate_hz = 96'000; }),
            "sample_rate_hz = 96000: must be 4000 to 48000");
  EXPECT_EQ(ErrorOf([](O& o) { o.clip_ms = 1'010; }),
            "clip_ms = 1010: must be a multiple of stride_ms = 20");
  EXPECT_EQ(ErrorOf([](O& o) { o.frame_ms = 10; }), "frame_ms = 10: must be 20 to 1000");
  EXPECT_EQ(ErrorOf([](O& o) { o.frame_ms = 100; }),
            "frame_ms = 100: 1600 samples at 16000 Hz, must be 32 to 1024");
  EXPECT_EQ(ErrorOf([](O& o) { o.sample_rate_hz = 11'025; }),
            "frame_ms = 32: not a whole number of samples at 11025 Hz");
  EXPECT_EQ(ErrorOf([](O& o) { o.high_hz = 9'000; }), "high_hz = 9000: must be 100 to 8000");
  EXPECT_EQ(ErrorOf([](O& o) { o.low_hz = 7'600; }), "low_hz = 7600: must be 0 to 7599");
  EXPECT_EQ(ErrorOf([](O& o) { o.coefficients = 21; }), "coefficients = 21: must be 0 to 20");
  EXPECT_EQ(ErrorOf([](O& o) { o.high_hz = 1'000, o.mel_count = 80; }),
            "mel_count = 80: band 2 is narrower than the 31.2 Hz between bins; use fewer bands, a "
            "longer frame_ms or a wider range");
  EXPECT_EQ(Pipeline::Make(ImageOptions{.channels = 4}).error().message,
            "channels = 4: must be 1 (grey) or 3 (RGB)");
  EXPECT_EQ(AudioNormalizeFromName("loud").error().message,
            "normalize = \"loud\": must be one of none, peak, band");
}

TEST(Pipeline, CanonicalTextTellsFeaturesApartAndNothingElse) {
  AudioOptions options;
  const std::string text = CanonicalText(options);
  options.step_ms = 900;
  options.high_hz = 7'600;  // what 0 stands for at 16 kHz
  EXPECT_EQ(CanonicalText(options), text);
  options.range_db = 40;
  EXPECT_NE(CanonicalText(options), text);
  EXPECT_NE(CanonicalText(ImageOptions{}), CanonicalText(ImageOptions{.width = 29}));
}

}  // namespace
}  // namespace kinglet::signal
