#include "src/compile/cpp_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace kinglet::compile {
namespace {

constexpr size_t kIdentifierCharactersMax = 60;
constexpr size_t kCommentCharactersMax = 100;
constexpr size_t kColumns = 100;

// C++20's and C's keywords and alternative tokens, and other words that mean something in generated
// code or to CMake.
constexpr auto kReserved = std::to_array<std::string_view>(
    {"alignas",  "alignof",  "all",       "and",       "and_eq",    "arm",       "asm",
     "auto",     "bitand",   "bitor",     "bool",      "break",     "case",      "catch",
     "char",     "class",    "clean",     "co_await",  "co_return", "co_yield",  "compl",
     "concept",  "const",    "consteval", "constexpr", "constinit", "continue",  "decltype",
     "default",  "delete",   "device",    "do",        "double",    "else",      "enum",
     "explicit", "export",   "extern",    "false",     "float",     "for",       "friend",
     "goto",     "help",     "i386",      "if",        "inline",    "install",   "int",
     "kinglet",  "linux",    "long",      "main",      "mutable",   "namespace", "new",
     "noexcept", "not",      "not_eq",    "nullptr",   "operator",  "or",        "or_eq",
     "package",  "private",  "protected", "public",    "register",  "requires",  "restrict",
     "return",   "short",    "signed",    "sizeof",    "static",    "std",       "struct",
     "switch",   "template", "test",      "this",      "throw",     "true",      "try",
     "typedef",  "typeid",   "typename",  "typeof",    "union",     "unix",      "unsigned",
     "using",    "virtual",  "void",      "volatile",  "while",     "xor",       "xor_eq"});

bool IsPrintable(char c) { return c >= 0x20 && c < 0x7f; }

char LowerCase(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string Literal(int64_t value) {
  // The least values have no literals: their digits alone do not fit.
  if (value == INT64_MIN) return "(-9223372036854775807 - 1)";
  if (value == INT32_MIN) return "(-2147483647 - 1)";
  return fmt::format("{}", value);
}

// Every float's bits, also of those that are no numbers.
std::string FloatElement(float value) {
  if (std::isfinite(value)) return FloatLiteral(value);
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t payload = bits & 0x3fffff;
  const bool quiet = (bits & 0x400000) != 0;
  const char* const sign = (bits >> 31) != 0 ? "-" : "";
  if (std::isinf(value)) return fmt::format("{}__builtin_inff()", sign);
  return fmt::format("{}__builtin_nan{}f(\"{:#x}\")", sign, quiet ? "" : "s", payload);
}

template <typename T>
std::string Join(ByteView bytes) {
  std::string text;
  std::string line;
  for (size_t i = 0; i + sizeof(T) <= bytes.size(); i += sizeof(T)) {
    std::string element;
    if constexpr (std::is_same_v<T, float>) {
      element = FloatElement(LoadLe<float>(bytes, i)) + ",";
    } else {
      element = Literal(LoadLe<T>(bytes, i)) + ",";
    }
    if (!line.empty() && line.size() + 1 + element.size() > kColumns - 4) {
      text += "    " + line + "\n";
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += element;
  }
  if (!line.empty()) text += "    " + line + "\n";
  return text;
}

}  // namespace

std::string Identifier(std::string_view text) {
  std::string name;
  for (const char raw : text) {
    const char c = LowerCase(raw);
    if ((c >= 'a' && c <= 'z') || IsDigit(c)) {
      name += c;
    } else if (!name.empty() && name.back() != '_') {
      name += '_';
    }
    if (name.size() == kIdentifierCharactersMax) break;
  }
  while (!name.empty() && name.back() == '_') name.pop_back();
  if (name.empty()) return "model";
  if (IsDigit(name.front())) name = "model_" + name;
  if (std::ranges::find(kReserved, name) != kReserved.end()) name += "_model";
  return name;
}

std::string StringLiteral(std::string_view text) {
  std::string literal = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '?') {
      literal += '\\';  // the question mark because of trigraphs
      literal += c;
    } else if (IsPrintable(c)) {
      literal += c;
    } else {
      literal += fmt::format("\\{:03o}", static_cast<unsigned>(static_cast<uint8_t>(c)));
    }
  }
  return literal + "\"";
}

std::string CommentText(std::string_view text) {
  std::string comment(text.substr(0, kCommentCharactersMax));
  for (char& c : comment) {
    // A backslash at a line's end would swallow the next line; trigraphs can spell one.
    if (!IsPrintable(c) || c == '\\') c = '_';
  }
  for (size_t at = comment.find("?\?"); at != std::string::npos; at = comment.find("?\?")) {
    comment[at] = '_';
  }
  return comment;
}

std::string FloatLiteral(float value) {
  KINGLET_ASSERT(std::isfinite(value));
  std::string literal = fmt::format("{:.9g}", value);
  if (literal.find_first_of(".e") == std::string::npos) literal += ".0";
  return literal + "F";
}

std::string IntLiteral(int32_t value) { return Literal(value); }

std::string_view ElementTypeName(ir::DataType type) {
  switch (type) {
    case ir::DataType::kInt8:
      return "int8_t";
    case ir::DataType::kUint8:
    case ir::DataType::kBool:
      return "uint8_t";
    case ir::DataType::kInt16:
      return "int16_t";
    case ir::DataType::kInt32:
      return "int32_t";
    case ir::DataType::kInt64:
      return "int64_t";
    case ir::DataType::kFloat32:
      return "float";
  }
  return "uint8_t";
}

std::string ArrayElements(ir::DataType type, ByteView little_endian) {
  switch (type) {
    case ir::DataType::kInt8:
      return Join<int8_t>(little_endian);
    case ir::DataType::kUint8:
    case ir::DataType::kBool:
      return Join<uint8_t>(little_endian);
    case ir::DataType::kInt16:
      return Join<int16_t>(little_endian);
    case ir::DataType::kInt32:
      return Join<int32_t>(little_endian);
    case ir::DataType::kInt64:
      return Join<int64_t>(little_endian);
    case ir::DataType::kFloat32:
      return Join<float>(little_endian);
  }
  return {};
}

}  // namespace kinglet::compile
