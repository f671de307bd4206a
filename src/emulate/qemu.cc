#include "src/emulate/qemu.h"

#include <cstdlib>
#include <filesystem>

#include "device/port/port.h"
#include "src/base/files.h"
#include "src/emulate/machine.h"
#include "src/emulate/process.h"
#include "src/emulate/timing.h"

namespace kinglet::emulate {
namespace {

constexpr size_t kMarksMax = 64;  // as in plugin/count.c

// A mark in the plugin's file: see plugin/count.c.
struct Record {
  uint64_t mark, executed, time_units, flash_bytes;
};
static_assert(sizeof(Record) == 32);
constexpr const char* kTimingFile = "timing.bin";

// Beside the installed program (bin/kinglet, lib/kinglet/kinglet_count.so), else where it was
// built.
Result<std::string> FindPlugin() {
  std::error_code failed;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", failed);
  const std::filesystem::path installed =
      program.parent_path().parent_path() / "lib" / "kinglet" / "kinglet_count.so";
  if (!failed && FileExists(installed.string())) return installed.string();
  if (FileExists(KINGLET_BUILD_PLUGIN)) return std::string(KINGLET_BUILD_PLUGIN);
  return Fail(Code::kNotFound,
              "the counting plugin is neither at {} nor at {}: install Kinglet again",
              installed.string(), KINGLET_BUILD_PLUGIN);
}

// QEMU separates options by commas and takes two for one.
std::string EscapeCommas(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    escaped += c;
    if (c == ',') escaped += c;
  }
  return escaped;
}

Result<std::string> PluginOption(const Image& image, const std::vector<std::string>& marks) {
  KINGLET_ASSERT(marks.size() <= kMarksMax);
  KINGLET_TRY(const std::string plugin, FindPlugin());
  std::string option = EscapeCommas(plugin) + ",out=marks.bin";
  for (const std::string& mark : marks) {
    const auto symbol = image.symbols.find(mark);
    if (symbol == image.symbols.end()) {
      return Fail(Code::kInternal, "{} has no symbol {}", image.path, mark);
    }
    option += fmt::format(",mark=0x{:x}", symbol->second);
  }
  return option;
}

// Puts the timing table into `folder`; the rest of the plugin's option.
Result<std::string> TimingOption(const board::Board& board, const Image& image,
                                 const std::string& folder) {
  KINGLET_TRY(const Machine machine, FindMachine(board.core.machine));
  KINGLET_TRY(const Bytes table, MakeTimingTable(board.core, image.path));
  KINGLET_CHECK(WriteFileAtomic(fmt::format("{}/{}", folder, kTimingFile), table));
  return fmt::format(",timing={},flash_begin=0x{:x},flash_end=0x{:x}", kTimingFile,
                     machine.flash_origin, machine.flash_origin + machine.flash_bytes);
}

std::vector<std::string> Arguments(const board::Board& board, const Image& image) {
  std::vector<std::string> arguments = {board.core.qemu,
                                        "-machine",
                                        board.core.machine,
                                        "-nodefaults",
                                        "-no-user-config",
                                        "-display",
                                        "none",
                                        "-monitor",
                                        "none",
                                        "-serial",
                                        "none",
                                        "-nic",
                                        "none",
                                        "-no-reboot",
                                        "-semihosting-config",
                                        "enable=on,target=native",
                                        "-kernel",
                                        image.path};
  if (board.core.machine == "virt") {
    for (const char* more : {"-bios", "none", "-m", "64M"}) arguments.emplace_back(more);
  }
  return arguments;
}

Status CheckEnd(const board::Board& board, const ProcessOutput& end, double seconds_max) {
  const std::string where = fmt::format("{} on the emulated {}", board.name, board.core.machine);
  const std::string last_words =
      end.text.empty() ? "" : ": " + end.text.substr(0, end.text.find('\n'));
  if (end.timed_out) {
    return Fail(Code::kIo, "{}: the program did not end within {} s and was stopped", where,
                seconds_max);
  }
  if (end.signal != 0) {
    return Fail(Code::kIo, "{}: the emulator was stopped by signal {}{}", where, end.signal,
                last_words);
  }
  if (end.status == port::kStatusFault) {
    return Fail(Code::kIo, "{}: the program faulted (stack overflow or a stray access)", where);
  }
  if (end.status == port::kStatusOutputRefused) {
    return Fail(Code::kIo, "{}: the run's output was refused: the disk is full, or it is too long",
                where);
  }
  if (end.status != 0) {
    return Fail(Code::kIo, "{}: the program ended with status {}{}", where, end.status, last_words);
  }
  return {};
}

Result<std::vector<MarkHit>> ReadHits(const std::string& path, size_t mark_count) {
  KINGLET_TRY(const Bytes bytes, ReadFile(path));
  std::vector<MarkHit> hits;
  hits.reserve(bytes.size() / sizeof(Record));
  for (size_t at = 0; at + sizeof(Record) <= bytes.size(); at += sizeof(Record)) {
    const auto record = LoadLe<Record>(bytes, at);
    if (record.mark >= mark_count) return Fail(Code::kInternal, "{}: mark {}", path, record.mark);
    hits.push_back({static_cast<uint32_t>(record.mark), record.executed,
                    static_cast<double>(record.time_units) / kTimeUnitsPerCycle,
                    record.flash_bytes});
  }
  return hits;
}

}  // namespace

Result<RunOutput> Run(const board::Board& board, const Image& image, ByteView input,
                      const RunOptions& options) {
  KINGLET_TRY(const TemporaryFolder folder, TemporaryFolder::Make("kinglet-run-"));
  KINGLET_CHECK(WriteFileAtomic(folder.path() + "/input.bin", input));
  std::vector<std::string> arguments = Arguments(board, image);
  if (!options.marks.empty()) {
    KINGLET_TRY(std::string plugin, PluginOption(image, options.marks));
    if (options.cycles) {
      KINGLET_TRY(const std::string timing, TimingOption(board, image, folder.path()));
      plugin += timing;
    }
    arguments.emplace_back("-plugin");
    arguments.push_back(std::move(plugin));
  }
  auto end = RunProcess(arguments, {.folder = folder.path(),
                                    .seconds_max = options.seconds_max,
                                    .file_bytes_max = options.file_bytes_max});
  if (!end && end.error().code == Code::kNotFound) {
    return Fail(Code::kNotFound, "{} is not installed: install the package {} (Debian's name)",
                board.core.qemu,
                board.core.qemu == "qemu-system-arm" ? "qemu-system-arm" : "qemu-system-misc");
  }
  if (!end) return tl::unexpected(end.error());
  KINGLET_CHECK(CheckEnd(board, *end, options.seconds_max));

  RunOutput result;
  if (FileExists(folder.path() + "/output.bin")) {
    KINGLET_TRY(result.output, ReadFile(folder.path() + "/output.bin", options.file_bytes_max));
  }
  if (!options.marks.empty()) {
    KINGLET_TRY(result.hits, ReadHits(folder.path() + "/marks.bin", options.marks.size()));
  }
  return result;
}

std::vector<uint64_t> InstructionsBetween(const std::vector<MarkHit>& hits, uint32_t begin,
                                          uint32_t end) {
  std::vector<uint64_t> stretches;
  bool inside = false;
  uint64_t start = 0;
  for (const MarkHit& hit : hits) {
    if (hit.mark == begin) {
      inside = true;
      start = hit.executed;
    } else if (hit.mark == end && inside) {
      stretches.push_back(hit.executed - start);
      inside = false;
    }
  }
  return stretches;
}

}  // namespace kinglet::emulate
