#include "src/pipeline/report/format.h"

#include <fmt/core.h>

#include <cmath>

#include "src/base/progress.h"

namespace kinglet::report {
namespace {

constexpr std::string_view kNothing = "\xE2\x80\x93";  // en dash
constexpr std::string_view kGlue = "\xC2\xA0";       // no-break space: a unit stays with its number
constexpr std::string_view kMinus = "\xE2\x88\x92";  // U+2212, as wide as a plus

// Three significant digits, thousands grouped.
std::string Significant(double value) {
  const double size = std::abs(value);
  if (size >= 1e15) return fmt::format("{:.3g}", value);
  if (size >= 1000) {
    const std::string digits = FormatCount(static_cast<uint64_t>(std::llround(size)));
    return value < 0 ? std::string(kMinus) + digits : digits;
  }
  if (size >= 100) return Fixed(value, 0);
  if (size >= 10) return Fixed(value, 1);
  if (size >= 1) return Fixed(value, 2);
  return fmt::format("{:.3g}", value);
}

}  // namespace

std::string Fixed(double value, int decimals) {
  if (!std::isfinite(value)) return std::string(kNothing);
  return fmt::format("{:.{}f}", value, decimals);
}

std::string Percent(double rate, int decimals) {
  if (!std::isfinite(rate)) return std::string(kNothing);
  return fmt::format("{}{}%", Fixed(100 * rate, decimals), kGlue);
}

double Ratio(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string Measure(double value, std::string_view unit) {
  if (!std::isfinite(value)) return std::string(kNothing);
  if (unit == "fraction") return Percent(value, 2);
  if (unit == "bytes" && value >= 0 && value < 1e15) {
    return FormatBytes(static_cast<uint64_t>(std::llround(value)));
  }
  return unit.empty() ? Significant(value) : fmt::format("{}{}{}", Significant(value), kGlue, unit);
}

std::string GlueUnits(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool after_digit = !out.empty() && out.back() >= '0' && out.back() <= '9';
    if (c == ' ' && after_digit) {
      out += kGlue;
    } else {
      out += c;
    }
  }
  return out;
}

std::string Counted(uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", FormatCount(count), noun, count == 1 ? "" : "s");
}

std::string Deviation(uint64_t measured, uint64_t predicted) {
  if (predicted == 0) return std::string(kNothing);
  const double percent = 100 * (static_cast<double>(measured) / static_cast<double>(predicted) - 1);
  const std::string digits = fmt::format("{:.1f}", std::abs(percent));
  if (digits == "0.0") return Percent(0, 1);
  return fmt::format("{}{}{}%", percent < 0 ? kMinus : "+", digits, kGlue);
}

std::string JoinWords(const std::vector<std::string>& words) {
  std::string out;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " and " : ", ";
    out += words[i];
  }
  return out;
}

}  // namespace kinglet::report
