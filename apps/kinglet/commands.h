// The commands of the kinglet program, each in a file of its own.
#pragma once

namespace kinglet::apps {

class CommandLine;

// One line a command, in the order of the help text.
void AddBench(CommandLine& cli);
void AddBoards(CommandLine& cli);
void AddData(CommandLine& cli);
void AddInvoke(CommandLine& cli);
void AddNew(CommandLine& cli);
void AddLineage(CommandLine& cli);

}  // namespace kinglet::apps
