#include "src/emulate/firmware.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace kinglet::emulate {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

board::Board SmallBoard(uint64_t flash_bytes, uint64_t ram_bytes) {
  auto board = board::LoadBoard("cortex-m4f");
  EXPECT_TRUE(board) << board.error().message;
  board->name = "small-board";
  board->flash_bytes = flash_bytes;
  board->ram_bytes = ram_bytes;
  return *board;
}

// An application with `constants` bytes in flash and `variables` bytes in RAM.
Result<Image> BuildApplication(const board::Board& board, size_t constants, size_t variables) {
  KINGLET_TRY(Firmware firmware, Firmware::Start(board));
  KINGLET_CHECK(firmware.Add(
      {{"app/main.cc",
        fmt::format("#include <stdint.h>\n#include <string.h>\n"
                    "extern const uint8_t table[{0}];\n const uint8_t table[{0}] = {{1, 2}};\n"
                    "uint8_t state[{1}];\n volatile unsigned index;\n"
                    "int main() {{ memcpy(state, table + index, index);\n"
                    "  return state[index] + table[index]; }}\n",
                    constants, variables)}}));
  KINGLET_TRY(std::vector<std::string> sources, firmware.AddPort(Firmware::Port::kStartup));
  sources.emplace_back("app/main.cc");
  return firmware.Link({.sources = sources, .stack_bytes = 512});
}

TEST(Firmware, SizesAreExactAndAddUp) {
  const auto small = BuildApplication(SmallBoard(65536, 16384), 1000, 2000);
  ASSERT_TRUE(small) << small.error().message;
  const auto large = BuildApplication(SmallBoard(65536, 16384), 3000, 5000);
  ASSERT_TRUE(large) << large.error().message;
  EXPECT_EQ(large->flash_bytes() - small->flash_bytes(), 2000U);
  EXPECT_EQ(large->static_ram_bytes() - small->static_ram_bytes(), 3000U);
  EXPECT_EQ(small->stack_bytes, 512U);
  EXPECT_GT(small->code_bytes, 64U);
  EXPECT_LT(small->code_bytes, 1500U);

  const auto file = [&](std::string_view name) {
    const auto it = std::find_if(small->files.begin(), small->files.end(),
                                 [&](const FileSize& size) { return size.file == name; });
    return it == small->files.end() ? FileSize{} : *it;
  };
  EXPECT_EQ(file("app/main.cc").constant_bytes, 1000U);
  EXPECT_EQ(file("app/main.cc").bss_bytes, 2004U);
  EXPECT_GT(file("libc.a").code_bytes, 0U) << "memcpy";
  uint64_t code = 0;
  for (const FileSize& size : small->files) code += size.code_bytes;
  EXPECT_LE(code, small->code_bytes);
  EXPECT_GE(code + 32, small->code_bytes) << "only alignment gaps belong to no file";
}

TEST(Firmware, TooMuchForTheFlashIsOneClearError) {
  const auto image = BuildApplication(SmallBoard(65536, 16384), 70000, 100);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, Code::kOverBudget);
  EXPECT_THAT(image.error().message, StartsWith("application needs 70,"));
  EXPECT_THAT(image.error().message, HasSubstr(" B of flash, small-board has 65,536 B: "));
  EXPECT_EQ(image.error().message.find('\n'), std::string::npos);
}

TEST(Firmware, TooMuchForTheRamIsOneClearError) {
  const auto image = BuildApplication(SmallBoard(65536, 16384), 100, 20000);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, Code::kOverBudget);
  EXPECT_THAT(image.error().message, HasSubstr(" B of RAM, small-board has 16,384 B: "));
  EXPECT_THAT(image.error().message, StartsWith("application needs 20,5"));
}

TEST(Firmware, ACompilerErrorNamesFileAndLine) {
  auto firmware = Firmware::Start(SmallBoard(65536, 16384));
  ASSERT_TRUE(firmware) << firmware.error().message;
  ASSERT_TRUE(firmware->Add({{"app/bad.cc", "int main() {\n  return nothing;\n}\n"}}));
  const auto image = firmware->Link({.sources = {"app/bad.cc"}});
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, Code::kInvalid);
  EXPECT_THAT(image.error().message,
              StartsWith("app/bad.cc does not compile for cortex-m4f: app/bad.cc:2:"));
}

