// The list of known boards for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "src/board/board.h"

namespace kinglet::board {

// A table, one board a line; lines end in '\n'.
std::string BoardsText(const std::vector<Board>& boards);
// One JSON object, {"boards": [...]}, with the source of every figure; docs/boards.md names the
// fields.
std::string BoardsJson(const std::vector<Board>& boards);

}  // namespace kinglet::board
