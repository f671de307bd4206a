// Files for the tests of this folder, made in code.
#pragma once

#include <png.h>
#include <sndfile.h>
#include <turbojpeg.h>

#include <string>
#include <vector>

#include "src/base/bytes.h"
#include "src/base/files.h"
#include "src/base/random.h"

namespace kinglet::data {

// Noise of a seed, loud but not clipped.
inline std::vector<int16_t> Noise(size_t count, uint64_t seed) {
  Random random(seed);
  std::vector<int16_t> samples(count);
  for (int16_t& sample : samples) sample = static_cast<int16_t>(random.Below(20000)) - 10000;
  return samples;
}

struct WavOptions {
  int sample_rate_hz = 16000;
  int channels = 1;
  int subtype = SF_FORMAT_PCM_16;
};

// Interleaved samples of 1.0 = full scale (for PCM, libsndfile rounds) as the bytes of a WAV file.
inline Bytes MakeWav(const std::vector<double>& samples, const WavOptions& options = {}) {
  const TemporaryFolder folder = TemporaryFolder::Make("kinglet-wav-").value();
  const std::string path = folder.path() + "/f.wav";
  SF_INFO info{};
  info.samplerate = options.sample_rate_hz;
  info.channels = options.channels;
  info.format = SF_FORMAT_WAV | options.subtype;
  SNDFILE* file = sf_open(path.c_str(), SFM_WRITE, &info);
  KINGLET_ASSERT(file != nullptr);
  sf_write_double(file, samples.data(), static_cast<sf_count_t>(samples.size()));
  sf_close(file);
  return ReadFile(path).value();
}

inline Bytes MakeWav(const std::vector<int16_t>& samples, const WavOptions& options = {}) {
  const TemporaryFolder folder = TemporaryFolder::Make("kinglet-wav-").value();
  const std::string path = folder.path() + "/f.wav";
  SF_INFO info{};
  info.samplerate = options.sample_rate_hz;
  info.channels = options.channels;
  info.format = SF_FORMAT_WAV | options.subtype;
  SNDFILE* file = sf_open(path.c_str(), SFM_WRITE, &info);
  KINGLET_ASSERT(file != nullptr);
  sf_write_short(file, samples.data(), static_cast<sf_count_t>(samples.size()));
  sf_close(file);
  return ReadFile(path).value();
}

inline Bytes MakePng(const Bytes& pixels, int width, int height, int channels) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(width);
  png.height = static_cast<png_uint_32>(height);
  png.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = 0;
  png_image_write_to_memory(&png, nullptr, &size, 0, pixels.data(), 0, nullptr);
  Bytes bytes(size);
  png_image_write_to_memory(&png, bytes.data(), &size, 0, pixels.data(), 0, nullptr);
  bytes.resize(size);
  return bytes;
}

inline Bytes MakeJpeg(const Bytes& pixels, int width, int height, int channels) {
  tjhandle jpeg = tjInitCompress();
  unsigned char* out = nullptr;
  unsigned long size = 0;  // NOLINT: turbojpeg's type
  tjCompress2(jpeg, pixels.data(), width, 0, height, channels == 1 ? TJPF_GRAY : TJPF_RGB, &out,
              &size, channels == 1 ? TJSAMP_GRAY : TJSAMP_444, 95, TJFLAG_ACCURATEDCT);
  Bytes bytes(out, out + size);
  tjFree(out);
  tjDestroy(jpeg);
  return bytes;
}

// An IDX file: sizes big-endian, then the bytes.
inline Bytes MakeIdx(const std::vector<uint32_t>& sizes, const Bytes& values) {
  Bytes bytes = {0, 0, 8, static_cast<uint8_t>(sizes.size())};
  for (const uint32_t size : sizes) {
    for (int shift = 24; shift >= 0; shift -= 8)
      bytes.push_back(static_cast<uint8_t>(size >> shift));
  }
  bytes.insert(bytes.end(), values.begin(), values.end());
  return bytes;
}

}  // namespace kinglet::data
