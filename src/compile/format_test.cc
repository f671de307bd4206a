#include "src/compile/format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/compile/emit.h"
#include "tests/support/graph_builder.h"

namespace kinglet::compile {
namespace {

using ::testing::HasSubstr;

TEST(Format, NamesReadBack) {
  for (size_t i = 0; i < FormatNames().size(); ++i) {
    const auto format = ParseFormat(FormatNames()[i]);
    ASSERT_TRUE(format.has_value());
    EXPECT_EQ(static_cast<size_t>(*format), i);
  }
  const auto format = ParseFormat("make");
  ASSERT_FALSE(format.has_value());
  EXPECT_EQ(format.error().message,
            "format 'make' is not known; known are cmake, arduino, zephyr, esp-idf, platformio");
}

TEST(Format, LibrariesTakeAssembler) {
  const ir::Graph graph = kinglet::testing::SmallNetwork();
  const Program program = MakeProgram(graph).value();
  const ModelNumbers numbers = Measure(graph, program);
  Emission e{graph, program, numbers, "bird", {}, false, nullptr, {}, {}, {}, {}};
  e.kernel_sources = {"device/kernels/a/conv.S", "device/kernels/a/add.cc"};
  const auto files = [&](Format format) {
    e.format = format;
    FileTexts texts;
    AddFormat(e, texts);
    return texts;
  };
  const FileTexts cmake = files(Format::kCMake);
  EXPECT_THAT(cmake.at("CMakeLists.txt"), HasSubstr("LANGUAGES CXX ASM"));
  EXPECT_THAT(cmake.at("CMakeLists.txt"), HasSubstr("\n  device/kernels/a/conv.S\n"));
  EXPECT_THAT(files(Format::kZephyr).at("CMakeLists.txt"),
              HasSubstr("\n    device/kernels/a/conv.S\n"));
  EXPECT_THAT(files(Format::kEspIdf).at("CMakeLists.txt"),
              HasSubstr("\n    \"device/kernels/a/conv.S\"\n"));
  EXPECT_EQ(LibraryPath(Format::kArduino, "device/kernels/a/conv.S"),
            "src/device/kernels/a/conv.S");
  EXPECT_EQ(LibraryPath(Format::kArduino, "model.cc"), "src/model.cpp");
  EXPECT_EQ(LibraryPath(Format::kPlatformIo, "model.cc"), "src/model.cc");
}

}  // namespace
}  // namespace kinglet::compile
