#include "src/board/render.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace kinglet::board {
namespace {

Board Toy() {
  Board board;
  board.name = "toy";
  board.title = "Toy (XY1)";
  board.core.name = "cortex-m4f";
  board.core.cycles_per_instruction = 1.5;
  board.core.source = "measured";
  board.flash_bytes = 262'144;
  board.ram_bytes = 65'536;
  board.clock_hz = 80e6;
  board.sources = {"sheet 1", "sheet 2", "sheet 3", ""};
  return board;
}

TEST(BoardsText, OneLineABoard) {
  EXPECT_EQ(BoardsText({Toy()}),
            "board  core             clock       flash         ram  title\n"
            "toy    cortex-m4f      80 MHz     256 KiB      64 KiB  Toy (XY1)\n");
}

TEST(BoardsJson, CarriesFiguresAndSources) {
  const auto json = nlohmann::json::parse(BoardsJson({Toy()}));
  const auto& board = json.at("boards").at(0);
  EXPECT_EQ(board.at("board"), "toy");
  EXPECT_EQ(board.at("flash_bytes"), 262'144);
  EXPECT_EQ(board.at("clock_hz"), 80'000'000);
  EXPECT_EQ(board.at("sources").at("ram"), "sheet 2");
  EXPECT_EQ(board.at("sources").at("cycles_per_instruction"), "measured");
  EXPECT_TRUE(board.at("active_power_mw").is_null());
  EXPECT_TRUE(board.at("sources").at("power").is_null());
}

}  // namespace
}  // namespace kinglet::board
