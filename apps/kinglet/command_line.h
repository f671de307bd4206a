// Declaring the program's commands. Keeps the argument parsing library out of every command's file.
//
// A command is one function in one file:
//   void AddPlan(CommandLine& cli) {
//     auto options = std::make_shared<Options>();
//     Command& command = cli.Add("plan", "Tell what fits the board, before training");
//     command.Option("--board", &options->board, "NAME", "Board instead of the project's");
//     command.Flag("--json", &options->json, "Print one JSON object");
//     command.Run([options]() -> Result<int> { ... return 0; });
//   }
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "src/base/result.h"

namespace kinglet::apps {

class Command {
 public:
  struct Impl;
  explicit Command(std::unique_ptr<Impl> impl);
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  ~Command();

  // The targets must outlive parsing: members of a shared options struct that the Run function
  // captures.
  enum class Need : uint8_t { kRequired, kOptional };
  void Positional(const std::string& name, std::string* target, const std::string& help,
                  Need need = Need::kRequired);
  void Positionals(const std::string& name, std::vector<std::string>* target,
                   const std::string& help, Need need = Need::kRequired);
  // `value` is what the help shows in place of the value ("DIR"). The target's present content is
  // the default.
  void Option(const std::string& flag, std::string* target, const std::string& value,
              const std::string& help, Need need = Need::kOptional);
  void Option(const std::string& flag, int64_t* target, const std::string& value,
              const std::string& help);
  // May be given several times, or once with several values.
  void Options(const std::string& flag, std::vector<std::string>* target, const std::string& value,
               const std::string& help);
  void Flag(const std::string& flag, bool* target, const std::string& help);
  // A sentence or an example below the help.
  void Footer(const std::string& text);
  // What the command does; returns the exit status (0 is success). An error is printed by main as
  // one line.
  void Run(std::function<Result<int>()> run);

 private:
  std::unique_ptr<Impl> impl_;
};

// The program, or a group of commands in it ("kinglet data ...").
class CommandLine {
 public:
  CommandLine(const std::string& program, const std::string& summary, const std::string& version);
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;
  ~CommandLine();

  Command& Add(const std::string& name, const std::string& summary);
  CommandLine& AddGroup(const std::string& name, const std::string& summary);

  // Parses and runs. Returns the process's exit status; 2 for a command line that makes no sense.
  int Main(int argc, char** argv);

 private:
  struct Impl;
  explicit CommandLine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kinglet::apps
