// The kinds of folder that a model is written as, one for each build system.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/result.h"

namespace kinglet::compile {

enum class Format : uint8_t {
  kCMake,       // a CMake project with a library
  kArduino,     // a library for the Arduino IDE and arduino-cli
  kZephyr,      // a Zephyr module
  kEspIdf,      // a component of ESP-IDF
  kPlatformIo,  // a PlatformIO library
};

// "cmake", "arduino", "zephyr", "esp-idf", "platformio", in the order of the enumeration.
const std::vector<std::string_view>& FormatNames();

// kInvalid names the known ones.
Result<Format> ParseFormat(std::string_view name);

// Where a file of the library ("model.cc", "device/kernels/portable/conv_2d.cc") lies in the
// folder. The folder that holds "model.h" is on the include path and the only one that is.
std::string LibraryPath(Format format, const std::string& path);

}  // namespace kinglet::compile
