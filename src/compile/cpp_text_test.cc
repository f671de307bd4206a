#include "src/compile/cpp_text.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <limits>

#include "src/base/random.h"

namespace kinglet::compile {
namespace {

TEST(Identifier, IsAlwaysOneWordOfItsOwn) {
  EXPECT_EQ(Identifier("KWS ref-model"), "kws_ref_model");
  EXPECT_EQ(Identifier("a//b__c"), "a_b_c");
  EXPECT_EQ(Identifier("96_int8"), "model_96_int8");
  EXPECT_EQ(Identifier("  \xc3\xa9 "), "model");
  EXPECT_EQ(Identifier(""), "model");
  EXPECT_EQ(Identifier("Class"), "class_model");
  EXPECT_EQ(Identifier("linux"), "linux_model");
  EXPECT_EQ(Identifier("test"), "test_model") << "CMake keeps this name of a target for itself";
  EXPECT_EQ(Identifier("x; } void f() {"), "x_void_f");
  EXPECT_EQ(Identifier(std::string(1000, 'a')).size(), 60U);
}

TEST(StringLiteral, KeepsEveryByteInsideItsQuotes) {
  EXPECT_EQ(StringLiteral("yes"), "\"yes\"");
  EXPECT_EQ(StringLiteral("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(StringLiteral("a\nb"), R"("a\012b")");
  EXPECT_EQ(StringLiteral("\xc3\xa9"
                          "5"),
            R"("\303\2515")");
  EXPECT_EQ(StringLiteral("?\?="), R"("\?\?=")");
}

TEST(CommentText, StaysOnItsLine) {
  EXPECT_EQ(CommentText("conv\n#error"), "conv_#error");
  EXPECT_EQ(CommentText("ends with \\"), "ends with _");
  EXPECT_EQ(CommentText("trigraph ?\?/").find("?\?"), std::string::npos);
  EXPECT_EQ(CommentText(std::string(500, 'x')).size(), 100U);
}

TEST(FloatLiteral, ReadsBackAsTheSameBits) {
  EXPECT_EQ(FloatLiteral(1), "1.0F");
  EXPECT_EQ(FloatLiteral(0), "0.0F");
  Random random(3);
  for (int i = 0; i < 2000; ++i) {
    const auto value = std::bit_cast<float>(random.Next() & 0x7f7f'ffffU);
    EXPECT_EQ(std::strtof(FloatLiteral(value).c_str(), nullptr), value);
  }
}

TEST(ArrayElements, WritesEveryElementInShortLines) {
  Bytes bytes;
  for (const int32_t value :
       {0, -1, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()}) {
    AppendLe(bytes, value);
  }
  EXPECT_EQ(ArrayElements(ir::DataType::kInt32, bytes),
            "    0, -1, (-2147483647 - 1), 2147483647,\n");
  const std::string many = ArrayElements(ir::DataType::kInt8, Bytes(200, 0x80));
  size_t longest = 0;
  for (size_t begin = 0; begin < many.size();) {
    const size_t end = many.find('\n', begin);
    longest = std::max(longest, end - begin);
    begin = end + 1;
  }
  EXPECT_GT(longest, 80U);
  EXPECT_LE(longest, 100U);
}

TEST(ArrayElements, WritesFloatsAlsoThoseThatAreNoNumbers) {
  Bytes bytes;
  for (const uint32_t bits : {0x3dcccccdU, 0x80000000U, 0xff800000U, 0x7fc00012U, 0xffa00000U}) {
    AppendLe(bytes, bits);
  }
  EXPECT_EQ(ArrayElements(ir::DataType::kFloat32, bytes),
            "    0.100000001F, -0.0F, -__builtin_inff(), __builtin_nanf(\"0x12\"), "
            "-__builtin_nansf(\"0x200000\"),\n");
}

}  // namespace
}  // namespace kinglet::compile
