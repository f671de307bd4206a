// The four MLPerf Tiny models compiled for emulated cores, beside other software on the same cores.
//
//   kinglet_mlperf_tiny MODELS [--only kws|resnet|vww|ad] [--core CORE]
//
// MODELS is the folder with the .tflite files of the suite's reference. Instructions are counted,
// flash and RAM (arena, scratch, variables, stack) are those of the linked application, cycles are
// estimated by the core's timing. Every output byte is compared with the host's; the exit status is
// 70 when one differs.
//
// The anchors:
// * TensorFlow Lite Micro 90b983c with CMSIS-NN 4ab83cc, GCC 12.2, measured in the same way: per
//   core the fewest instructions of all optimisation levels and options; RAM as arena and stack;
//   flash of the smallest build, interpreter and model file included.
// * X-CUBE-AI 9 on NUCLEO-L4R5ZI (Cortex-M4, 120 MHz), MLPerf Tiny v1.2, closed division: latency
//   times clock.
#include <fmt/format.h>

#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/bench/bench.h"
#include "src/board/board.h"
#include "src/tflite/read.h"

namespace kinglet {
namespace {

struct Model {
  std::string_view name, file;
  double ram_bytes, flash_bytes;  // TFLM with CMSIS-NN on Cortex-M4F
  double published_m4_cycles;     // X-CUBE-AI 9
};
constexpr Model kModels[] = {
    {"kws", "kws_ref_model.tflite", 24'584, 100'692, 43.19e-3 * 120e6},
    {"resnet", "pretrainedResnet_quant.tflite", 56'760, 142'416, 165.13e-3 * 120e6},
    {"vww", "vww_96_int8.tflite", 102'472, 380'044, 88.93e-3 * 120e6},
    {"ad", "ad01_int8.tflite", 3'664, 300'512, 5.26e-3 * 120e6},
};

struct Row {
  std::string_view core;
  compile::Goal goal;
  std::string_view label;
  double anchors[4];  // instructions with CMSIS-NN, in the order of kModels; 0: not measured
};
constexpr Row kRows[] = {
    {"cortex-m4f", compile::Goal::kFlash, "flash", {7'226'498, 28'503'768, 22'609'357, 573'263}},
    {"cortex-m4f", compile::Goal::kSpeed, "speed", {7'226'498, 28'503'768, 22'609'357, 573'263}},
    {"cortex-m0plus",
     compile::Goal::kFlash,
     "flash",
     {28'995'222, 97'549'688, 86'902'830, 1'763'401}},
    {"cortex-m55", compile::Goal::kFlash, "flash", {1'785'207, 4'809'399, 6'433'325, 149'909}},
    {"rv32imc", compile::Goal::kFlash, "flash", {}},
};

// The board whose published figures are compared, for its flash.
constexpr char kPublishedBoard[] = "nucleo-l4r5zi";

struct Options {
  std::string models, only, core;
};

std::string Ratio(double value, double anchor) {
  return anchor == 0 ? "-" : fmt::format("{:.2f}", value / anchor);
}

Result<bool> PrintRow(const Options& options, const Row& row, size_t index) {
  const Model& model = kModels[index];
  KINGLET_TRY(const ir::Graph graph,
              tflite::ReadModelFile(fmt::format("{}/{}", options.models, model.file)));
  KINGLET_TRY(const board::Board board, board::LoadBoard(std::string(row.core)));
  KINGLET_TRY(const bench::BenchResult result,
              bench::BenchModel(graph, board, {.sample_count = 2, .goal = row.goal}));
  const bool is_m4 = row.core == "cortex-m4f";
  std::string cycles_ratio = "-", flash_cycles = "-", flash_ratio = "-";
  if (is_m4) {
    KINGLET_TRY(const board::Board published, board::LoadBoard(kPublishedBoard));
    KINGLET_TRY(const bench::BenchResult waiting,
                bench::BenchModel(graph, published, {.sample_count = 2, .goal = row.goal}));
    const auto with_flash = static_cast<double>(waiting.cycles);
    cycles_ratio = Ratio(static_cast<double>(result.cycles), model.published_m4_cycles);
    flash_cycles = fmt::format("{:.0f}", with_flash);
    flash_ratio = Ratio(with_flash, model.published_m4_cycles);
  }
  const auto ram = static_cast<double>(result.ram_bytes);
  const auto flash = static_cast<double>(result.flash_bytes);
  std::printf("%s\n",
              fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
                          row.core, row.label, model.name, result.instructions,
                          Ratio(static_cast<double>(result.instructions), row.anchors[index]),
                          result.cycles, cycles_ratio, flash_cycles, flash_ratio, result.ram_bytes,
                          is_m4 ? Ratio(ram, model.ram_bytes) : "-", result.flash_bytes,
                          is_m4 ? Ratio(flash, model.flash_bytes) : "-",
                          result.bit_identical ? "yes" : "NO")
                  .c_str());
  std::fflush(stdout);
  return result.bit_identical;
}

Result<bool> PrintTable(const Options& options) {
  std::printf(
      "| core | optimize | model | instructions | of CMSIS-NN | cycles, no waiting | of X-CUBE-AI "
      "9 "
      "| cycles, %s | of X-CUBE-AI 9 | RAM B | of TFLM | flash B | of TFLM | bit-identical |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
      kPublishedBoard);
  bool identical = true;
  for (const Row& row : kRows) {
    if (!options.core.empty() && options.core != row.core) continue;
    for (size_t i = 0; i < std::size(kModels); ++i) {
      if (!options.only.empty() && options.only != kModels[i].name) continue;
      KINGLET_TRY(const bool same, PrintRow(options, row, i));
      identical = identical && same;
    }
  }
  return identical;
}

}  // namespace
}  // namespace kinglet

int main(int argc, char** argv) {
  const std::span<char*> arguments(argv, static_cast<size_t>(argc));
  kinglet::Options options;
  bool valid = argc >= 2 && argc % 2 == 0;
  if (valid) options.models = arguments[1];
  for (size_t i = 2; valid && i + 1 < arguments.size(); i += 2) {
    const std::string_view flag = arguments[i];
    valid = flag == "--only" || flag == "--core";
    (flag == "--only" ? options.only : options.core) = arguments[i + 1];
  }
  if (!valid) {
    std::fprintf(stderr, "usage: kinglet_mlperf_tiny MODELS [--only MODEL] [--core CORE]\n");
    return 2;
  }
  const auto identical = kinglet::PrintTable(options);
  if (!identical.has_value()) {
    std::fprintf(stderr, "mlperf_tiny: %s\n", identical.error().message.c_str());
    return kinglet::ExitStatus(identical.error().code);
  }
  return *identical ? 0 : 70;
}
