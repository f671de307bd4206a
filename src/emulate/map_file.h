// Reads GNU ld's map file: which input file put how many bytes where.
#pragma once

#include <string_view>
#include <vector>

#include "src/emulate/firmware.h"

namespace kinglet::emulate {

// One entry a file, sorted by name; files in an archive are joined under the archive's name. Object
// files "x/y.cc.o" appear as their source "x/y.cc". The map is our own linker's; lines that cannot
// be read are left out.
std::vector<FileSize> ReadMapFile(std::string_view map);

}  // namespace kinglet::emulate
