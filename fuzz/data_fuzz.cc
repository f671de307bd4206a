// Files that people import: sound, pictures, IDX, NumPy's arrays, CSV, and the project's own text
// forms. The first byte of the input picks the parser.
#include "fuzz/fuzz.h"
#include "src/data/csv.h"
#include "src/data/dataset.h"
#include "src/data/decode.h"
#include "src/data/idx.h"
#include "src/data/npy.h"
#include "src/data/pattern.h"
#include "src/data/test_files.h"

namespace kinglet::fuzz {
namespace {

enum Parser : uint8_t {
  kWav,
  kPng,
  kJpeg,
  kIdxImages,
  kIdxLabels,
  kNpy,
  kCsv,
  kManifest,
  kPattern,
  kParsers
};

constexpr uint64_t kGunzipBytesMax = 1 << 20;

void DecodeSound(ByteView bytes) {
  const auto audio = data::DecodeWav(bytes);
  if (!audio.has_value()) return;
  // A WAV file's densest coding has two bits a sample, and channels that are equal count once.
  KINGLET_ASSERT(!audio->samples.empty() && audio->samples.size() <= 8 * bytes.size());
  KINGLET_ASSERT(data::FitLength(audio->samples, 100, data::Fit::kLoudest).size() == 100);
}

void DecodePicture(data::Format format, ByteView bytes) {
  data::Recording recording;
  recording.format = format;
  const auto image = data::DecodePicture(recording, bytes);
  if (!image.has_value()) return;
  KINGLET_ASSERT(image->pixels.size() == static_cast<size_t>(image->width) *
                                             static_cast<size_t>(image->height) *
                                             static_cast<size_t>(image->channels));
  KINGLET_ASSERT(data::ResizeImage(*image, 7, 5, 1).pixels.size() == 35);
}

void ParseIdx(Parser parser, ByteView bytes) {
  const auto plain = data::Gunzip({bytes.begin(), bytes.end()}, kGunzipBytesMax);
  if (!plain.has_value()) return;
  if (parser == kIdxImages) {
    const auto images = data::ParseIdxImages(*plain);
    if (images.has_value() && images->count > 0) {
      KINGLET_ASSERT(images->Image(images->count - 1).size() == images->image_bytes());
    }
  } else {
    const auto labels = data::ParseIdxLabels(*plain);
    if (labels.has_value() && labels->count > 0) (void)labels->Label(labels->count - 1);
  }
}

void ParseNpy(ByteView bytes) {
  const auto array = data::ParseNpy(bytes);
  if (!array.has_value()) return;
  KINGLET_ASSERT(array->values.size() <= bytes.size());
  const auto again = data::ParseNpy(data::FormatNpy(*array));
  KINGLET_ASSERT(again.has_value() && again->shape == array->shape);
}

// What parses must come out the same when it is written and parsed again.
void ParseText(Parser parser, std::string_view text) {
  if (parser == kCsv) {
    const auto table = data::ParseCsv(text, "table.csv");
    if (!table.has_value()) return;
    for (const auto& row : table->rows) KINGLET_ASSERT(row.size() == table->columns.size());
  } else if (parser == kManifest) {
    const auto recordings = data::ParseManifest(text);
    if (!recordings.has_value()) return;
    const std::string written = data::FormatManifest(*recordings);
    KINGLET_ASSERT(data::FormatManifest(data::ParseManifest(written).value()) == written);
  } else {
    const auto pattern = data::PathPattern::Parse(text.substr(0, 40));
    if (pattern.has_value()) (void)pattern->Match("clips/yes/ann_nohash_1.wav");
  }
}

}  // namespace

std::vector<Bytes> Seeds() {
  const Bytes pixels(size_t{12} * 8 * 3, 77);
  data::Recording recording;
  recording.name = "clips/yes/1.wav";
  recording.label = "yes";
  recording.given_split = data::Split::kTest;
  std::vector<Bytes> seeds;
  for (const int subtype :
       {SF_FORMAT_PCM_16, SF_FORMAT_PCM_24, SF_FORMAT_FLOAT, SF_FORMAT_ULAW, SF_FORMAT_IMA_ADPCM}) {
    seeds.push_back(WithPick(kWav, data::MakeWav(data::Noise(300, 1), {.subtype = subtype})));
  }
  seeds.push_back(WithPick(kPng, data::MakePng(pixels, 12, 8, 3)));
  seeds.push_back(WithPick(kPng, data::MakePng(pixels, 12, 8, 1)));
  seeds.push_back(WithPick(kJpeg, data::MakeJpeg(pixels, 12, 8, 3)));
  seeds.push_back(WithPick(kIdxImages, data::MakeIdx({3, 2, 2}, Bytes(12, 5))));
  seeds.push_back(WithPick(kIdxLabels, data::MakeIdx({3}, {1, 2, 3})));
  seeds.push_back(WithPick(kNpy, data::FormatNpy({{2, 1, 3}, {1, 2, 3, 4, 5, 6}})));
  seeds.push_back(WithPick(kNpy, data::FormatNpy({{}, {1}})));
  seeds.push_back(WithPick(kCsv, AsBytes("path,label\n\"a \"\"b\"\".wav\",yes\r\nc.wav,no\n")));
  seeds.push_back(WithPick(kManifest, AsBytes(data::FormatManifest({recording, recording}))));
  seeds.push_back(WithPick(kPattern, AsBytes("{label}/{group}_nohash_{*}.wav")));
  return seeds;
}

}  // namespace kinglet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kinglet;
  if (size == 0) return 0;
  const auto parser = static_cast<fuzz::Parser>(data[0] % fuzz::kParsers);
  const ByteView bytes(data + 1, size - 1);
  switch (parser) {
    case fuzz::kWav:
      fuzz::DecodeSound(bytes);
      break;
    case fuzz::kPng:
      fuzz::DecodePicture(kinglet::data::Format::kPng, bytes);
      break;
    case fuzz::kJpeg:
      fuzz::DecodePicture(kinglet::data::Format::kJpeg, bytes);
      break;
    case fuzz::kIdxImages:
    case fuzz::kIdxLabels:
      fuzz::ParseIdx(parser, bytes);
      break;
    case fuzz::kNpy:
      fuzz::ParseNpy(bytes);
      break;
    default:
      fuzz::ParseText(parser, AsText(bytes));
  }
  return 0;
}
