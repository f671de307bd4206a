#include "src/data/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "src/data/test_files.h"

namespace kinglet::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr double kPi = 3.14159265358979323846;

TEST(DecodeWav, SixteenBitsComeBackExactly) {
  const std::vector<int16_t> samples = Noise(50000, 1);
  const Audio audio = DecodeWav(MakeWav(samples)).value();
  EXPECT_EQ(audio.samples, samples);
  EXPECT_EQ(audio.sample_rate_hz, 16000);
  EXPECT_EQ(audio.channels, 1);
}

TEST(DecodeWav, EveryWidthGivesTheNearestSixteenBits) {
  const std::vector<int16_t> samples = Noise(1000, 2);
  for (const int subtype : {SF_FORMAT_PCM_24, SF_FORMAT_PCM_32}) {
    EXPECT_EQ(DecodeWav(MakeWav(samples, {.subtype = subtype})).value().samples, samples);
  }
  std::vector<double> real;
  real.reserve(samples.size());
  for (const int16_t sample : samples) real.push_back((sample + 0.3) / 32768.0);
  for (const int subtype : {SF_FORMAT_FLOAT, SF_FORMAT_DOUBLE, SF_FORMAT_PCM_24}) {
    EXPECT_EQ(DecodeWav(MakeWav(real, {.subtype = subtype})).value().samples, samples) << subtype;
  }
}

TEST(DecodeWav, FloatBeyondFullScaleIsLimited) {
  const Bytes wav =
      MakeWav(std::vector<double>{1.5, -1.5, 1.0, -1.0, 0.5}, {.subtype = SF_FORMAT_FLOAT});
  EXPECT_THAT(DecodeWav(wav).value().samples, ElementsAre(32767, -32768, 32767, -32768, 16384));
}

TEST(DecodeWav, AFloatThatIsNoNumberIsAnError) {
  const Bytes wav =
      MakeWav(std::vector<double>{0.1, std::nan(""), 0.2}, {.subtype = SF_FORMAT_FLOAT});
  EXPECT_THAT(DecodeWav(wav).error().message, HasSubstr("not a number"));
}

TEST(DecodeWav, ChannelsAreAveragedAndRounded) {
  const std::vector<int16_t> frames = {100, 200, 1, 2, -1, -2, -100, -101, 32767, 32767};
  const Audio audio = DecodeWav(MakeWav(frames, {.channels = 2})).value();
  EXPECT_THAT(audio.samples, ElementsAre(150, 2, -1, -100, 32767));
  EXPECT_EQ(audio.channels, 2);
}

TEST(DecodeWav, EveryCutIsNoticed) {
  const Bytes wav = MakeWav(Noise(300, 3));
  for (size_t length = 0; length < wav.size(); ++length) {
    const auto audio = DecodeWav(ByteView(wav).subspan(0, length));
    ASSERT_FALSE(audio.has_value()) << length;
    if (length >= 44) {
      ASSERT_THAT(audio.error().message, HasSubstr("truncated: its header says 600 bytes"));
    }
  }
}

TEST(DecodeWav, ChangedBytesNeverDoHarm) {
  const Bytes good = MakeWav(Noise(300, 3));
  Random random(4);
  int failures = 0;
  for (int i = 0; i < 3000; ++i) {
    Bytes wav = good;
    for (uint32_t n = 1 + random.Below(4); n > 0; --n) {
      wav[random.Below(60)] = static_cast<uint8_t>(random.Next());
    }
    if (!DecodeWav(wav)) ++failures;
  }
  EXPECT_GT(failures, 1000);
}

TEST(DecodeWav, SaysWhatAnythingElseIsNot) {
  EXPECT_EQ(DecodeWav(AsBytes("{\"json\": true, \"x\": 1}")).error().code, Code::kUnsupported);
  EXPECT_THAT(DecodeWav(MakeWav(std::vector<int16_t>{})).error().message, HasSubstr("no samples"));
}

// A sine of 440 Hz, half of full scale.
std::vector<int16_t> Sine(int rate_hz, size_t count) {
  std::vector<int16_t> samples(count);
  for (size_t i = 0; i < count; ++i) {
    samples[i] = static_cast<int16_t>(
        std::lround(16384 * std::sin(2 * kPi * 440 * static_cast<double>(i) / rate_hz)));
  }
  return samples;
}

