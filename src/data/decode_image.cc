#include <png.h>
#include <turbojpeg.h>

#include <algorithm>
#include <memory>

#include "src/data/decode.h"

namespace kinglet::data {
namespace {

Status CheckSize(uint64_t width, uint64_t height) {
  if (width < 1 || height < 1 || width > kImageSideMax || height > kImageSideMax ||
      width * height > kPixelsMax) {
    return Fail(Code::kInvalid, "{} x {} pixels, at most {} on a side and {} in all", width, height,
                kImageSideMax, kPixelsMax);
  }
  return {};
}

size_t ByteCount(const Image& image) {
  return static_cast<size_t>(image.width) * static_cast<size_t>(image.height) *
         static_cast<size_t>(image.channels);
}

Result<Image> DecodePng(ByteView bytes) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  const std::unique_ptr<png_image, void (*)(png_image*)> guard(&png, png_image_free);
  if (png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()) == 0) {
    return Fail(Code::kInvalid, "is no PNG file that can be read: {}", png.message);
  }
  KINGLET_CHECK(CheckSize(png.width, png.height));
  const bool grey = (png.format & PNG_FORMAT_FLAG_COLOR) == 0;
  png.format = grey ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  Image image;
  image.width = static_cast<int>(png.width);
  image.height = static_cast<int>(png.height);
  image.channels = grey ? 1 : 3;
  image.pixels.resize(ByteCount(image));
  const png_color black{0, 0, 0};
  if (png_image_finish_read(&png, &black, image.pixels.data(), 0, nullptr) == 0) {
    return Fail(Code::kInvalid, "damaged or truncated PNG file: {}", png.message);
  }
  return image;
}

Result<Image> DecodeJpeg(ByteView bytes) {
  const std::unique_ptr<void, int (*)(void*)> jpeg(tjInitDecompress(), tjDestroy);
  if (!jpeg) return Fail(Code::kInternal, "the JPEG decoder does not start");
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colours = 0;
  const auto size = static_cast<unsigned long>(bytes.size());  // NOLINT: turbojpeg's type
  if (tjDecompressHeader3(jpeg.get(), bytes.data(), size, &width, &height, &subsampling,
                          &colours) != 0 ||
      width < 0 || height < 0) {
    return Fail(Code::kInvalid, "is no JPEG file that can be read: {}", tjGetErrorStr2(jpeg.get()));
  }
  KINGLET_CHECK(CheckSize(static_cast<uint64_t>(width), static_cast<uint64_t>(height)));
  if (colours == TJCS_CMYK || colours == TJCS_YCCK) {
    return Fail(Code::kUnsupported, "JPEG file in CMYK; save it as RGB");
  }
  const bool grey = colours == TJCS_GRAY;
  Image image;
  image.width = width;
  image.height = height;
  image.channels = grey ? 1 : 3;
  image.pixels.resize(ByteCount(image));
  // A warning here is a file that was cut or damaged: what the decoder fills in is not data.
  const int status =
      tjDecompress2(jpeg.get(), bytes.data(), size, image.pixels.data(), width, 0, height,
                    grey ? TJPF_GRAY : TJPF_RGB, TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING);
  if (status != 0) {
    return Fail(Code::kInvalid, "damaged or truncated JPEG file: {}", tjGetErrorStr2(jpeg.get()));
  }
  return image;
}

Result<Image> TakeRaw(const Recording& recording, ByteView bytes) {
  if (recording.channels != 1 && recording.channels != 3) {
    return Fail(Code::kInvalid, "{} channels; pictures have 1 or 3", recording.channels);
  }
  KINGLET_CHECK(CheckSize(static_cast<uint64_t>(std::max(recording.width, 0)),
                          static_cast<uint64_t>(std::max(recording.height, 0))));
  Image image;
  image.width = recording.width;
  image.height = recording.height;
  image.channels = recording.channels;
  if (bytes.size() != ByteCount(image)) {
    return Fail(Code::kInvalid, "{} bytes, {} x {} x {} pixels are {}", bytes.size(), image.width,
                image.height, image.channels, ByteCount(image));
  }
  image.pixels.assign(bytes.begin(), bytes.end());
  return image;
}

Image ToChannels(const Image& image, int channels) {
  Image out{image.width, image.height, channels, {}};
  out.pixels.reserve(ByteCount(out));
  for (size_t i = 0; i < image.pixels.size(); i += static_cast<size_t>(image.channels)) {
    const uint8_t* p = &image.pixels[i];
    if (channels == 3) {
      out.pixels.insert(out.pixels.end(), 3, p[0]);
    } else {
      out.pixels.push_back(static_cast<uint8_t>((77 * p[0] + 150 * p[1] + 29 * p[2] + 128) >> 8));
    }
  }
  return out;
}

