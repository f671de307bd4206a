#include "src/data/recording.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace kinglet::data {
namespace {

constexpr std::string_view kFormatNames[] = {"wav", "png", "jpeg", "raw"};
constexpr std::string_view kSplitNames[] = {"train", "validation", "test"};
constexpr std::string_view kNoSplit = "-";
constexpr size_t kFieldCount = 12;

bool IsNumber(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

template <typename T>
Result<T> ParseNumber(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) {
    return Fail(Code::kInvalid, "'{}' is not a count", text);
  }
  return value;
}

}  // namespace

std::string_view FormatName(Format format) { return kFormatNames[static_cast<size_t>(format)]; }

std::string_view SplitName(Split split) { return kSplitNames[static_cast<size_t>(split)]; }

std::optional<Split> SplitFromName(std::string_view name) {
  if (name == "train" || name == "training") return Split::kTrain;
  if (name == "validation" || name == "val") return Split::kValidation;
  if (name == "test" || name == "testing") return Split::kTest;
  return std::nullopt;
}

bool LabelLess(std::string_view a, std::string_view b) {
  const bool numbers = IsNumber(a) && IsNumber(b);
  if (numbers && a.size() != b.size()) return a.size() < b.size();
  return a < b;
}

std::string EscapeField(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\\':
        out += "\\\\";
        break;
      default:
        out += c;
    }
  }
  return out;
}

Result<std::string> UnescapeField(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    const char c = ++i < text.size() ? text[i] : '\0';
    if (c != 't' && c != 'n' && c != 'r' && c != '\\') {
      return Fail(Code::kInvalid, "a backslash stands before neither t, n, r nor a backslash");
    }
    out += c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : '\\';
  }
  return out;
}

std::string FormatRecording(const Recording& r) {
  return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}", EscapeField(r.name),
                     EscapeField(r.label), EscapeField(r.group), SplitName(r.split),
                     r.given_split ? SplitName(*r.given_split) : kNoSplit, r.content.Hex(),
                     FormatName(r.format), r.sample_rate_hz, r.sample_count, r.width, r.height,
                     r.channels);
}

Result<Recording> ParseRecording(std::string_view line) {
  std::vector<std::string_view> fields;
  for (size_t begin = 0; begin <= line.size();) {
    const size_t end = std::min(line.find('\t', begin), line.size());
    fields.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  if (fields.size() != kFieldCount) {
    return Fail(Code::kInvalid, "a recording has {} fields, not {}", kFieldCount, fields.size());
  }
  Recording r;
  KINGLET_TRY(r.name, UnescapeField(fields[0]));
  KINGLET_TRY(r.label, UnescapeField(fields[1]));
  KINGLET_TRY(r.group, UnescapeField(fields[2]));
  const auto split = SplitFromName(fields[3]);
  r.given_split = SplitFromName(fields[4]);
  const auto* format = std::find(std::begin(kFormatNames), std::end(kFormatNames), fields[6]);
  if (!split || (!r.given_split && fields[4] != kNoSplit) || format == std::end(kFormatNames)) {
    return Fail(Code::kInvalid, "{}: unknown split or format", r.name);
  }
  r.split = *split;
  r.format = static_cast<Format>(format - std::begin(kFormatNames));
  KINGLET_TRY(r.content, Digest::FromHex(fields[5]));
  KINGLET_TRY(r.sample_rate_hz, ParseNumber<int>(fields[7]));
  KINGLET_TRY(r.sample_count, ParseNumber<uint32_t>(fields[8]));
  KINGLET_TRY(r.width, ParseNumber<int>(fields[9]));
  KINGLET_TRY(r.height, ParseNumber<int>(fields[10]));
  KINGLET_TRY(r.channels, ParseNumber<int>(fields[11]));
  return r;
}

}  // namespace kinglet::data