TEST(Firmware, AStaticConstructorIsRefused) {
  auto firmware = Firmware::Start(SmallBoard(65536, 16384));
  ASSERT_TRUE(firmware) << firmware.error().message;
  ASSERT_TRUE(firmware->Add({{"main.cc",
                              "int Make();\nint made = Make();\n"
                              "int Make() { static volatile int x; return x; }\n"
                              "int main() { return made; }\n"}}));
  auto sources = firmware->AddPort(Firmware::Port::kStartup);
  ASSERT_TRUE(sources) << sources.error().message;
  sources->emplace_back("main.cc");
  const auto image = firmware->Link({.sources = *sources, .stack_bytes = 512});
  ASSERT_FALSE(image);
  EXPECT_THAT(image.error().message, HasSubstr("static constructors are not run"));
}

TEST(Firmware, KeepsFilesInsideItsFolder) {
  auto firmware = Firmware::Start(SmallBoard(65536, 16384));
  ASSERT_TRUE(firmware) << firmware.error().message;
  for (const char* path : {"../x.cc", "/tmp/x.cc", "a/../../x.cc", "-o.cc", "a b.cc", ""}) {
    EXPECT_FALSE(firmware->Add({{path, ""}})) << path;
  }
  ASSERT_TRUE(firmware->Add({{"x.cc", "1"}}));
  EXPECT_FALSE(firmware->Add({{"x.cc", "2"}})) << "a second text under the same name";
}

// `text` as C++ or assembler, from the extension of `path`, linked to run anywhere.
Result<MovableCode> LinkMovable(const std::string& board, const std::string& text,
                                const std::string& path = "a.cc") {
  KINGLET_TRY(Firmware firmware,
              Firmware::Start(*board::LoadBoard(board), "-O2", Firmware::CodeKind::kMovable));
  KINGLET_CHECK(firmware.Add({{path, text}}));
  return firmware.LinkMovable("f", {path});
}

constexpr const char* kMovableSource =
    "#include <string.h>\nextern \"C\" void f(int* p);\n"
    "extern const int table[50];\n"
    "[[gnu::noinline]] static void Add(int* p) { for (int i = 0; i < 50; ++i) p[i] += table[i]; }\n"
    "void f(int* p) { memset(p, p[0], p[1]); Add(p); p[2] /= p[3]; }\n"
    "const int table[50] = {1, 2, 3};\n";

TEST(Firmware, MovableCodeBringsWhatItCalls) {
  for (const char* core : {"cortex-m0plus", "cortex-m4f", "cortex-m55", "rv32imc"}) {
    const auto code = LinkMovable(core, kMovableSource);
    ASSERT_TRUE(code) << core << ": " << code.error().message;
    EXPECT_GE(code->bytes.size(), 50 * sizeof(int)) << core;
    EXPECT_LT(code->entry_offset, code->bytes.size()) << core;
  }
}

TEST(Firmware, WhatCannotMoveIsRefused) {
  const std::string head = "extern \"C\" int f(int i);\n";
  for (const char* core : {"cortex-m0plus", "cortex-m4f", "rv32imc"}) {
    const auto message = [&](const std::string& text, const std::string& path = "a.cc") {
      const auto code = LinkMovable(core, text, path);
      return code ? std::string("linked") : code.error().message;
    };
    EXPECT_THAT(message(head + "static int n = 3; int f(int i) { return n += i; }\n"),
                HasSubstr("data: movable code has no variables"));
    EXPECT_THAT(message(head + "static int n; int f(int i) { return n += i; }\n"),
                HasSubstr("bss: movable code has no variables"));
    EXPECT_THAT(message(head + "const char* const names[] = {\"ab\", \"c\", \"def\"};\n"
                               "int f(int i) { return names[i][0]; }\n"),
                HasSubstr("movable code has no variables and no tables of addresses"));
    EXPECT_THAT(message("  .text\n  .globl f\n  .type f, %function\nf:\n  .word f\n", "a.S"),
                HasSubstr("f: an address in f: movable code has none"));
  }
}

}  // namespace
}  // namespace kinglet::emulate
