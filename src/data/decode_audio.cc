#include <sndfile.h>
#include <soxr.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "src/data/decode.h"

namespace kinglet::data {
namespace {

// A file in memory, as libsndfile wants to see one.
struct MemoryFile {
  ByteView bytes;
  sf_count_t at = 0;

  static MemoryFile& From(void* user) { return *static_cast<MemoryFile*>(user); }
  sf_count_t size() const { return static_cast<sf_count_t>(bytes.size()); }
};

sf_count_t Seek(sf_count_t offset, int whence, void* user) {
  MemoryFile& file = MemoryFile::From(user);
  const sf_count_t base = whence == SEEK_CUR ? file.at : whence == SEEK_END ? file.size() : 0;
  if (offset < -base || offset > file.size() - base) return -1;
  file.at = base + offset;
  return file.at;
}

sf_count_t Read(void* out, sf_count_t count, void* user) {
  MemoryFile& file = MemoryFile::From(user);
  count = std::clamp<sf_count_t>(count, 0, file.size() - file.at);
  std::copy_n(file.bytes.data() + file.at, count, static_cast<uint8_t*>(out));
  file.at += count;
  return count;
}

// libsndfile reads what is there of a file that was cut and says nothing, so the header's promise
// is checked first. RIFF: "RIFF" size "WAVE", then chunks: name, size, bytes, padded to an even
// length.
Status CheckWhole(ByteView bytes) {
  constexpr size_t kHeaderBytes = 12;
  if (bytes.size() < kHeaderBytes || AsText(bytes.subspan(0, 4)) != "RIFF" ||
      AsText(bytes.subspan(8, 4)) != "WAVE") {
    return Fail(Code::kUnsupported, "is no WAV file (RIFF, WAVE)");
  }
  for (uint64_t at = kHeaderBytes; at + 8 <= bytes.size();) {
    const uint64_t size = LoadLe<uint32_t>(bytes, at + 4);
    const uint64_t left = bytes.size() - at - 8;
    if (AsText(bytes.subspan(at, 4)) == "data") {
      if (size <= left) return {};
      return Fail(Code::kInvalid, "truncated: its header says {} bytes of samples, it has {}", size,
                  left);
    }
    at += 8 + size + size % 2;
  }
  return Fail(Code::kInvalid, "truncated: it ends before its samples begin");
}

int16_t ToInt16(double value) {
  return static_cast<int16_t>(std::clamp(std::floor(value + 0.5), -32768.0, 32767.0));
}

// 24 and 32 bits come from libsndfile as the high bits of an int; rounded to 16.
int16_t ToInt16(int value) {
  return static_cast<int16_t>(std::min((int64_t{value} + 0x8000) >> 16, int64_t{32767}));
}

// Appends the mean of each frame's channels, rounded to the nearest.
void AppendMean(const std::vector<int16_t>& frames, size_t frame_count, int channels,
                std::vector<int16_t>& out) {
  for (size_t i = 0; i < frame_count; ++i) {
    int sum = 0;
    for (int c = 0; c < channels; ++c) {
      sum += frames[i * static_cast<size_t>(channels) + static_cast<size_t>(c)];
    }
    const int twice = 2 * sum + channels;
    const int divisor = 2 * channels;
    // Division that rounds towards minus infinity.
    out.push_back(
        static_cast<int16_t>(twice >= 0 ? twice / divisor : -((-twice + divisor - 1) / divisor)));
  }
}

// Reads up to frames.size() / channels frames as 16 bits; returns how many.
Result<size_t> ReadFrames(SNDFILE* file, const SF_INFO& info, std::vector<int16_t>& frames) {
  const auto wanted = static_cast<sf_count_t>(frames.size()) / info.channels;
  sf_count_t count = 0;
  switch (info.format & SF_FORMAT_SUBMASK) {
    case SF_FORMAT_PCM_24:
    case SF_FORMAT_PCM_32: {
      std::vector<int> wide(frames.size());
      count = sf_readf_int(file, wide.data(), wanted);
      std::transform(wide.begin(), wide.end(), frames.begin(), [](int v) { return ToInt16(v); });
      break;
    }
    case SF_FORMAT_FLOAT:
    case SF_FORMAT_DOUBLE: {
      std::vector<double> wide(frames.size());
      count = sf_readf_double(file, wide.data(), wanted);
      if (std::any_of(wide.begin(), wide.end(), [](double v) { return std::isnan(v); })) {
        return Fail(Code::kInvalid, "a sample is not a number");
      }
      std::transform(wide.begin(), wide.end(), frames.begin(),
                     [](double v) { return ToInt16(v * 32768.0); });
      break;
    }
    default:
      count = sf_readf_short(file, frames.data(), wanted);
  }
  if (count < 0 || sf_error(file) != SF_ERR_NO_ERROR) {
    return Fail(Code::kInvalid, "is damaged: {}", sf_strerror(file));
  }
  return static_cast<size_t>(count);
}

Status CheckLimits(const SF_INFO& info) {
  if ((info.format & SF_FORMAT_TYPEMASK) != SF_FORMAT_WAV &&
      (info.format & SF_FORMAT_TYPEMASK) != SF_FORMAT_WAVEX) {
    return Fail(Code::kUnsupported, "is no WAV file");
  }
  if (info.channels < 1 || info.channels > kChannelsMax) {
    return Fail(Code::kInvalid, "{} channels, at most {}", info.channels, kChannelsMax);
  }
  if (info.samplerate < 1 || info.samplerate > kSampleRateMaxHz) {
    return Fail(Code::kInvalid, "sampling rate {} Hz, at most {}", info.samplerate,
                kSampleRateMaxHz);
  }
  if (info.frames < 1) return Fail(Code::kInvalid, "has no samples");
  if (info.frames > kSamplesMax / info.channels) {
    return Fail(Code::kInvalid, "{} x {} samples, at most {} in all; cut it into clips",
                info.frames, info.channels, kSamplesMax);
  }
  return {};
}

}  // namespace

Result<Audio> DecodeWav(ByteView bytes) {
  KINGLET_CHECK(CheckWhole(bytes));
  MemoryFile memory{bytes};
  SF_VIRTUAL_IO io{};
  io.get_filelen = [](void* user) { return MemoryFile::From(user).size(); };
  io.seek = Seek;
  io.read = Read;
  io.tell = [](void* user) { return MemoryFile::From(user).at; };
  io.write = [](const void*, sf_count_t, void*) { return sf_count_t{0}; };
  SF_INFO info{};
  const std::unique_ptr<SNDFILE, int (*)(SNDFILE*)> file(
      sf_open_virtual(&io, SFM_READ, &info, &memory), sf_close);
  if (!file)
    return Fail(Code::kInvalid, "is no WAV file that can be read: {}", sf_strerror(nullptr));
  KINGLET_CHECK(CheckLimits(info));

  Audio audio;
  audio.sample_rate_hz = info.samplerate;
  audio.channels = info.channels;
  constexpr size_t kFramesAtOnce = 16384;
  std::vector<int16_t> frames(kFramesAtOnce * static_cast<size_t>(info.channels));
  while (true) {
    KINGLET_TRY(const size_t count, ReadFrames(file.get(), info, frames));
    if (count == 0) break;
    AppendMean(frames, count, info.channels, audio.samples);
    if (audio.samples.size() > static_cast<size_t>(info.frames)) break;
  }
  if (audio.samples.size() != static_cast<size_t>(info.frames)) {
    return Fail(Code::kInvalid, "truncated: its header says {} samples, {} can be read",
                info.frames, audio.samples.size());
  }
  return audio;
}

Result<std::vector<int16_t>> DecodeAudio(ByteView bytes, int target_rate_hz) {
  KINGLET_ASSERT(target_rate_hz > 0 && target_rate_hz <= kSampleRateMaxHz);
  KINGLET_TRY(Audio audio, DecodeWav(bytes));
  if (audio.sample_rate_hz == target_rate_hz) return std::move(audio.samples);
  const double ratio = static_cast<double>(target_rate_hz) / audio.sample_rate_hz;
  const auto length = static_cast<size_t>(
      std::max(1.0, std::floor(static_cast<double>(audio.samples.size()) * ratio + 0.5)));
  if (length > kSamplesMax) {
    return Fail(Code::kInvalid, "{} samples at {} Hz, at most {}", length, target_rate_hz,
                kSamplesMax);
  }
  // float64 in and out: no dither, and libsoxr's double precision core.
  const std::vector<double> in(audio.samples.begin(), audio.samples.end());
  std::vector<double> out(length, 0.0);
  const soxr_io_spec_t io = soxr_io_spec(SOXR_FLOAT64_I, SOXR_FLOAT64_I);
  const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_VHQ, 0);
  const soxr_runtime_spec_t runtime = soxr_runtime_spec(1);
  size_t done = 0;
  const soxr_error_t error =
      soxr_oneshot(audio.sample_rate_hz, target_rate_hz, 1, in.data(), in.size(), nullptr,
                   out.data(), out.size(), &done, &io, &quality, &runtime);
  if (error != nullptr) return Fail(Code::kInternal, "changing the sampling rate: {}", error);
  std::vector<int16_t> samples(length);
  std::transform(out.begin(), out.end(), samples.begin(), [](double v) { return ToInt16(v); });
  return samples;
}

std::vector<int16_t> FitLength(std::vector<int16_t> samples, size_t length, Fit fit) {
  if (samples.size() <= length) {
    const size_t before = (length - samples.size()) / 2;
    samples.insert(samples.begin(), before, 0);
    samples.resize(length, 0);
    return samples;
  }
  size_t begin = (samples.size() - length) / 2;
  if (fit == Fit::kLoudest) {
    const auto energy = [&](size_t i) { return int64_t{samples[i]} * samples[i]; };
    int64_t sum = 0;
    for (size_t i = 0; i < length; ++i) sum += energy(i);
    int64_t best = sum;
    begin = 0;
    for (size_t i = length; i < samples.size(); ++i) {
      sum += energy(i) - energy(i - length);
      if (sum > best) {
        best = sum;
        begin = i - length + 1;
      }
    }
  }
  const auto first = samples.begin() + static_cast<ptrdiff_t>(begin);
  return {first, first + static_cast<ptrdiff_t>(length)};
}

}  // namespace kinglet::data
