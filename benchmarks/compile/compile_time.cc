// Where the time goes between a model and its library, in processor time of this program and of the
// compilers that it starts, so that other programs on the machine do not matter.
//
//   kinglet_compile_time CORE [MODEL.tflite ...]
//
// A line for each model; without any, a small network of our own. Milliseconds: `plan` the memory
// plan alone, `generate` all that Compile does (passes, plan, test vectors through both executors,
// texts), `kernels` and `model` compiling these sources for the core, `module` building model.kmod.
#include <fmt/core.h>
#include <sys/resource.h>

#include <filesystem>
#include <functional>

#include "src/board/board.h"
#include "src/compile/generate.h"
#include "src/emulate/firmware.h"
#include "src/module/module.h"
#include "src/tflite/read.h"
#include "tests/support/graph_builder.h"

namespace kinglet {
namespace {

double ProcessorMs(int who) {
  rusage usage{};
  getrusage(who, &usage);
  const auto ms = [](const timeval& time) {
    return 1e3 * static_cast<double>(time.tv_sec) + 1e-3 * static_cast<double>(time.tv_usec);
  };
  return ms(usage.ru_utime) + ms(usage.ru_stime);
}

// Of this program and of the processes it has waited for.
double Cost(const std::function<void()>& work) {
  const auto now = [] { return ProcessorMs(RUSAGE_SELF) + ProcessorMs(RUSAGE_CHILDREN); };
  const double begin = now();
  work();
  return now() - begin;
}

// Compiles `sources` of the model for the board; they are linked so that nothing is left undone.
Status CompileSources(const compile::CompiledModel& model, const board::Board& board,
                      bool kernels) {
  KINGLET_TRY(emulate::Firmware firmware,
              emulate::Firmware::Start(board, "-O2", emulate::Firmware::CodeKind::kMovable));
  KINGLET_CHECK(firmware.Add(model.files));
  KINGLET_CHECK(
      firmware.Add({{"nothing.cc", "extern \"C\" void nothing();\nvoid nothing() {}\n"}}));
  std::vector<std::string> sources = {"nothing.cc"};
  for (const std::string& source : model.sources) {
    if (source.starts_with("device/") == kernels) sources.push_back(source);
  }
  KINGLET_TRY(const emulate::MovableCode code, firmware.LinkMovable("nothing", sources));
  return {};
}

Status Report(const ir::Graph& graph, const board::Board& board) {
  const compile::CompileOptions options = {.name = "model",
                                           .target = compile::TargetOf(board.core)};
  Result<compile::CompiledModel> model = Fail(Code::kInternal, "not compiled");
  const double generate = Cost([&] { model = compile::Compile(graph, options); });
  if (!model) return tl::unexpected(model.error());
  Status status;
  const auto cost = [&](const std::function<Status()>& work) {
    return Cost([&] {
      if (status) status = work();
    });
  };
  const double plan = cost([&]() -> Status {
    KINGLET_TRY(const compile::Program program, compile::MakeProgram(model->graph, options.target));
    return {};
  });
  const double kernels = cost([&] { return CompileSources(*model, board, true); });
  const double text = cost([&] { return CompileSources(*model, board, false); });
  const double module = cost([&]() -> Status {
    KINGLET_TRY(const module::Module built, module::BuildModule(*model, board));
    return {};
  });
  KINGLET_CHECK(status);
  fmt::print("{:<28}{:>10}{:>10}{:>8.0f}{:>10.0f}{:>9.0f}{:>8.0f}{:>8.0f}\n",
             graph.name.substr(0, 27), model->numbers.weights_bytes,
             model->files.at("model.cc").size(), plan, generate, kernels, text, module);
  return {};
}

Status Main(int argc, char** argv) {
  if (argc < 2) return Fail(Code::kInvalid, "usage: kinglet_compile_time CORE [MODEL.tflite ...]");
  KINGLET_TRY(const board::Board board, board::LoadBoard(argv[1]));
  fmt::print("{:<28}{:>10}{:>10}{:>8}{:>10}{:>9}{:>8}{:>8}\n", "processor time, ms", "weights B",
             "model.cc", "plan", "generate", "kernels", "model", "module");
  if (argc == 2) return Report(testing::SmallNetwork(), board);
  for (int i = 2; i < argc; ++i) {
    KINGLET_TRY(ir::Graph graph, tflite::ReadModelFile(argv[i]));
    graph.name = std::filesystem::path(argv[i]).stem().string();
    KINGLET_CHECK(Report(graph, board));
  }
  return {};
}

}  // namespace
}  // namespace kinglet

int main(int argc, char** argv) {
  const kinglet::Status status = kinglet::Main(argc, argv);
  if (status) return 0;
  fmt::print(stderr, "{}\n", status.error().message);
  return status.error().code == kinglet::Code::kNotFound ? 77 : 1;
}
