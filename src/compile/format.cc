#include "src/compile/format.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace kinglet::compile {

const std::vector<std::string_view>& FormatNames() {
  static const std::vector<std::string_view> names = {"cmake", "arduino", "zephyr", "esp-idf",
                                                      "platformio"};
  return names;
}

Result<Format> ParseFormat(std::string_view name) {
  const auto& names = FormatNames();
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) {
    return Fail(Code::kInvalid, "format '{}' is not known; known are {}", name,
                fmt::join(names, ", "));
  }
  return static_cast<Format>(found - names.begin());
}

std::string LibraryPath(Format format, const std::string& path) {
  switch (format) {
    case Format::kCMake:
    case Format::kZephyr:
    case Format::kEspIdf:
      break;
    case Format::kArduino:
      // Only src/ is searched for headers, and the older builders compile no .cc files.
      if (path.ends_with(".cc")) return "src/" + path.substr(0, path.size() - 3) + ".cpp";
      return "src/" + path;
    case Format::kPlatformIo:
      return "src/" + path;
  }
  return path;
}

}  // namespace kinglet::compile
