#include "src/emulate/elf.h"

#include <cstddef>

namespace kinglet::emulate {
namespace {

// Layouts and values of the System V ABI, "ELF-32 Object File Format".
struct FileHeader {
  uint8_t ident[16];
  uint16_t type, machine;
  uint32_t version, entry, program_offset, section_offset, flags;
  uint16_t header_bytes, program_entry_bytes, program_count;
  uint16_t section_entry_bytes, section_count, section_names;
};
static_assert(sizeof(FileHeader) == 52);

struct SectionHeader {
  uint32_t name, type, flags, address, offset, bytes, link, info, align, entry_bytes;
};
static_assert(sizeof(SectionHeader) == 40);

struct Symbol {
  uint32_t name, value, bytes;
  uint8_t info, other;
  uint16_t section;
};
static_assert(sizeof(Symbol) == 16);

constexpr uint16_t kMachineArm = 40;
// Of all symbols together; names may share bytes of the file, so its size is no limit.
constexpr size_t kNameBytesMax = size_t{16} << 20;
constexpr size_t kSectionNameBytesMax = 256;
constexpr uint32_t kTypeSymbols = 2, kTypeRelocationsA = 4, kTypeNoBits = 8, kTypeRelocations = 9;
constexpr uint32_t kFlagWrite = 1, kFlagAlloc = 2, kFlagCode = 4;
constexpr uint8_t kSymbolFunction = 2;

bool Fits(ByteView file, uint64_t offset, uint64_t bytes) {
  return offset <= file.size() && bytes <= file.size() - offset;
}

// The zero-terminated text at `offset` of a string table; empty when it is out of range.
std::string_view TextAt(ByteView table, uint32_t offset) {
  if (offset >= table.size()) return {};
  const std::string_view rest = AsText(table.subspan(offset));
  return rest.substr(0, rest.find('\0'));
}

Result<ByteView> Content(ByteView file, const std::vector<SectionHeader>& headers, uint32_t index) {
  if (index >= headers.size()) return Fail(Code::kInvalid, "ELF: no section {}", index);
  const SectionHeader& header = headers[index];
  if (!Fits(file, header.offset, header.bytes)) {
    return Fail(Code::kInvalid, "ELF: section {} reaches beyond the file", index);
  }
  return file.subspan(header.offset, header.bytes);
}

Result<std::vector<SectionHeader>> ReadSectionHeaders(ByteView file, const FileHeader& header) {
  if (header.section_entry_bytes != sizeof(SectionHeader) ||
      !Fits(file, header.section_offset, header.section_count * sizeof(SectionHeader))) {
    return Fail(Code::kInvalid, "ELF: section table reaches beyond the file");
  }
  std::vector<SectionHeader> headers;
  for (size_t i = 0; i < header.section_count; ++i) {
    headers.push_back(
        LoadLe<SectionHeader>(file, header.section_offset + i * sizeof(SectionHeader)));
  }
  return headers;
}

Status ReadSymbols(ByteView file, const std::vector<SectionHeader>& headers,
                   const SectionHeader& table, bool arm, Elf& elf) {
  KINGLET_TRY(const ByteView names, Content(file, headers, table.link));
  if (!Fits(file, table.offset, table.bytes)) {
    return Fail(Code::kInvalid, "ELF: symbol table reaches beyond the file");
  }
  size_t name_bytes = 0;
  for (uint64_t at = 0; at + sizeof(Symbol) <= table.bytes; at += sizeof(Symbol)) {
    const auto symbol = LoadLe<Symbol>(file, table.offset + at);
    if (symbol.section == 0) continue;
    const std::string_view name = TextAt(names, symbol.name);
    name_bytes += name.size();
    if (name_bytes > kNameBytesMax) {
      return Fail(Code::kInvalid, "ELF: symbols' names of more than {} bytes", kNameBytesMax);
    }
    if (name.empty() || name.front() == '$') continue;
    const bool thumb = arm && (symbol.info & 15) == kSymbolFunction;
    elf.symbols[std::string(name)] = thumb ? symbol.value & ~uint32_t{1} : symbol.value;
  }
  return {};
}

}  // namespace

Result<Elf> ParseElf(ByteView file) {
  if (file.size() < sizeof(FileHeader)) return Fail(Code::kInvalid, "ELF: {} bytes", file.size());
  const auto header = LoadLe<FileHeader>(file, 0);
  constexpr uint8_t kElf32LittleEndian[6] = {0x7F, 'E', 'L', 'F', 1, 1};
  if (std::memcmp(header.ident, kElf32LittleEndian, sizeof kElf32LittleEndian) != 0) {
    return Fail(Code::kInvalid, "ELF: not a 32-bit little-endian file");
  }
  KINGLET_TRY(const std::vector<SectionHeader> headers, ReadSectionHeaders(file, header));
  KINGLET_TRY(const ByteView names, Content(file, headers, header.section_names));
  Elf elf;
  bool has_symbols = false;
  for (const SectionHeader& section : headers) {
    if (section.type == kTypeSymbols) {
      if (has_symbols) return Fail(Code::kInvalid, "ELF: two symbol tables");
      has_symbols = true;
      KINGLET_CHECK(ReadSymbols(file, headers, section, header.machine == kMachineArm, elf));
    }
    if (section.type == kTypeRelocations || section.type == kTypeRelocationsA) {
      elf.relocation_bytes += section.bytes;
    }
    if ((section.flags & kFlagAlloc) == 0 || section.bytes == 0) continue;
    const bool loaded = section.type != kTypeNoBits;
    if (loaded && !Fits(file, section.offset, section.bytes)) {
      return Fail(Code::kInvalid, "ELF: section at {:#x} reaches beyond the file", section.address);
    }
    elf.sections.push_back(
        {.name = std::string(TextAt(names, section.name).substr(0, kSectionNameBytesMax)),
         .address = section.address,
         .bytes = section.bytes,
         .loaded = loaded,
         .writable = (section.flags & kFlagWrite) != 0,
         .code = (section.flags & kFlagCode) != 0,
         .alignment_bytes = section.align,
         .content = loaded ? file.subspan(section.offset, section.bytes) : ByteView{}});
  }
  return elf;
}

}  // namespace kinglet::emulate
