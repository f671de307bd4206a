#include <csignal>

#include "apps/kinglet/build_version.h"
#include "apps/kinglet/command_line.h"
#include "apps/kinglet/commands.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  kinglet::apps::CommandLine cli(
      "kinglet", "Machine learning on microcontrollers, from recordings to a verified firmware.",
      kinglet::apps::kBuildVersion);
  kinglet::apps::AddNew(cli);
  kinglet::apps::AddData(cli);
  kinglet::apps::AddPlan(cli);
  kinglet::apps::AddTrain(cli);
  kinglet::apps::AddQuantize(cli);
  kinglet::apps::AddCompile(cli);
  kinglet::apps::AddDeploy(cli);
  kinglet::apps::AddBench(cli);
  kinglet::apps::AddReport(cli);
  kinglet::apps::AddRun(cli);
  kinglet::apps::AddLineage(cli);
  kinglet::apps::AddInvoke(cli);
  kinglet::apps::AddBoards(cli);
  return cli.Main(argc, argv);
}
