#include "src/data/npy.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace kinglet::data {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kRankMax = 32;
constexpr size_t kHeaderBytesMax = 1 << 16;
constexpr int64_t kElementsMax = int64_t{1} << 31;

struct Header {
  std::string element_type;  // "<f4"
  bool fortran_order = false;
  std::vector<int64_t> shape;
};

// The header: a Python dictionary of a text, a truth value and a tuple of numbers.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : text_(text) {}

  Result<Header> Parse() {
    Header header;
    bool has_type = false, has_order = false, has_shape = false;
    bool ok = Take("{");
    while (ok && !Take("}")) {
      const std::optional<std::string> key = Text();
      ok = key.has_value() && Take(":");
      if (!ok) break;
      if (*key == "descr") {
        const std::optional<std::string> type = Text();
        ok = has_type = type.has_value();
        header.element_type = type.value_or("");
      } else if (*key == "fortran_order") {
        header.fortran_order = Take("True");
        ok = has_order = header.fortran_order || Take("False");
      } else if (*key == "shape") {
        ok = has_shape = Shape(header.shape);
      } else {
        ok = false;
      }
      if (ok && !Take(",")) ok = At("}");
    }
    if (ok && has_type && has_order && has_shape) return header;
    return Fail(Code::kInvalid, "its header is not one of a plain .npy array (character {})", at_);
  }

 private:
  void SkipSpace() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }

  bool At(std::string_view word) {
    SkipSpace();
    return text_.substr(at_).starts_with(word);
  }

  bool Take(std::string_view word) {
    if (!At(word)) return false;
    at_ += word.size();
    return true;
  }

  std::optional<std::string> Text() {
    if (!At("'") && !At("\"")) return std::nullopt;
    const size_t end = text_.find(text_[at_], at_ + 1);
    if (end == std::string_view::npos) return std::nullopt;
    std::string text(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return text;
  }

  bool Shape(std::vector<int64_t>& shape) {
    if (!Take("(")) return false;
    while (!Take(")")) {
      SkipSpace();
      int64_t size = 0;
      const auto [end, error] =
          std::from_chars(text_.data() + at_, text_.data() + text_.size(), size);
      if (error != std::errc() || size < 0 || shape.size() == kRankMax) return false;
      shape.push_back(size);
      at_ = static_cast<size_t>(end - text_.data());
      if (!Take(",") && !At(")")) return false;
    }
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
};

// The header's text and where the elements begin.
struct Parts {
  std::string_view header;
  size_t data_offset = 0;
};

Result<Parts> Split(ByteView file) {
  if (!AsText(file).starts_with(kMagic) || file.size() < 10) {
    return Fail(Code::kInvalid, "is no .npy file: it does not begin with \\x93NUMPY");
  }
  const uint8_t version = file[kMagic.size()];
  if (version < 1 || version > 3) {
    return Fail(Code::kUnsupported, "has version {} of .npy, this reads 1 to 3", version);
  }
  const size_t start = version == 1 ? 10 : 12;
  if (file.size() < start) return Fail(Code::kInvalid, "is cut short in its header");
  const size_t length = version == 1 ? LoadLe<uint16_t>(file, 8) : LoadLe<uint32_t>(file, 8);
  if (length > kHeaderBytesMax || length > file.size() - start) {
    return Fail(Code::kInvalid, "has a header of {} bytes, the file {}", length, file.size());
  }
  return Parts{AsText(file).substr(start, length), start + length};
}

Result<int64_t> ElementCount(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t size : shape) {
    if (size > kElementsMax) return Fail(Code::kUnsupported, "has a dimension of {}", size);
    count *= size;
    if (count > kElementsMax) {
      return Fail(Code::kUnsupported, "has more than {} elements", kElementsMax);
    }
  }
  return count;
}

}  // namespace

Result<NpyArray> ParseNpy(ByteView file) {
  KINGLET_TRY(const Parts parts, Split(file));
  KINGLET_TRY(Header header, HeaderParser(parts.header).Parse());
  const std::string& type = header.element_type;
  const bool floats = type == "<f4";
  const bool is_signed = type == "|i1" || type == "<i1" || type == "i1";
  const bool is_unsigned = type == "|u1" || type == "<u1" || type == "u1";
  if (!floats && !is_signed && !is_unsigned) {
    return Fail(Code::kUnsupported, "has elements of type '{}': must be float32, int8 or uint8",
                type.substr(0, 40));
  }
  if (header.fortran_order) {
    return Fail(Code::kUnsupported, "is in Fortran's order: save it from numpy.ascontiguousarray");
  }
  KINGLET_TRY(const int64_t count, ElementCount(header.shape));
  const ByteView data = file.subspan(parts.data_offset);
  const auto wanted = static_cast<size_t>(count) * (floats ? sizeof(float) : 1);
  if (data.size() != wanted) {
    return Fail(Code::kInvalid, "has {} bytes of elements, its header says {}", data.size(),
                wanted);
  }
  NpyArray array{std::move(header.shape), std::vector<float>(static_cast<size_t>(count))};
  if (floats) {
    if (wanted > 0) std::memcpy(array.values.data(), data.data(), wanted);
  } else {
    std::ranges::transform(data, array.values.begin(), [&](uint8_t byte) {
      return is_signed ? static_cast<float>(static_cast<int8_t>(byte)) : static_cast<float>(byte);
    });
  }
  return array;
}

Bytes FormatNpy(const NpyArray& array) {
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
  for (const int64_t size : array.shape) header += std::to_string(size) + ", ";
  header += "), }";
  // Elements begin at a multiple of 64.
  const size_t length = (10 + header.size() + 1 + 63) / 64 * 64 - 10;
  header.resize(length - 1, ' ');
  header += '\n';
  Bytes file;
  for (const char c : kMagic) file.push_back(static_cast<uint8_t>(c));
  file.insert(file.end(), {1, 0});
  AppendLe(file, static_cast<uint16_t>(length));
  for (const char c : header) file.push_back(static_cast<uint8_t>(c));
  const ByteView elements = AsBytes(array.values);
  file.insert(file.end(), elements.begin(), elements.end());
  return file;
}

}  // namespace kinglet::data
