#include "src/pipeline/report/picture.h"

#include <png.h>

#include <algorithm>

#include "src/base/result.h"

namespace kinglet::report {
namespace {

Image Shrunk(const Image& image) {
  const uint32_t side = std::max(image.width, image.height);
  const uint32_t step = (side + kImageSideMax - 1) / kImageSideMax;
  if (step <= 1) return image;
  Image small{
      {}, (image.width + step - 1) / step, (image.height + step - 1) / step, image.channels};
  for (uint32_t y = 0; y < image.height; y += step) {
    for (uint32_t x = 0; x < image.width; x += step) {
      const size_t from = (size_t{y} * image.width + x) * image.channels;
      for (uint32_t c = 0; c < image.channels; ++c) small.pixels.push_back(image.pixels[from + c]);
    }
  }
  return small;
}

Bytes EncodePng(const Image& image) {
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = image.width;
  header.height = image.height;
  header.format = image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  const auto row_bytes = static_cast<png_int_32>(image.width * image.channels);
  // Stored bytes are never longer than the pixels plus zlib's and PNG's framing.
  Bytes png(PNG_IMAGE_PNG_SIZE_MAX(header));
  png_alloc_size_t length = png.size();
  const int written = png_image_write_to_memory(&header, png.data(), &length, 0,
                                                image.pixels.data(), row_bytes, nullptr);
  KINGLET_ASSERT(written != 0 && length <= png.size());
  png.resize(length);
  return png;
}

}  // namespace

std::string Base64(ByteView bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = static_cast<uint32_t>(bytes[i]) << 16;
    if (count > 1) group |= static_cast<uint32_t>(bytes[i + 1]) << 8;
    if (count > 2) group |= bytes[i + 2];
    for (size_t k = 0; k < 4; ++k) {
      out += k <= count ? kDigits[(group >> (18 - 6 * k)) & 63] : '=';
    }
  }
  return out;
}

std::string PngDataUri(const Image& image) {
  KINGLET_ASSERT(image.channels == 1 || image.channels == 3);
  KINGLET_ASSERT(image.width > 0 && image.height > 0);
  KINGLET_ASSERT(image.pixels.size() == size_t{image.width} * image.height * image.channels);
  return "data:image/png;base64," + Base64(EncodePng(Shrunk(image)));
}

}  // namespace kinglet::report
