#include "src/data/idx.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>

namespace kinglet::data {
namespace {

constexpr uint32_t kSideMax = 4096;

// Big-endian, as the format has it.
uint32_t Load32(ByteView bytes, size_t offset) {
  return (uint32_t{bytes[offset]} << 24) | (uint32_t{bytes[offset + 1]} << 16) |
         (uint32_t{bytes[offset + 2]} << 8) | bytes[offset + 3];
}

// Checks the magic number (two zero bytes, type 8 for unsigned bytes, number of sizes) and reads
// the sizes, unused ones as 1.
Result<std::array<uint32_t, 4>> ParseSizes(ByteView bytes, size_t sizes_min, size_t sizes_max) {
  if (bytes.size() < 4) return Fail(Code::kInvalid, "{} bytes are no IDX file", bytes.size());
  if (bytes[0] != 0 || bytes[1] != 0 || bytes[2] != 8 || bytes[3] < sizes_min ||
      bytes[3] > sizes_max) {
    return Fail(Code::kInvalid,
                "is no IDX file of unsigned bytes with {} to {} sizes (first bytes {:#010x})",
                sizes_min, sizes_max, Load32(bytes, 0));
  }
  const size_t count = bytes[3];
  if (bytes.size() < 4 + 4 * count) return Fail(Code::kInvalid, "is cut short in its sizes");
  std::array<uint32_t, 4> sizes = {1, 1, 1, 1};
  for (size_t i = 0; i < count; ++i) sizes[i] = Load32(bytes, 4 + 4 * i);
  return sizes;
}

Status CheckLength(uint64_t found, uint64_t wanted) {
  if (found == wanted) return {};
  return Fail(Code::kInvalid, "{}: its header says {} bytes, it has {}",
              found < wanted ? "truncated" : "too long", wanted, found);
}

}  // namespace

Result<IdxImages> ParseIdxImages(Bytes bytes) {
  KINGLET_TRY(const auto sizes, ParseSizes(bytes, 3, 4));
  if (sizes[1] == 0 || sizes[2] == 0 || sizes[1] > kSideMax || sizes[2] > kSideMax ||
      (sizes[3] != 1 && sizes[3] != 3)) {
    return Fail(Code::kInvalid, "pictures of {} x {} x {}: sides are 1 to {}, channels 1 or 3",
                sizes[2], sizes[1], sizes[3], kSideMax);
  }
  IdxImages images;
  images.count = sizes[0];
  images.height = static_cast<int>(sizes[1]);
  images.width = static_cast<int>(sizes[2]);
  images.channels = static_cast<int>(sizes[3]);
  images.offset = 4 + 4 * size_t{bytes[3]};
  KINGLET_CHECK(CheckLength(bytes.size(), images.offset + sizes[0] * images.image_bytes()));
  images.bytes = std::move(bytes);
  return images;
}

Result<IdxLabels> ParseIdxLabels(Bytes bytes) {
  KINGLET_TRY(const auto sizes, ParseSizes(bytes, 1, 1));
  IdxLabels labels;
  labels.count = sizes[0];
  labels.offset = 8;
  KINGLET_CHECK(CheckLength(bytes.size(), labels.offset + uint64_t{sizes[0]}));
  labels.bytes = std::move(bytes);
  return labels;
}

Result<Bytes> Gunzip(Bytes bytes, uint64_t bytes_max) {
  if (bytes.size() < 2 || bytes[0] != 0x1f || bytes[1] != 0x8b) return bytes;
  z_stream stream{};
  constexpr int kGzipOnly = 16 + MAX_WBITS;
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) return Fail(Code::kInternal, "zlib does not start");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
  stream.next_in = bytes.data();
  stream.avail_in = static_cast<uInt>(bytes.size());
  if (stream.avail_in != bytes.size()) return Fail(Code::kInvalid, "more than 4 GiB of gzip");
  Bytes out;
  Bytes chunk(size_t{1} << 16);
  while (true) {
    stream.next_out = chunk.data();
    stream.avail_out = static_cast<uInt>(chunk.size());
    const int status = inflate(&stream, Z_NO_FLUSH);
    const size_t made = chunk.size() - stream.avail_out;
    if (status != Z_OK && status != Z_STREAM_END) {
      return Fail(Code::kInvalid, "{}",
                  status == Z_BUF_ERROR ? "truncated: the gzip data ends too early"
                                        : "the gzip data is damaged");
    }
    if (out.size() + made > bytes_max) {
      return Fail(Code::kInvalid, "decompresses to more than {} bytes", bytes_max);
    }
    out.insert(out.end(), chunk.begin(), chunk.begin() + static_cast<ptrdiff_t>(made));
    if (status != Z_STREAM_END) continue;
    if (stream.avail_in == 0) return out;
    // A gzip file may be several, one after the other.
    if (inflateReset(&stream) != Z_OK) return Fail(Code::kInternal, "zlib does not start again");
  }
}

}  // namespace kinglet::data
