#include "src/emulate/elf.h"

#include <gtest/gtest.h>

#include "src/base/files.h"
#include "src/emulate/process.h"

namespace kinglet::emulate {
namespace {

// A small linked file by the cross linker itself.
Bytes LinkedFile() {
  auto folder = TemporaryFolder::Make("kinglet-elf-");
  EXPECT_TRUE(folder);
  const std::string source = folder->path() + "/x.c";
  EXPECT_TRUE(WriteFileAtomic(source,
                              "int big[7]; int set = 3; const int table[4] = {1, 2, 3, 4};\n"
                              "int _start(void) { return big[0] + set + table[1]; }\n"));
  const auto linked = RunProcess(
      {"arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-nostdlib", "x.c", "-o", "x.elf"},
      {.folder = folder->path()});
  EXPECT_TRUE(linked) << linked.error().message;
  auto bytes = ReadFile(folder->path() + "/x.elf");
  EXPECT_TRUE(bytes);
  return *bytes;
}

TEST(Elf, FindsSectionsAndSymbols) {
  const auto elf = ParseElf(LinkedFile());
  ASSERT_TRUE(elf) << elf.error().message;
  uint64_t data = 0;
  uint64_t bss = 0;
  for (const ElfSection& section : elf->sections) {
    if (section.name == ".data") data = section.bytes;
    if (section.name == ".bss") bss = section.bytes;
    EXPECT_EQ(section.name == ".bss", !section.loaded) << section.name;
    EXPECT_EQ(section.name == ".text", section.code) << section.name;
  }
  EXPECT_EQ(data, 4U);
  EXPECT_EQ(bss, 28U);
  ASSERT_TRUE(elf->symbols.contains("_start"));
  EXPECT_EQ(elf->symbols.at("_start") % 2, 0U) << "the Thumb bit is not part of the address";
}

TEST(Elf, RefusesEveryTruncation) {
  const Bytes file = LinkedFile();
  for (size_t length = 0; length < file.size(); length += 7) {
    EXPECT_FALSE(ParseElf(ByteView(file).first(length))) << length;
  }
}

TEST(Elf, SurvivesChangedBytes) {
  const Bytes file = LinkedFile();
  for (size_t at = 0; at < file.size(); ++at) {
    for (const uint8_t value : {uint8_t{0}, uint8_t{0x7F}, uint8_t{0xFF}}) {
      Bytes changed = file;
      changed[at] = value;
      const auto elf = ParseElf(changed);
      if (elf) {
        EXPECT_LE(elf->sections.size(), 65535U);
      }
    }
  }
}

}  // namespace
}  // namespace kinglet::emulate
