#include "apps/kinglet/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>

#include "src/base/config.h"

namespace kinglet::apps {

struct Command::Impl {
  CLI::App* app;
  std::function<Result<int>()> run;
};

Command::Command(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Command::~Command() = default;

void Command::Positional(const std::string& name, std::string* target, const std::string& help,
                         Need need) {
  impl_->app->add_option(name, *target, help)->required(need == Need::kRequired)->type_name("");
}

void Command::Positionals(const std::string& name, std::vector<std::string>* target,
                          const std::string& help, Need need) {
  impl_->app->add_option(name, *target, help)->required(need == Need::kRequired)->type_name("");
}

void Command::Option(const std::string& flag, std::string* target, const std::string& value,
                     const std::string& help, Need need) {
  impl_->app->add_option(flag, *target, help)
      ->type_name(value)
      ->required(need == Need::kRequired)
      ->capture_default_str();
}

void Command::Option(const std::string& flag, int64_t* target, const std::string& value,
                     const std::string& help) {
  impl_->app->add_option(flag, *target, help)->type_name(value)->capture_default_str();
}

void Command::Options(const std::string& flag, std::vector<std::string>* target,
                      const std::string& value, const std::string& help) {
  impl_->app->add_option(flag, *target, help)->type_name(value);
}

void Command::Flag(const std::string& flag, bool* target, const std::string& help) {
  impl_->app->add_flag(flag, *target, help);
}

void Command::Footer(const std::string& text) { impl_->app->footer(text); }

void Command::Run(std::function<Result<int>()> run) { impl_->run = std::move(run); }

struct CommandLine::Impl {
  std::unique_ptr<CLI::App> owned;  // the root only
  CLI::App* app;
  std::string program;
  std::vector<std::unique_ptr<Command>> commands;
  std::vector<std::pair<CLI::App*, Command::Impl*>> runners;
  std::vector<std::unique_ptr<CommandLine>> groups;

  Command::Impl* Chosen() const {
    for (const auto& [parsed, command] : runners) {
      if (parsed->parsed()) return command;
    }
    for (const auto& group : groups) {
      if (Command::Impl* command = group->impl_->Chosen()) return command;
    }
    return nullptr;
  }

  // The innermost command that was reached, to point at its help.
  const CLI::App* Deepest() const {
    const CLI::App* at = app;
    while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
    return at;
  }
};

CommandLine::CommandLine(const std::string& program, const std::string& summary,
                         const std::string& version)
    : impl_(std::make_unique<Impl>()) {
  impl_->owned = std::make_unique<CLI::App>(summary, program);
  impl_->app = impl_->owned.get();
  impl_->program = program;
  impl_->app->set_version_flag("--version", program + " " + version);
  impl_->app->require_subcommand(1);
}

CommandLine::CommandLine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CommandLine::~CommandLine() = default;

Command& CommandLine::Add(const std::string& name, const std::string& summary) {
  auto command = std::make_unique<Command::Impl>();
  command->app = impl_->app->add_subcommand(name, summary);
  impl_->runners.emplace_back(command->app, command.get());
  impl_->commands.push_back(std::make_unique<Command>(std::move(command)));
  return *impl_->commands.back();
}

CommandLine& CommandLine::AddGroup(const std::string& name, const std::string& summary) {
  auto group = std::make_unique<Impl>();
  group->app = impl_->app->add_subcommand(name, summary);
  group->app->require_subcommand(1);
  group->program = impl_->program + " " + name;
  impl_->groups.push_back(std::unique_ptr<CommandLine>(new CommandLine(std::move(group))));
  return *impl_->groups.back();
}

namespace {

// One line on standard error, whatever names from outside stand in it: no control character gets
// through.
void PrintError(const std::string& program, std::string message) {
  std::ranges::replace_if(
      message, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  std::fputs(fmt::format("{}: error: {}\n", program, message).c_str(), stderr);
}

// What a command returned; what the standard library throws becomes an error here, at the border.
Result<int> RunCaught(const std::function<Result<int>()>& run) {
  try {
    return run();
  } catch (const std::bad_alloc&) {
    return Fail(Code::kIo, "out of memory");
  } catch (const std::exception& error) {
    return Fail(Code::kInternal, "{}", error.what());
  }
}

// "kinglet: error: ..." with what the parser knows, plus the nearest command when a word was
// mistyped.
int ReportUsage(const CLI::App& deepest, const std::string& program, const std::string& what,
                int argc, char** argv) {
  std::string message = what;
  std::replace(message.begin(), message.end(), '\n', ' ');
  std::vector<std::string> names;
  for (const CLI::App* sub : deepest.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(sub->get_name());
  }
  std::string path = program;
  int depth = 0;
  for (const CLI::App* at = &deepest; at->get_parent(); at = at->get_parent(), ++depth) {
    path.insert(program.size(), " " + at->get_name());
  }
  // In a group only command names stand before the word that was not understood.
  if (!names.empty() && depth + 1 < argc && argv[depth + 1][0] != '-') {
    const auto nearest = NearestWord(argv[depth + 1], names);
    message = fmt::format("'{}' is not a command{}", argv[depth + 1],
                          nearest ? fmt::format("; did you mean '{}'?", *nearest) : "");
  }
  PrintError(program, fmt::format("{} (see '{} --help')", message, path));
  return 2;
}

}  // namespace

int CommandLine::Main(int argc, char** argv) {
  try {
    impl_->app->parse(argc, argv);
  } catch (const CLI::Success& success) {
    return impl_->app->exit(success);
  } catch (const CLI::ParseError& error) {
    return ReportUsage(*impl_->Deepest(), impl_->program, error.what(), argc, argv);
  }
  const Command::Impl* command = impl_->Chosen();
  KINGLET_ASSERT(command != nullptr && command->run);
  const Result<int> status = RunCaught(command->run);
  if (status) return *status;
  PrintError(impl_->program, status.error().message);
  return ExitStatus(status.error().code);
}

}  // namespace kinglet::apps
