#include "src/compile/device_sources.h"

#include <fmt/format.h>

#include <sstream>
#include <string_view>
#include <utility>

#include "src/base/files.h"
#include "src/board/board.h"

namespace kinglet::compile {
namespace {

std::vector<std::string> DeviceIncludes(const std::string& text) {
  constexpr std::string_view kInclude = "#include \"device/";
  std::vector<std::string> paths;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(kInclude)) continue;
    const size_t begin = line.find('"') + 1;
    paths.push_back(line.substr(begin, line.find('"', begin) - begin));
  }
  return paths;
}

}  // namespace

Result<FileTexts> ReadDeviceSources(const std::vector<std::string>& paths) {
  KINGLET_TRY(const std::string folder, board::DataFolder());
  FileTexts files;
  std::vector<std::string> open = paths;
  while (!open.empty()) {
    const std::string path = std::move(open.back());
    open.pop_back();
    if (files.contains(path)) continue;
    KINGLET_TRY(std::string text, ReadTextFile(fmt::format("{}/{}", folder, path)));
    for (std::string& include : DeviceIncludes(text)) open.push_back(std::move(include));
    files.emplace(path, std::move(text));
  }
  return files;
}

}  // namespace kinglet::compile
