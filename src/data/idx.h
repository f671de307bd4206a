// IDX files, the format of MNIST and its successors: big-endian sizes, then bytes; plain or
// compressed with gzip (RFC 1952).
#pragma once

#include <cstdint>
#include <string>

#include "src/base/bytes.h"
#include "src/base/result.h"

namespace kinglet::data {

inline constexpr uint64_t kIdxBytesMax = uint64_t{1} << 30;

struct IdxImages {
  uint32_t count = 0;
  int width = 0, height = 0, channels = 1;
  Bytes bytes;  // of the whole file
  size_t offset = 0;

  size_t image_bytes() const {
    return static_cast<size_t>(width) * static_cast<size_t>(height) * static_cast<size_t>(channels);
  }
  ByteView Image(size_t index) const {
    return ByteView(bytes).subspan(offset + index * image_bytes(), image_bytes());
  }
};

struct IdxLabels {
  uint32_t count = 0;
  Bytes bytes;
  size_t offset = 0;
  uint8_t Label(size_t index) const { return bytes[offset + index]; }
};

// Three sizes (count, height, width) or four (and channels, 1 or 3) of unsigned bytes. kInvalid
// when the sizes and the file's length do not agree.
Result<IdxImages> ParseIdxImages(Bytes bytes);
Result<IdxLabels> ParseIdxLabels(Bytes bytes);

// The bytes themselves, or what they decompress to when they begin like a gzip file. kInvalid when
// that is damaged, cut short or more than `bytes_max`.
Result<Bytes> Gunzip(Bytes bytes, uint64_t bytes_max = kIdxBytesMax);

}  // namespace kinglet::data
