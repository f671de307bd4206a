#include "src/data/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kinglet::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Bytes File(std::string header, const Bytes& elements, uint8_t version = 1) {
  Bytes file = {0x93, 'N', 'U', 'M', 'P', 'Y', version, 0};
  if (version == 1) {
    AppendLe(file, static_cast<uint16_t>(header.size()));
  } else {
    AppendLe(file, static_cast<uint32_t>(header.size()));
  }
  file.insert(file.end(), header.begin(), header.end());
  file.insert(file.end(), elements.begin(), elements.end());
  return file;
}

std::string ErrorOf(const Bytes& file) {
  const auto array = ParseNpy(file);
  return array.has_value() ? "" : array.error().message;
}

TEST(Npy, ReadsWhatItWrites) {
  const NpyArray array = {{2, 1, 2}, {1, -2.5F, 0, 1e30F}};
  const Bytes file = FormatNpy(array);
  const auto read = ParseNpy(file);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->shape, array.shape);
  EXPECT_EQ(read->values, array.values);
  EXPECT_EQ((file.size() - 16) % 64, 0U);
}

TEST(Npy, ReadsBytesAsTheirValues) {
  const std::string shape = "'fortran_order': False, 'shape': (3,)}";
  EXPECT_THAT(ParseNpy(File("{'descr': '|i1', " + shape, {0xff, 1, 0x80}))->values,
              ElementsAre(-1, 1, -128));
  EXPECT_THAT(ParseNpy(File("{\"descr\": '|u1',\n" + shape, {0xff, 1, 0x80}, 2))->values,
              ElementsAre(255, 1, 128));
}

TEST(Npy, ReadsAScalarAndAnEmptyArray) {
  const std::string start = "{'descr': '|u1', 'fortran_order': False, 'shape': ";
  EXPECT_THAT(ParseNpy(File(start + "()}", {7}))->values, ElementsAre(7));
  EXPECT_THAT(ParseNpy(File(start + "(0, 5), }", {}))->shape, ElementsAre(0, 5));
}

TEST(Npy, RefusesWhatItCannotRead) {
  EXPECT_THAT(ErrorOf({}), HasSubstr("no .npy file"));
  EXPECT_THAT(ErrorOf(File("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", Bytes(8))),
              HasSubstr("type '<f8': must be float32, int8 or uint8"));
  EXPECT_THAT(ErrorOf(File("{'descr': '<f4', 'fortran_order': True, 'shape': (1,)}", Bytes(4))),
              HasSubstr("Fortran"));
  EXPECT_THAT(ErrorOf(File("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", Bytes(4))),
              HasSubstr("4 bytes of elements, its header says 8"));
  EXPECT_THAT(ErrorOf(File("{'descr': '<f4'}", {})), HasSubstr("header"));
  EXPECT_THAT(ErrorOf(File("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", {})),
              HasSubstr("header"));
  EXPECT_THAT(ErrorOf(File("{'descr': '<f4', 'fortran_order': False, 'shape': "
                           "(4294967296, 4294967296, 0)}",
                           {})),
              HasSubstr("dimension of 4294967296"));
  Bytes cut = FormatNpy({{1}, {1}});
  cut.resize(40);
  EXPECT_THAT(ErrorOf(cut), HasSubstr("header of"));
}

}  // namespace
}  // namespace kinglet::data
