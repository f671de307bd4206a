#include "src/compile/estimate.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "src/base/config.h"
#include "src/base/files.h"
#include "src/board/board.h"

namespace kinglet::compile {
namespace {

constexpr int64_t kCodeBytesMax = 1 << 20;
constexpr double kPerUnitMax = 1e6;

uint64_t ReadBytes(ConfigTable& table, std::string_view key) {
  if (!table.Has(key)) table.Reject(key, "is missing");
  return static_cast<uint64_t>(table.GetInt(key, 0, 0, kCodeBytesMax));
}

KernelCost ReadKernel(ConfigTable& table) {
  KernelCost cost;
  cost.libgcc_bytes = ReadBytes(table, "libgcc_bytes");
  cost.stack_bytes = ReadBytes(table, "stack_bytes");
  for (size_t i = 0; i < KernelWork::kCount; ++i) {
    cost.instructions[i] = table.GetDouble(KernelWork::kNames[i], 0, 0, kPerUnitMax);
  }
  ConfigTable& code = table.Table("code_bytes");
  for (const std::string& piece : code.Keys()) cost.code_bytes[piece] = ReadBytes(code, piece);
  return cost;
}

}  // namespace

Result<CoreCosts> LoadCoreCosts(const std::string& core) {
  KINGLET_TRY(const std::string folder, board::DataFolder());
  const std::string path = fmt::format("{}/cores/costs/{}.toml", folder, core);
  if (!FileExists(path)) {
    return Fail(Code::kNotFound,
                "{}: nobody has measured the kernels' costs on {}: run calibrate {}", path, core,
                core);
  }
  KINGLET_TRY(const std::string text, ReadTextFile(path));
  KINGLET_TRY(CoreCosts costs, ParseCoreCosts(text, path));
  costs.core = core;
  return costs;
}

Result<CoreCosts> ParseCoreCosts(std::string_view text, const std::string& place) {
  KINGLET_TRY(ConfigTable table, ConfigTable::Parse(text, place));
  CoreCosts costs;
  costs.argument_bytes = table.GetDouble("argument_bytes", 0, 0, kPerUnitMax);
  for (const std::string& key : table.Keys()) {
    if (key != "argument_bytes") costs.kernels[key] = ReadKernel(table.Table(key));
  }
  KINGLET_CHECK(table.Finish());
  return costs;
}

std::string CoreCostsText(const CoreCosts& costs) {
  std::string text = fmt::format(
      "# Costs of the kernels on {}, measured by benchmarks/compile/calibrate; do not "
      "edit.\n"
      "# Bytes; then instructions per turn of each loop (src/compile/kernel_work.h).\n"
      "argument_bytes = {:.3f}\n",
      costs.core, costs.argument_bytes);
  for (const auto& [function, cost] : costs.kernels) {
    text += fmt::format("\n[{}]\nlibgcc_bytes = {}\nstack_bytes = {}\n", function,
                        cost.libgcc_bytes, cost.stack_bytes);
    for (size_t i = 0; i < KernelWork::kCount; ++i) {
      if (cost.instructions[i] == 0) continue;
      text += fmt::format("{} = {:.3f}\n", KernelWork::kNames[i], cost.instructions[i]);
    }
    text += fmt::format("[{}.code_bytes]\n", function);
    for (const auto& [piece, bytes] : cost.code_bytes) {
      text += fmt::format("\"{}\" = {}\n", piece, bytes);
    }
  }
  return text;
}

Result<ModelEstimate> Estimate(const Program& program, const CoreCosts& costs) {
  ModelEstimate estimate;
  std::map<std::string_view, uint64_t> linked;  // pieces of code
  uint64_t libgcc_bytes = 0;
  double call_bytes = 0;
  for (const Step& step : program.steps) {
    if (step.moves_nothing) {
      estimate.layer_instructions.push_back(0);
      continue;
    }
    const auto found = costs.kernels.find(std::string(step.call.kernel->function));
    if (found == costs.kernels.end()) {
      return Fail(Code::kNotFound, "nobody has measured kernel {} on {}: run calibrate {}",
                  step.call.kernel->function, costs.core, costs.core);
    }
    const KernelCost& cost = found->second;
    const auto work = WorkOf(step.call).Values();
    double instructions = 0;
    for (size_t i = 0; i < work.size(); ++i) instructions += work[i] * cost.instructions[i];
    estimate.layer_instructions.push_back(instructions);
    estimate.instructions += instructions;
    estimate.stack_bytes = std::max(estimate.stack_bytes, cost.stack_bytes);
    estimate.kernel_bytes += step.call.params.values().size() * sizeof(int32_t);
    call_bytes += costs.argument_bytes * static_cast<double>(ArgumentCount(step));
    for (const auto& [piece, bytes] : cost.code_bytes) {
      uint64_t& known = linked[piece];
      known = std::max(known, bytes);
    }
    // Kernels share library functions; the largest set is close to the union.
    libgcc_bytes = std::max(libgcc_bytes, cost.libgcc_bytes);
  }
  for (const auto& [piece, bytes] : linked) estimate.kernel_bytes += bytes;
  const bool by_weights = std::ranges::any_of(
      linked, [](const auto& piece) { return piece.first.starts_with("lanes/"); });
  estimate.instructions_error = by_weights ? kInstructionsErrorByWeights : kInstructionsError;
  estimate.kernel_bytes += libgcc_bytes + static_cast<uint64_t>(call_bytes);
  return estimate;
}

size_t ArgumentCount(const Step& step) { return step.call.arguments.size() + 1; }

}  // namespace kinglet::compile