TEST(DecodeAudio, ResamplingKeepsASineAndItsLength) {
  for (const int rate_hz : {8000, 22050, 44100, 48000}) {
    const Bytes wav =
        MakeWav(Sine(rate_hz, static_cast<size_t>(rate_hz)), {.sample_rate_hz = rate_hz});
    const std::vector<int16_t> got = DecodeAudio(wav, 16000).value();
    const std::vector<int16_t> wanted = Sine(16000, 16000);
    ASSERT_EQ(got.size(), wanted.size());
    // Away from the ends, where the filter sees the silence around the clip.
    for (size_t i = 1000; i < 15000; ++i) ASSERT_NEAR(got[i], wanted[i], 2) << rate_hz << " " << i;
    EXPECT_EQ(DecodeAudio(wav, 16000).value(), got);
  }
}

TEST(FitLength, PadsOnBothSides) {
  EXPECT_THAT(FitLength({1, 2, 3}, 6, Fit::kCentre), ElementsAre(0, 1, 2, 3, 0, 0));
  EXPECT_THAT(FitLength({1, 2, 3}, 6, Fit::kLoudest), ElementsAre(0, 1, 2, 3, 0, 0));
  EXPECT_THAT(FitLength({}, 2, Fit::kCentre), ElementsAre(0, 0));
}

TEST(FitLength, CutsTheMiddleOrTheLoudestPart) {
  EXPECT_THAT(FitLength({1, 2, 3, 4, 5}, 3, Fit::kCentre), ElementsAre(2, 3, 4));
  EXPECT_THAT(FitLength({0, 0, 1, -9, 1}, 2, Fit::kLoudest), ElementsAre(1, -9));
  EXPECT_THAT(FitLength({0, 0, 0, 0, -32768}, 2, Fit::kLoudest), ElementsAre(0, -32768));
  EXPECT_THAT(FitLength({5, 5, 5, 5}, 2, Fit::kLoudest), ElementsAre(5, 5));
}

Recording Picture(Format format, int width = 0, int height = 0, int channels = 0) {
  Recording recording;
  recording.format = format;
  recording.width = width;
  recording.height = height;
  recording.channels = channels;
  return recording;
}

Bytes RandomPixels(size_t count, uint64_t seed) {
  Random random(seed);
  Bytes pixels(count);
  for (uint8_t& pixel : pixels) pixel = static_cast<uint8_t>(random.Next());
  return pixels;
}

TEST(DecodePicture, PngComesBackExactly) {
  for (const int channels : {1, 3}) {
    const Bytes pixels = RandomPixels(size_t{17} * 9 * static_cast<size_t>(channels), 5);
    const Image image =
        DecodePicture(Picture(Format::kPng), MakePng(pixels, 17, 9, channels)).value();
    EXPECT_EQ(image.pixels, pixels);
    EXPECT_EQ(image.width, 17);
    EXPECT_EQ(image.height, 9);
    EXPECT_EQ(image.channels, channels);
  }
}

TEST(DecodePicture, JpegComesBackNearly) {
  Bytes pixels;
  for (int i = 0; i < 32 * 24; ++i) pixels.push_back(static_cast<uint8_t>(i % 32 * 8));
  const Image image = DecodePicture(Picture(Format::kJpeg), MakeJpeg(pixels, 32, 24, 1)).value();
  ASSERT_EQ(image.pixels.size(), pixels.size());
  for (size_t i = 0; i < pixels.size(); ++i) EXPECT_NEAR(image.pixels[i], pixels[i], 4);
}

