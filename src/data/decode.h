// From a recording's bytes to samples and pixels. The same bytes give the same result every time;
// everything but the change of sampling rate is integer arithmetic. Bytes come from outside and are
// checked; sizes are bounded.
#pragma once

#include <cstdint>
#include <vector>

#include "src/base/bytes.h"
#include "src/base/result.h"
#include "src/data/recording.h"

namespace kinglet::data {

inline constexpr int kChannelsMax = 32;
inline constexpr int kSampleRateMaxHz = 384'000;
inline constexpr uint32_t kSamplesMax = uint32_t{1}
                                        << 27;  // of all channels: 46 minutes of 48 kHz mono
inline constexpr int kImageSideMax = 16'384;
inline constexpr uint64_t kPixelsMax = uint64_t{1} << 26;

struct Audio {
  int sample_rate_hz = 0;
  int channels = 0;              // of the file; the samples are their mean
  std::vector<int16_t> samples;  // mono
};

struct Image {
  int width = 0, height = 0, channels = 1;  // 1: grey, 3: red, green, blue
  Bytes pixels;                             // height x width x channels
};

// A WAV file. kInvalid when it is damaged or shorter than its header says; kUnsupported for other
// kinds of files.
Result<Audio> DecodeWav(ByteView bytes);

// The same at `target_rate_hz` (libsoxr's very high quality when the rates differ; the length is
// rounded).
Result<std::vector<int16_t>> DecodeAudio(ByteView bytes, int target_rate_hz);

enum class Fit : uint8_t { kCentre, kLoudest };
// Exactly `length` samples: zeros on both sides of a shorter clip, and of a longer one the middle
// or the part with most energy (the first of equals).
std::vector<int16_t> FitLength(std::vector<int16_t> samples, size_t length, Fit fit);

// A picture as it is: the bytes of `recording`, whose format and, when raw, size it takes.
// Transparent parts become black.
Result<Image> DecodePicture(const Recording& recording, ByteView bytes);

// Grey or colour as `channels` (1 or 3) says, by the weights of ITU-R BT.601; then each axis by
// exact averages of area when it shrinks and linearly when it grows. The shape is not kept: a
// picture is stretched.
Image ResizeImage(const Image& image, int width, int height, int channels);

// Both steps: width x height x channels bytes.
Result<Bytes> DecodeImage(const Recording& recording, ByteView bytes, int width, int height,
                          int channels);

}  // namespace kinglet::data
