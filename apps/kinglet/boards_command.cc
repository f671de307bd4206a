#include <cstdio>
#include <memory>

#include "apps/kinglet/command_line.h"
#include "apps/kinglet/commands.h"
#include "src/board/render.h"

namespace kinglet::apps {

void AddBoards(CommandLine& cli) {
  auto json = std::make_shared<bool>(false);
  Command& command = cli.Add("boards", "List the known boards and the bare cores");
  command.Flag("--json", json.get(), "Print one JSON object, with the source of every figure");
  command.Footer("docs/boards.md says how to add a board: one file in boards/.");
  command.Run([json]() -> Result<int> {
    KINGLET_TRY(const std::vector<board::Board> boards, board::LoadBoards());
    const std::string text = *json ? board::BoardsJson(boards) + "\n" : board::BoardsText(boards);
    std::fputs(text.c_str(), stdout);
    return 0;
  });
}

}  // namespace kinglet::apps
