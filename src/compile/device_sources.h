// Copies of the device code that generated folders carry, so that they build alone.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "src/base/result.h"

namespace kinglet::compile {

// Path relative to a folder -> text of the file.
using FileTexts = std::map<std::string, std::string>;

// The files named in `paths` ("device/kernels/portable/conv_2d.cc") and every device header that
// they include, directly or not, from the data folder (board::DataFolder). kNotFound names the
// missing file.
Result<FileTexts> ReadDeviceSources(const std::vector<std::string>& paths);

}  // namespace kinglet::compile
