#include "src/pipeline/report/html.h"

#include "src/base/result.h"

namespace kinglet::report {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";     // U+2026

// A code point and the bytes it takes; length 0 when the bytes there are not UTF-8 (RFC 3629).
struct Decoded {
  uint32_t point = 0;
  size_t length = 0;
};

Decoded Decode(std::string_view bytes) {
  const auto at = [&](size_t i) { return static_cast<uint8_t>(bytes[i]); };
  const uint8_t first = at(0);
  if (first < 0x80) return {first, 1};
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || bytes.size() < length) return {};
  uint32_t point = first & (0xFFU >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) return {};
    point = (point << 6) | (at(i) & 0x3F);
  }
  static constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  if (point < kSmallest[length] || point > 0x10FFFF || surrogate) return {};
  return {point, length};
}

// May stand in a page: no controls, no bidirectional overrides or isolates, no non-characters.
bool IsPlain(uint32_t point) {
  const bool control = point < 0x20 || (point >= 0x7F && point < 0xA0);
  const bool direction = (point >= 0x202A && point <= 0x202E) ||
                         (point >= 0x2066 && point <= 0x2069) || point == 0x200E || point == 0x200F;
  const bool not_a_character = (point & 0xFFFE) == 0xFFFE || (point >= 0xFDD0 && point <= 0xFDEF);
  return !control && !direction && !not_a_character;
}

std::string Escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace

std::string CleanText(std::string_view bytes, size_t characters_max) {
  std::string out;
  for (size_t count = 0; !bytes.empty(); ++count) {
    if (count == characters_max) return out.append(kEllipsis);
    const Decoded decoded = Decode(bytes);
    if (decoded.length > 0 && IsPlain(decoded.point)) {
      out += bytes.substr(0, decoded.length);
    } else {
      out += kReplacement;
    }
    bytes.remove_prefix(decoded.length > 0 ? decoded.length : 1);
  }
  return out;
}

void HtmlWriter::Start(std::string_view tag, Attributes attributes) {
  out_.append("<").append(tag);
  for (const Attribute& attribute : attributes) {
    if (attribute.value.empty()) continue;
    out_.append(" ").append(attribute.name).append("=\"");
    out_.append(Escape(attribute.value)).append("\"");
  }
}

void HtmlWriter::Open(std::string_view tag, Attributes attributes) {
  Start(tag, attributes);
  out_ += '>';
  open_.emplace_back(tag);
}

void HtmlWriter::Close() {
  KINGLET_ASSERT(!open_.empty());
  out_.append("</").append(open_.back()).append(">");
  // A line for each block keeps the source readable and comparable.
  static constexpr std::string_view kInline[] = {"a", "b", "span", "code", "title", "desc", "text"};
  bool block = true;
  for (const std::string_view tag : kInline) block = block && open_.back() != tag;
  if (block) out_ += '\n';
  open_.pop_back();
}

void HtmlWriter::Text(std::string_view text) { out_ += Escape(text); }

void HtmlWriter::Leaf(std::string_view tag, Attributes attributes, std::string_view text) {
  Open(tag, attributes);
  Text(text);
  Close();
}

void HtmlWriter::Empty(std::string_view tag, Attributes attributes) {
  Start(tag, attributes);
  out_ += " />";
}

std::string HtmlWriter::Finish() && {
  KINGLET_ASSERT(open_.empty());
  return std::move(out_);
}

}  // namespace kinglet::report
