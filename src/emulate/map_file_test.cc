#include "src/emulate/map_file.h"

#include <gtest/gtest.h>

namespace kinglet::emulate {
namespace {

TEST(MapFile, SumsSectionsByFileAndArchive) {
  const std::vector<FileSize> files = ReadMapFile(
      "Discarded input sections\n\n"
      " .text.unused   0x0000000000000000       0x99 src/a.cc.o\n\n"
      "Linker script and memory map\n\n"
      ".entry          0x0000000000000000       0x40\n"
      " *(.kinglet.entry)\n"
      " .kinglet.entry\n"
      "                0x0000000000000000       0x40 src/a.cc.o\n"
      ".text           0x0000000000000040      0x100\n"
      " *(.text .text.*)\n"
      " .text.f        0x0000000000000040       0x10 src/a.cc.o\n"
      "                0x0000000000000040                f\n"
      " *fill*         0x0000000000000050        0x4 \n"
      " .text          0x0000000000000054       0x20 /usr/lib/libc.a(memcpy.o)\n"
      " .text          0x0000000000000074        0x8 /usr/lib/libc.a(memset.o)\n"
      ".rodata         0x0000000000000140       0x30\n"
      " .rodata.weights_of_a_long_name\n"
      "                0x0000000000000140       0x30 src/b.cc.o\n"
      ".bss            0x0000000020000000       0x18\n"
      " .bss.x         0x0000000020000000       0x10 src/b.cc.o\n"
      " COMMON         0x0000000020000010        0x8 src/c.c.o\n"
      "/DISCARD/\n"
      " .eh_frame      0x0000000000000000       0x77 src/b.cc.o\n");
  ASSERT_EQ(files.size(), 4U);
  EXPECT_EQ(files[0].file, "libc.a");
  EXPECT_EQ(files[0].code_bytes, 0x28U);
  EXPECT_EQ(files[1].file, "src/a.cc");
  EXPECT_EQ(files[1].code_bytes, 0x50U);
  const std::map<std::string, uint64_t> function{{".text.f", 0x10}};
  EXPECT_EQ(files[1].sections, function);
  EXPECT_EQ(files[2].file, "src/b.cc");
  EXPECT_EQ(files[2].constant_bytes, 0x30U);
  const std::map<std::string, uint64_t> weights{{".rodata.weights_of_a_long_name", 0x30}};
  EXPECT_EQ(files[2].sections, weights);
  EXPECT_EQ(files[2].bss_bytes, 0x10U);
  EXPECT_EQ(files[3].file, "src/c.c");
  EXPECT_EQ(files[3].bss_bytes, 8U);
}

TEST(MapFile, OtherTextHasNoFiles) {
  EXPECT_TRUE(ReadMapFile("nothing of the kind\n\n .").empty());
}

}  // namespace
}  // namespace kinglet::emulate
