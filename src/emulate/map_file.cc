#include "src/emulate/map_file.h"

#include <charconv>
#include <cstdint>
#include <map>
#include <string>

namespace kinglet::emulate {
namespace {

// Splits at runs of blanks; at most four words are of interest.
std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  while (words.size() < 3) {
    const size_t start = line.find_first_not_of(' ');
    if (start == std::string_view::npos) return words;
    line.remove_prefix(start);
    const size_t end = line.find(' ');
    words.push_back(line.substr(0, end));
    if (end == std::string_view::npos) return words;
    line.remove_prefix(end);
  }
  const size_t start = line.find_first_not_of(' ');
  if (start != std::string_view::npos) words.push_back(line.substr(start));
  return words;
}

bool ReadHex(std::string_view word, uint64_t& value) {
  if (!word.starts_with("0x")) return false;
  const auto [end, error] = std::from_chars(word.data() + 2, word.data() + word.size(), value, 16);
  return error == std::errc() && end == word.data() + word.size();
}

// "/usr/lib/libc.a(memcpy.o)" -> "libc.a"; "src/x.cc.o" -> "src/x.cc".
std::string FileName(std::string_view file) {
  if (const size_t member = file.find(".a("); member != std::string_view::npos) {
    const std::string_view archive = file.substr(0, member + 2);
    return std::string(archive.substr(archive.rfind('/') + 1));
  }
  if (file.ends_with(".o")) file.remove_suffix(2);
  return std::string(file);
}

uint64_t* Field(FileSize& size, std::string_view section) {
  if (section == ".entry" || section == ".text") return &size.code_bytes;
  if (section == ".rodata") return &size.constant_bytes;
  if (section == ".data") return &size.data_bytes;
  if (section == ".bss") return &size.bss_bytes;
  return nullptr;
}

}  // namespace

std::vector<FileSize> ReadMapFile(std::string_view map) {
  constexpr std::string_view kStart = "Linker script and memory map";
  std::map<std::string, FileSize> files;
  map.remove_prefix(std::min(map.size(), map.find(kStart)));
  std::string_view section;  // output section we are in
  std::string_view alone;    // an input section's name, when the line before held nothing else
  while (!map.empty()) {
    const std::string_view line = map.substr(0, map.find('\n'));
    map.remove_prefix(std::min(map.size(), line.size() + 1));
    const std::vector<std::string_view> words = Words(line);
    if (words.empty()) continue;
    if (line.front() != ' ') {
      section = words[0];
      alone = {};
      continue;
    }
    const bool named = line.size() > 1 && (line[1] == '.' || line[1] == 'C');
    if (words.size() == 1 && named) {
      alone = words[0];
      continue;
    }
    const size_t first = alone.empty() ? 1 : 0;
    const std::string_view input_section = alone.empty() ? words[0] : alone;
    const bool contribution = !alone.empty() || named;
    alone = {};
    uint64_t address = 0;
    uint64_t bytes = 0;
    if (!contribution || words.size() != first + 3 || !ReadHex(words[first], address) ||
        !ReadHex(words[first + 1], bytes) || bytes == 0) {
      continue;
    }
    std::string name = FileName(words[first + 2]);
    FileSize& size = files[name];
    size.file = std::move(name);
    if (uint64_t* const field = Field(size, section)) *field += bytes;
    if (section == ".text" || section == ".rodata") {
      size.sections[std::string(input_section)] += bytes;
    }
  }
  std::vector<FileSize> result;
  for (auto& [name, size] : files) {
    if (size.code_bytes + size.constant_bytes + size.data_bytes + size.bss_bytes > 0) {
      result.push_back(std::move(size));
    }
  }
  return result;
}

}  // namespace kinglet::emulate