TEST(DecodePicture, CutAndChangedFilesAreErrorsOrPictures) {
  const Bytes pixels = RandomPixels(20 * 20 * 3, 6);
  const Bytes files[] = {MakePng(pixels, 20, 20, 3), MakeJpeg(pixels, 20, 20, 3)};
  const Format formats[] = {Format::kPng, Format::kJpeg};
  Random random(7);
  for (int f = 0; f < 2; ++f) {
    // Without its end mark (JPEG) or its last chunk (PNG) the pixels may all be there; anything
    // less is noticed.
    for (size_t length = 0; length + 20 < files[f].size(); ++length) {
      ASSERT_FALSE(DecodePicture(Picture(formats[f]), ByteView(files[f]).subspan(0, length)))
          << f << " " << length;
    }
    for (int i = 0; i < 1000; ++i) {
      Bytes changed = files[f];
      changed[random.Below(static_cast<uint32_t>(changed.size()))] =
          static_cast<uint8_t>(random.Next());
      const auto image = DecodePicture(Picture(formats[f]), changed);
      if (image) {
        ASSERT_EQ(image->pixels.size(),
                  static_cast<size_t>(image->width * image->height * image->channels));
      }
    }
  }
}

TEST(DecodePicture, AHugeSizeIsRefusedBeforeMemoryIsTaken) {
  Bytes png = MakePng(Bytes(16, 0), 4, 4, 1);
  png[16] = 0x7f;  // the width's highest byte; the checksum no longer fits either
  EXPECT_FALSE(DecodePicture(Picture(Format::kPng), png).has_value());
  EXPECT_THAT(DecodePicture(Picture(Format::kRaw, 100000, 100000, 3), Bytes(10)).error().message,
              HasSubstr("at most 16384"));
  EXPECT_THAT(DecodePicture(Picture(Format::kRaw, 4, 4, 1), Bytes(15)).error().message,
              HasSubstr("15 bytes, 4 x 4 x 1 pixels are 16"));
}

TEST(ResizeImage, ShrinkingAveragesTheArea) {
  const Image image{4, 2, 1, {10, 20, 30, 40, 50, 60, 70, 81}};
  EXPECT_THAT(ResizeImage(image, 2, 1, 1).pixels, ElementsAre(35, 55));
  EXPECT_THAT(ResizeImage(image, 1, 1, 1).pixels, ElementsAre(45));
  // 3 from 4: each takes 4/3 of a pixel.
  const Image row{4, 1, 1, {0, 90, 180, 240}};
  EXPECT_THAT(ResizeImage(row, 3, 1, 1).pixels, ElementsAre(23, 135, 225));
}

TEST(ResizeImage, GrowingIsLinearBetweenCentres) {
  const Image row{2, 1, 1, {0, 100}};
  EXPECT_THAT(ResizeImage(row, 4, 1, 1).pixels, ElementsAre(0, 25, 75, 100));
  const Image one{1, 1, 3, {7, 8, 9}};
  EXPECT_THAT(ResizeImage(one, 2, 1, 3).pixels, ElementsAre(7, 8, 9, 7, 8, 9));
}

TEST(ResizeImage, AFlatPictureStaysFlatAtEverySize) {
  const Image flat{13, 7, 3, Bytes(13 * 7 * 3, 201)};
  for (int size = 1; size < 40; ++size) {
    EXPECT_EQ(ResizeImage(flat, size, 40 - size, 3).pixels,
              Bytes(static_cast<size_t>(size * (40 - size) * 3), 201));
  }
}

TEST(ResizeImage, ColourBecomesGreyByTheStandardWeights) {
  const Image colours{3, 1, 3, {255, 0, 0, 0, 255, 0, 0, 0, 255}};
  EXPECT_THAT(ResizeImage(colours, 3, 1, 1).pixels, ElementsAre(77, 149, 29));
  const Image grey{1, 1, 1, {9}};
  EXPECT_THAT(ResizeImage(grey, 1, 1, 3).pixels, ElementsAre(9, 9, 9));
}

TEST(DecodeImage, BringsAPictureToTheModelsSize) {
  const Bytes pixels = RandomPixels(28 * 28, 8);
  const Recording raw = Picture(Format::kRaw, 28, 28, 1);
  EXPECT_EQ(DecodeImage(raw, pixels, 28, 28, 1).value(), pixels);
  EXPECT_EQ(DecodeImage(raw, pixels, 32, 20, 3).value().size(), 32U * 20 * 3);
}

}  // namespace
}  // namespace kinglet::data
