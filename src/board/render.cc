#include "src/board/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace kinglet::board {

using Json = nlohmann::ordered_json;

std::string BoardsText(const std::vector<Board>& boards) {
  size_t width = 5;
  for (const Board& board : boards) width = std::max(width, board.name.size());
  std::string text = fmt::format("{:<{}}  {:<13}{:>9}{:>12}{:>12}  {}\n", "board", width, "core",
                                 "clock", "flash", "ram", "title");
  for (const Board& board : boards) {
    text += fmt::format("{:<{}}  {:<13}{:>5.0f} MHz{:>8} KiB{:>8} KiB  {}\n", board.name, width,
                        board.core.name, board.clock_hz / 1e6, board.flash_bytes / 1024,
                        board.ram_bytes / 1024, board.title);
  }
  return text;
}

std::string BoardsJson(const std::vector<Board>& boards) {
  Json list = Json::array();
  for (const Board& board : boards) {
    const bool powered = board.active_power_mw > 0;
    list.push_back({{"board", board.name},
                    {"title", board.title},
                    {"core", board.core.name},
                    {"generic", board.generic},
                    {"flash_bytes", board.flash_bytes},
                    {"ram_bytes", board.ram_bytes},
                    {"clock_hz", static_cast<uint64_t>(board.clock_hz)},
                    {"cycles_per_instruction", board.core.cycles_per_instruction},
                    {"cycles_error", board.core.timing.error},
                    {"flash_wait_cycles_per_byte", board.flash_wait_cycles_per_byte},
                    {"active_power_mw", powered ? Json(board.active_power_mw) : Json(nullptr)},
                    {"sources",
                     {{"flash", board.sources.flash},
                      {"ram", board.sources.ram},
                      {"clock", board.sources.clock},
                      {"power", powered ? Json(board.sources.power) : Json(nullptr)},
                      {"cycles_per_instruction", board.core.source},
                      {"timing", board.core.timing.source},
                      {"cycles_error", board.core.timing.error_source}}}});
  }
  return Json{{"boards", std::move(list)}}.dump(2);
}

}  // namespace kinglet::board