// What one pixel of the result is made of along one axis: sum of weight x source pixel, over the
// axis's total.
struct Tap {
  int source;
  uint32_t weight;
};
struct Axis {
  std::vector<std::vector<Tap>> taps;  // per pixel of the result
  uint32_t total = 1;                  // the weights of one pixel sum to this
};

Axis MakeAxis(int from, int to) {
  Axis axis;
  axis.taps.resize(static_cast<size_t>(to));
  for (int x = 0; x < to; ++x) {
    std::vector<Tap>& taps = axis.taps[static_cast<size_t>(x)];
    if (to <= from) {
      // In units of 1/to of a source pixel this one covers [x * from, (x + 1) * from).
      const int64_t begin = int64_t{x} * from;
      const int64_t end = begin + from;
      for (int64_t s = begin / to; s * to < end; ++s) {
        const int64_t covered = std::min(end, (s + 1) * to) - std::max(begin, s * to);
        taps.push_back({static_cast<int>(s), static_cast<uint32_t>(covered)});
      }
      axis.total = static_cast<uint32_t>(from);
    } else {
      // Its centre, in units of 1/(2 to) of a source pixel, counted from the centre of source pixel
      // 0.
      const int64_t unit = 2 * int64_t{to};
      const int64_t centre =
          std::clamp<int64_t>((2 * int64_t{x} + 1) * from - to, 0, (int64_t{from} - 1) * unit);
      const auto left = static_cast<int>(centre / unit);
      const auto part = static_cast<uint32_t>(centre % unit);
      taps.push_back({left, static_cast<uint32_t>(unit) - part});
      if (part > 0) taps.push_back({left + 1, part});
      axis.total = static_cast<uint32_t>(unit);
    }
  }
  return axis;
}

}  // namespace

Result<Image> DecodePicture(const Recording& recording, ByteView bytes) {
  switch (recording.format) {
    case Format::kPng:
      return DecodePng(bytes);
    case Format::kJpeg:
      return DecodeJpeg(bytes);
    case Format::kRaw:
      return TakeRaw(recording, bytes);
    case Format::kWav:
      break;
  }
  return Fail(Code::kInvalid, "is sound, not a picture");
}

Image ResizeImage(const Image& image, int width, int height, int channels) {
  KINGLET_ASSERT(width > 0 && height > 0 && (channels == 1 || channels == 3));
  KINGLET_ASSERT(image.pixels.size() == ByteCount(image) && !image.pixels.empty());
  if (image.channels != channels) {
    return ResizeImage(ToChannels(image, channels), width, height, channels);
  }
  if (image.width == width && image.height == height) return image;

  const Axis across = MakeAxis(image.width, width);
  const Axis down = MakeAxis(image.height, height);
  const auto c = static_cast<size_t>(channels);
  const auto row_in = static_cast<size_t>(image.width) * c;
  const auto row_out = static_cast<size_t>(width) * c;
  // Rows first, kept as exact sums; then columns, with the only rounding at the end.
  std::vector<uint32_t> rows(static_cast<size_t>(image.height) * row_out);
  for (size_t y = 0; y < static_cast<size_t>(image.height); ++y) {
    for (size_t x = 0; x < row_out; ++x) {
      for (const Tap& tap : across.taps[x / c]) {
        rows[y * row_out + x] +=
            tap.weight * image.pixels[y * row_in + static_cast<size_t>(tap.source) * c + x % c];
      }
    }
  }
  Image out{width, height, channels, Bytes(static_cast<size_t>(height) * row_out)};
  const uint64_t total = uint64_t{across.total} * down.total;
  for (size_t y = 0; y < static_cast<size_t>(height); ++y) {
    for (size_t x = 0; x < row_out; ++x) {
      uint64_t sum = total / 2;
      for (const Tap& tap : down.taps[y]) {
        sum += uint64_t{tap.weight} * rows[static_cast<size_t>(tap.source) * row_out + x];
      }
      out.pixels[y * row_out + x] = static_cast<uint8_t>(sum / total);
    }
  }
  return out;
}

Result<Bytes> DecodeImage(const Recording& recording, ByteView bytes, int width, int height,
                          int channels) {
  KINGLET_TRY(const Image image, DecodePicture(recording, bytes));
  return std::move(ResizeImage(image, width, height, channels).pixels);
}

}  // namespace kinglet::data
