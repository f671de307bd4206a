// Writing HTML (and SVG inside it) that is well-formed and escaped by construction: text can only
// get in through the escape.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace kinglet::report {

// Characters of one outside text that the page shows; the rest becomes an ellipsis.
inline constexpr size_t kTextCharactersMax = 160;

// `bytes` as clean UTF-8 of at most `characters_max` code points: malformed sequences, control
// characters and those that turn the direction of writing become U+FFFD, a cut end U+2026.
std::string CleanText(std::string_view bytes, size_t characters_max = kTextCharactersMax);

// An attribute whose value is empty is left out.
struct Attribute {
  std::string_view name;
  std::string value;
};
using Attributes = std::initializer_list<Attribute>;

class HtmlWriter {
 public:
  void Open(std::string_view tag, Attributes attributes = {});
  void Close();  // the innermost open tag
  void Text(std::string_view text);
  // <tag attributes>text</tag>
  void Leaf(std::string_view tag, Attributes attributes, std::string_view text);
  void Leaf(std::string_view tag, std::string_view text) { Leaf(tag, {}, text); }
  void Empty(std::string_view tag, Attributes attributes = {});  // <tag attributes />
  // Our own text that must not be escaped: the doctype and the style sheet.
  void Verbatim(std::string_view text) { out_ += text; }

  // "c1", "c2", ...: ids within the page.
  std::string NextId() { return "c" + std::to_string(++ids_); }
  // The page; every tag has been closed.
  std::string Finish() &&;

 private:
  void Start(std::string_view tag, Attributes attributes);

  std::string out_;
  std::vector<std::string> open_;
  uint32_t ids_ = 0;
};

// An open tag for as long as the object lives.
class Element {
 public:
  Element(HtmlWriter& writer, std::string_view tag, Attributes attributes = {}) : writer_(writer) {
    writer.Open(tag, attributes);
  }
  Element(const Element&) = delete;
  Element& operator=(const Element&) = delete;
  ~Element() { writer_.Close(); }

 private:
  HtmlWriter& writer_;
};

}  // namespace kinglet::report
