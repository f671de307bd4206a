// One labelled recording: a clip of sound or a picture. Its bytes lie in the store under `content`,
// exactly as they were imported; decode.h turns them into samples and pixels.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/base/hash.h"
#include "src/base/result.h"

namespace kinglet::data {

enum class Kind : uint8_t { kAudio, kImage };
enum class Format : uint8_t {
  kWav,
  kPng,
  kJpeg,
  kRaw
};  // kRaw: uint8 rows of pixels, height x width x channels
enum class Split : uint8_t { kTrain, kValidation, kTest };
inline constexpr Split kSplits[] = {Split::kTrain, Split::kValidation, Split::kTest};

std::string_view FormatName(Format format);                 // "wav", "png", "jpeg", "raw"
std::string_view SplitName(Split split);                    // "train", "validation", "test"
std::optional<Split> SplitFromName(std::string_view name);  // also "training", "val", "testing"

struct Recording {
  std::string name;  // "recordings/yes/ann_1.wav", or "fashion/train-images-idx3-ubyte#00042"
  Digest content = {};
  Format format = Format::kWav;
  std::string label;
  std::string group;  // who or when: speaker, person, session; "" when it is not known
  std::optional<Split> given_split;  // what the files themselves say; see split.h
  Split split = Split::kTrain;       // set when a data set is made

  int sample_rate_hz = 0;     // sound
  uint32_t sample_count = 0;  // per channel
  int width = 0;              // picture
  int height = 0;
  int channels = 0;  // of both

  Kind kind() const { return format == Format::kWav ? Kind::kAudio : Kind::kImage; }
  double seconds() const {
    return sample_rate_hz == 0 ? 0 : static_cast<double>(sample_count) / sample_rate_hz;
  }
  bool operator==(const Recording&) const = default;
};

// "2" before "10", then by bytes: the order of classes everywhere.
bool LabelLess(std::string_view a, std::string_view b);

// One line of text, without its end, and back. Fields are separated by tabs; tab, newline, carriage
// return and backslash are escaped.
std::string FormatRecording(const Recording& recording);
Result<Recording> ParseRecording(std::string_view line);
// The escaping alone.
std::string EscapeField(std::string_view text);
Result<std::string> UnescapeField(std::string_view text);

}  // namespace kinglet::data
