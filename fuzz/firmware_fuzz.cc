// What a linker leaves: ELF files and map files. The first byte of the input picks the parser.
#include <numeric>

#include "fuzz/fuzz.h"
#include "src/emulate/elf.h"
#include "src/emulate/map_file.h"

namespace kinglet::fuzz {
namespace {

enum Parser : uint8_t { kElf, kMap, kParsers };

constexpr std::string_view kMapText =
    "Linker script and memory map\n\n"
    ".text           0x0000000000000040      0x100\n"
    " *(.text .text.*)\n"
    " .text.f        0x0000000000000040       0x10 src/a.cc.o\n"
    "                0x0000000000000040                f\n"
    " *fill*         0x0000000000000050        0x4 \n"
    " .text          0x0000000000000054       0x20 /usr/lib/libc.a(memcpy.o)\n"
    ".rodata         0x0000000000000140       0x30\n"
    " .rodata.weights_of_a_long_name\n"
    "                0x0000000000000140       0x30 src/b.cc.o\n"
    ".bss            0x0000000020000000       0x18\n"
    " COMMON         0x0000000020000010        0x8 src/c.c.o\n";

struct Section {
  uint32_t name, type, flags, address, offset, bytes, link;
};

void AppendSection(Bytes& file, const Section& section) {
  for (const uint32_t field : {section.name, section.type, section.flags, section.address,
                               section.offset, section.bytes, section.link, 0U, 4U, 16U}) {
    AppendLe(file, field);
  }
}

void AppendText(Bytes& file, std::string_view text) {
  file.insert(file.end(), text.begin(), text.end());
}

// An Arm file with code, a variable and two symbols.
Bytes MakeElf() {
  constexpr std::string_view kNames("\0.text\0.bss\0main\0big\0", 22);
  constexpr uint32_t kNamesAt = 52;
  constexpr uint32_t kSymbolsAt = kNamesAt + 24;
  constexpr uint32_t kCodeAt = kSymbolsAt + 32;
  constexpr uint32_t kSectionsAt = kCodeAt + 8;
  Bytes file = {0x7F, 'E', 'L', 'F', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  for (const uint32_t half : {2U, 40U}) AppendLe(file, static_cast<uint16_t>(half));
  for (const uint32_t word : {1U, 0x41U, 0U, kSectionsAt, 0U}) AppendLe(file, word);
  for (const uint32_t half : {52U, 0U, 0U, 40U, 5U, 1U}) {
    AppendLe(file, static_cast<uint16_t>(half));
  }
  AppendText(file, kNames);
  file.resize(kSymbolsAt);
  for (const uint32_t word : {12U, 0x41U, 8U, 0x0003'0012U, 17U, 0x2000'0000U, 28U, 0x0004'0011U}) {
    AppendLe(file, word);
  }
  file.resize(kSectionsAt);
  AppendSection(file, {});
  AppendSection(file, {0, 3, 0, 0, kNamesAt, 22, 0});
  AppendSection(file, {0, 2, 0, 0, kSymbolsAt, 32, 1});
  AppendSection(file, {1, 1, 6, 0x40, kCodeAt, 8, 0});
  AppendSection(file, {7, 8, 3, 0x2000'0000, kCodeAt, 28, 0});
  return file;
}

void ReadElf(ByteView bytes) {
  const auto elf = emulate::ParseElf(bytes);
  if (!elf) return;
  KINGLET_ASSERT(elf->symbols.size() <= bytes.size() && elf->sections.size() <= bytes.size());
  for (const auto& [name, address] : elf->symbols) KINGLET_ASSERT(!name.empty());
}

void ReadMap(std::string_view text) {
  const auto files = emulate::ReadMapFile(text);
  KINGLET_ASSERT(files.size() <= text.size());
  for (size_t i = 1; i < files.size(); ++i) KINGLET_ASSERT(files[i - 1].file < files[i].file);
}

}  // namespace

std::vector<Bytes> Seeds() {
  const Bytes elf = MakeElf();
  const auto parsed = emulate::ParseElf(elf);
  KINGLET_ASSERT(parsed && parsed->symbols.at("main") == 0x40 && parsed->sections.size() == 2);
  KINGLET_ASSERT(emulate::ReadMapFile(kMapText).size() == 4);
  return {WithPick(kElf, elf), WithPick(kMap, AsBytes(kMapText))};
}

}  // namespace kinglet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kinglet;
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  data[0] % fuzz::kParsers == fuzz::kElf ? fuzz::ReadElf(bytes) : fuzz::ReadMap(AsText(bytes));
  return 0;
}
