#include <fmt/ranges.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "apps/kinglet/command_line.h"
#include "apps/kinglet/commands.h"
#include "src/bench/board_program.h"
#include "src/board/board.h"
#include "src/compile/generate.h"
#include "src/compile/render.h"
#include "src/module/module.h"
#include "src/optimize/optimize.h"
#include "src/tflite/read.h"

namespace kinglet::apps {
namespace {

struct Options {
  std::string model, board, folder, name, format;
  std::string goal = "flash";
  std::vector<std::string> disabled_passes;
  bool module = false, explain = false, json = false;
};

std::string PassList() {
  std::string text = "Passes, none of which changes a bit of the outputs:\n";
  for (const optimize::PassInfo& pass : optimize::Passes()) {
    text += fmt::format("  {:<24}{}\n", pass.name, pass.purpose);
  }
  return text;
}

Result<int> Compile(const Options& options) {
  compile::CompileOptions compile_options;
  if (!options.format.empty()) {
    if (options.module) {
      return Fail(Code::kInvalid,
                  "--format and --module: a module is one binary; give one of them");
    }
    KINGLET_TRY(compile_options.format, compile::ParseFormat(options.format));
  }
  KINGLET_TRY(const compile::Goal goal, compile::ParseGoal(options.goal));
  KINGLET_TRY(const ir::Graph graph, tflite::ReadModelFile(options.model));
  KINGLET_TRY(const board::Board board, board::LoadBoard(options.board));
  compile_options.name =
      options.name.empty() ? std::filesystem::path(options.model).stem().string() : options.name;
  compile_options.target = compile::TargetOf(board, goal);
  compile_options.passes.disabled = options.disabled_passes;
  KINGLET_TRY(const compile::CompiledModel model, compile::Compile(graph, compile_options));
  // Nothing is written for a board that cannot hold it.
  KINGLET_TRY(
      const bench::BoardProgram program,
      bench::BoardProgram::Build(graph, board, {.passes = compile_options.passes, .goal = goal}));
  compile::CompileSummary summary{board.name, board.core.name, options.folder,
                                  program.application().flash_bytes(), options.explain};
  if (options.module) {
    KINGLET_TRY(const module::Module built, module::BuildModule(model, board));
    KINGLET_CHECK(compile::WriteFolder(built.files, options.folder));
    summary.module = {built.header.module_bytes, built.header.code_bytes,
                      built.header.interface_hash, built.header.crc32};
  } else {
    KINGLET_CHECK(compile::WriteFolder(model.files, options.folder));
  }

  const std::string text =
      options.json ? compile::ToJson(model, summary) + "\n" : compile::ToText(model, summary);
  std::fputs(text.c_str(), stdout);
  return 0;
}

}  // namespace

void AddCompile(CommandLine& cli) {
  auto options = std::make_shared<Options>();
  Command& command =
      cli.Add("compile", "Turn a .tflite model into a folder of C++ that runs it, no interpreter");
  command.Positional("MODEL", &options->model, "A .tflite file with int8 tensors");
  command.Option("--board", &options->board, "NAME",
                 "The board it must fit; 'kinglet boards' lists them and the bare cores",
                 Command::Need::kRequired);
  command.Option("-o,--output", &options->folder, "DIR", "Folder to write",
                 Command::Need::kRequired);
  command.Option("--name", &options->name, "NAME",
                 "Namespace and library of the generated code; the file's name when absent");
  command.Option("--optimize", &options->goal, "GOAL",
                 "Choose kernels for least flash (flash, the default), fewest instructions (speed) "
                 "or the smallest arena (ram)");
  command.Options("--disable-pass", &options->disabled_passes, "PASS",
                  "Leave a pass over the model out; the list is below");
  command.Option("--format", &options->format, "FORMAT",
                 fmt::format("Kind of folder: {}; cmake when absent",
                             fmt::join(compile::FormatNames(), ", ")));
  command.Flag("--module", &options->module,
               "Write one binary that runs wherever it lies, and its loader, instead of sources");
  command.Flag("--explain", &options->explain,
               "Also tell what each pass did and which kernels run");
  command.Flag("--json", &options->json, "Print one JSON object");
  command.Footer("The folder's README.md says how to build, call and check the code.\n\n" +
                 PassList());
  command.Run([options] { return Compile(*options); });
}

}  // namespace kinglet::apps
