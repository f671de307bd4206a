#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "apps/kinglet/command_line.h"
#include "apps/kinglet/commands.h"
#include "src/lookahead/render.h"
#include "src/pipeline/stages.h"

namespace kinglet::apps {
namespace {

struct Options {
  std::string folder = ".";
  std::string board;
  std::vector<std::string> boards;
  bool json = false;
};

constexpr int kDoesNotFit = 3;

void Print(const std::string& text) { std::fputs(text.c_str(), stdout); }

Result<int> PlanBoard(const pipeline::PlanSubject& subject, const std::string& name, bool json) {
  KINGLET_TRY(const board::Board board, board::LoadBoard(name));
  KINGLET_TRY(const lookahead::Plan plan,
              lookahead::PlanFor(board, subject.requirements, subject.pipeline, subject.models));
  Print(json ? lookahead::PlanJson(plan) + "\n" : lookahead::PlanText(plan));
  return plan.chosen ? 0 : kDoesNotFit;
}

Result<std::vector<board::Board>> LoadNamed(const std::vector<std::string>& names) {
  if (names == std::vector<std::string>{"all"}) return board::LoadBoards();
  std::vector<board::Board> boards;
  for (const std::string& name : names) {
    KINGLET_TRY(board::Board board, board::LoadBoard(name));
    if (board.generic) {
      return Fail(Code::kInvalid, "{} is a bare core; only real boards are ranked", name);
    }
    boards.push_back(std::move(board));
  }
  return boards;
}

Result<int> Rank(const pipeline::PlanSubject& subject, const std::vector<std::string>& names,
                 bool json) {
  KINGLET_TRY(const std::vector<board::Board> boards, LoadNamed(names));
  KINGLET_TRY(
      const std::vector<lookahead::Plan> plans,
      lookahead::RankBoards(boards, subject.requirements, subject.pipeline, subject.models));
  Print(json ? lookahead::RankingJson(plans) + "\n" : lookahead::RankingText(plans));
  return plans.front().chosen ? 0 : kDoesNotFit;
}

Result<int> Plan(const Options& options) {
  if (!options.board.empty() && !options.boards.empty()) {
    return Fail(Code::kInvalid,
                "--board plans one board, --boards ranks several: give one of them");
  }
  KINGLET_TRY(const pipeline::Project project, pipeline::LoadProject(options.folder));
  KINGLET_TRY(const int classes, pipeline::KnownClasses(project));
  KINGLET_TRY(const pipeline::PlanSubject subject, pipeline::MeasurePlanSubject(project, classes));
  if (!options.boards.empty()) return Rank(subject, options.boards, options.json);
  return PlanBoard(subject, options.board.empty() ? project.board : options.board, options.json);
}

}  // namespace

void AddPlan(CommandLine& cli) {
  auto options = std::make_shared<Options>();
  Command& command =
      cli.Add("plan", "Tell which model fits the board and why, before any training");
  command.Option("--project", &options->folder, "DIR", "Folder of kinglet.toml");
  command.Option("--board", &options->board, "NAME", "This board instead of the project's");
  command.Options("--boards", &options->boards, "all|NAME...", "Rank these boards");
  command.Flag("--json", &options->json, "Print one JSON object");
  command.Footer("Exit status 0: a model fits; 3: none does. docs/plan.md explains every line.");
  command.Run([options] { return Plan(*options); });
}

}  // namespace kinglet::apps
