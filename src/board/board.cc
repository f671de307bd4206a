#include "src/board/board.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "src/base/config.h"
#include "src/base/files.h"

namespace kinglet::board {
namespace {

// Far beyond any microcontroller; keeps sums of sizes within 64 bits.
constexpr int64_t kMemoryBytesMax = int64_t{1} << 32;
constexpr double kClockHzMax = 4e9;
constexpr double kPowerMwMax = 1e5;
constexpr double kCyclesPerInstructionMax = 100;

// Notes an error when `key` is absent or empty: board and core files have no defaults for facts.
std::string RequireString(ConfigTable& table, std::string_view key) {
  std::string value = table.GetString(key, "");
  if (value.empty()) table.Reject(key, "is missing");
  return value;
}

void Require(ConfigTable& table, std::string_view key) {
  if (!table.Has(key)) table.Reject(key, "is missing");
}

// Names of the .toml files in `folder`, without the ending, sorted.
Result<std::vector<std::string>> ListNames(const std::string& folder) {
  KINGLET_TRY(const std::vector<std::string> files, ListFiles(folder));
  std::vector<std::string> names;
  for (const std::string& file : files) {
    if (file.ends_with(".toml") && file.find('/') == std::string::npos) {
      names.push_back(file.substr(0, file.size() - 5));
    }
  }
  std::sort(names.begin(), names.end());  // "a.toml" sorts after "a-b.toml", "a" before "a-b"
  return names;
}

// The file of `name` in `folder`; only a listed name is ever opened, so that a name is never a
// path.
Result<std::string> FindFile(const std::string& folder, const std::string& name,
                             std::string_view what) {
  KINGLET_TRY(const std::vector<std::string> names, ListNames(folder));
  if (std::find(names.begin(), names.end(), name) != names.end()) {
    return folder + "/" + name + ".toml";
  }
  const std::optional<std::string> nearest = NearestWord(name, names);
  return Fail(Code::kNotFound, "{} '{}' is not known; {}", what, name,
              nearest ? fmt::format("did you mean '{}'?", *nearest)
                      : fmt::format("known are {}", fmt::join(names, ", ")));
}

constexpr double kCyclesMax = 1000;  // of one instruction

struct Cost {
  std::string_view key;
  double Timing::*cycles;
};
constexpr Cost kCosts[] = {
    {"other", &Timing::other},
    {"load", &Timing::load},
    {"load_next", &Timing::load_next},
    {"load_use", &Timing::load_use},
    {"address_use", &Timing::address_use},
    {"store", &Timing::store},
    {"transfer", &Timing::transfer},
    {"multiply", &Timing::multiply},
    {"multiply_use", &Timing::multiply_use},
    {"multiply_long", &Timing::multiply_long},
    {"divide", &Timing::divide},
    {"branch", &Timing::branch},
    {"call", &Timing::call},
    {"branch_register", &Timing::branch_register},
    {"return_load", &Timing::return_load},
    {"loop_end", &Timing::loop_end},
    {"float_multiply_add", &Timing::float_multiply_add},
    {"float_divide", &Timing::float_divide},
    {"vector", &Timing::vector},
};

// Every cost must be there, so that none is forgotten.
Timing ReadTiming(ConfigTable& table) {
  Timing timing;
  for (const char* key : {"issue_width", "error"}) Require(table, key);
  timing.issue_width = static_cast<int32_t>(table.GetInt("issue_width", 1, 1, 2));
  for (const Cost& cost : kCosts) {
    Require(table, cost.key);
    timing.*cost.cycles = table.GetDouble(cost.key, 0, 0, kCyclesMax);
  }
  timing.error = table.GetDouble("error", 0, 0, 1);
  timing.source = RequireString(table, "source");
  timing.error_source = RequireString(table, "error_source");
  return timing;
}

Result<Core> ReadCore(ConfigTable& table) {
  Core core;
  core.toolchain =
      table.GetChoice("toolchain", "arm-none-eabi", {"arm-none-eabi", "riscv64-unknown-elf"});
  core.compile_flags = table.GetStrings("compile_flags");
  if (core.compile_flags.empty()) table.Reject("compile_flags", "is missing");
  core.fpu = table.GetBool("fpu", false);
  core.dsp = table.GetBool("dsp", false);
  core.kernels = table.GetChoice("kernels", "portable",
                                 {"portable", "armv6m", "cortex_m4", "helium", "riscv"});
  core.cycles_per_instruction =
      table.GetDouble("cycles_per_instruction", 0, 0.01, kCyclesPerInstructionMax);
  core.machine = RequireString(table, "machine");
  core.qemu =
      table.GetChoice("qemu", "qemu-system-arm", {"qemu-system-arm", "qemu-system-riscv32"});
  core.source = RequireString(table, "source");
  core.timing = ReadTiming(table.Table("timing"));
  for (const char* key : {"toolchain", "fpu", "dsp", "cycles_per_instruction", "qemu"}) {
    Require(table, key);
  }
  KINGLET_CHECK(table.Finish());
  return core;
}

// The board, with nothing of its core but the name.
Result<Board> ReadBoard(ConfigTable& table) {
  Board board;
  board.title = RequireString(table, "title");
  board.generic = table.GetBool("generic", false);
  board.core.name = RequireString(table, "core");

  ConfigTable& flash = table.Table("flash");
  Require(flash, "bytes");
  board.flash_bytes = static_cast<uint64_t>(flash.GetInt("bytes", 0, 1, kMemoryBytesMax));
  board.sources.flash = RequireString(flash, "source");
  if (flash.Has("wait_cycles_per_byte")) {
    board.flash_wait_cycles_per_byte = flash.GetDouble("wait_cycles_per_byte", 0, 0, kCyclesMax);
    board.sources.flash_wait = RequireString(flash, "wait_source");
  }
  ConfigTable& ram = table.Table("ram");
  Require(ram, "bytes");
  board.ram_bytes = static_cast<uint64_t>(ram.GetInt("bytes", 0, 1, kMemoryBytesMax));
  board.sources.ram = RequireString(ram, "source");
  ConfigTable& clock = table.Table("clock");
  Require(clock, "hz");
  board.clock_hz = clock.GetDouble("hz", 0, 1e3, kClockHzMax);
  board.sources.clock = RequireString(clock, "source");
  if (table.Has("power")) {
    ConfigTable& power = table.Table("power");
    Require(power, "active_mw");
    board.active_power_mw = power.GetDouble("active_mw", 0, 0.001, kPowerMwMax);
    board.sources.power = RequireString(power, "source");
  }
  KINGLET_CHECK(table.Finish());

  return board;
}

Result<Core> LoadCore(const std::string& folder, const std::string& name) {
  KINGLET_TRY(const std::string path, FindFile(folder + "/cores", name, "core"));
  KINGLET_TRY(ConfigTable table, ConfigTable::ParseFile(path));
  KINGLET_TRY(Core core, ReadCore(table));
  core.name = name;
  return core;
}

bool HoldsData(const std::filesystem::path& folder) {
  std::error_code ignored;
  return std::filesystem::is_directory(folder / "boards", ignored) &&
         std::filesystem::is_directory(folder / "cores", ignored);
}

}  // namespace

Result<std::string> DataFolder() {
  if (const char* chosen = std::getenv("KINGLET_DATA"); chosen && *chosen) {
    if (HoldsData(chosen)) return std::string(chosen);
    return Fail(Code::kNotFound, "KINGLET_DATA={}: has no folders boards and cores", chosen);
  }
  std::error_code failed;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", failed);
  std::filesystem::path installed;
  if (!failed) installed = program.parent_path().parent_path() / "share" / "kinglet";
  if (!installed.empty() && HoldsData(installed)) return installed.string();
  if (HoldsData(KINGLET_SOURCE_DIR)) return std::string(KINGLET_SOURCE_DIR);
  return Fail(
      Code::kNotFound,
      "no folder with boards and cores in {} or {}; set KINGLET_DATA to the one that has them",
      installed.string(), KINGLET_SOURCE_DIR);
}

Result<Core> ParseCore(std::string_view text, const std::string& place) {
  KINGLET_TRY(ConfigTable table, ConfigTable::Parse(text, place));
  return ReadCore(table);
}

Result<Board> ParseBoard(std::string_view text, const std::string& place) {
  KINGLET_TRY(ConfigTable table, ConfigTable::Parse(text, place));
  return ReadBoard(table);
}

Result<Board> LoadBoardFrom(const std::string& folder, const std::string& name) {
  KINGLET_TRY(const std::string path, FindFile(folder + "/boards", name, "board"));
  KINGLET_TRY(ConfigTable table, ConfigTable::ParseFile(path));
  KINGLET_TRY(Board board, ReadBoard(table));
  board.name = name;
  auto core = LoadCore(folder, board.core.name);
  if (!core) return Within(path, std::move(core).error());
  board.core = std::move(*core);
  return board;
}

Result<std::vector<Board>> LoadBoardsFrom(const std::string& folder) {
  KINGLET_TRY(const std::vector<std::string> names, ListNames(folder + "/boards"));
  std::vector<Board> boards;
  for (const std::string& name : names) {
    KINGLET_TRY(Board board, LoadBoardFrom(folder, name));
    boards.push_back(std::move(board));
  }
  std::stable_partition(boards.begin(), boards.end(),
                        [](const Board& board) { return !board.generic; });
  return boards;
}

Result<Board> LoadBoard(const std::string& name) {
  KINGLET_TRY(const std::string folder, DataFolder());
  return LoadBoardFrom(folder, name);
}

Result<std::vector<Board>> LoadBoards() {
  KINGLET_TRY(const std::string folder, DataFolder());
  return LoadBoardsFrom(folder);
}

std::string CanonicalText(const Board& board) {
  const Core& core = board.core;
  std::string text = fmt::format(
      "{} flash {} ram {} clock {:.17g} power {:.17g} core {} {} {} {} cpi {:.17g} {} {}",
      board.name, board.flash_bytes, board.ram_bytes, board.clock_hz, board.active_power_mw,
      core.name, core.toolchain, fmt::join(core.compile_flags, " "), core.kernels,
      core.cycles_per_instruction, core.qemu, core.machine);
  text += fmt::format(" wait {:.17g} timing {}", board.flash_wait_cycles_per_byte,
                      core.timing.issue_width);
  for (const Cost& cost : kCosts) text += fmt::format(" {:.17g}", core.timing.*cost.cycles);
  return text;
}

}  // namespace kinglet::board
