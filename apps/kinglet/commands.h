// The commands of the kinglet program, each in a file of its own.
#pragma once

namespace kinglet::apps {

class CommandLine;

// In the order of the work; the help text lists them so.
void AddNew(CommandLine& cli);
void AddData(CommandLine& cli);
void AddPlan(CommandLine& cli);
void AddTrain(CommandLine& cli);
void AddQuantize(CommandLine& cli);
void AddCompile(CommandLine& cli);
void AddDeploy(CommandLine& cli);
void AddBench(CommandLine& cli);
void AddReport(CommandLine& cli);
void AddRun(CommandLine& cli);
void AddLineage(CommandLine& cli);
void AddInvoke(CommandLine& cli);
void AddBoards(CommandLine& cli);

}  // namespace kinglet::apps
