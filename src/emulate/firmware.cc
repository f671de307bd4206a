#include "src/emulate/firmware.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

#include "src/base/files.h"
#include "src/base/progress.h"
#include "src/emulate/elf.h"
#include "src/emulate/machine.h"
#include "src/emulate/map_file.h"
#include "src/emulate/process.h"

namespace kinglet::emulate {
namespace {

constexpr size_t kCompilersAtOnce = 2;
constexpr uint64_t kImageBytesMax = uint64_t{64} << 20;
constexpr uint64_t kMapBytesMax = uint64_t{256} << 20;

const std::vector<std::string> kCompileFlags = {"-g0",
                                                "-Wall",
                                                "-Wextra",
                                                "-Werror",
                                                "-ffunction-sections",
                                                "-fdata-sections",
                                                "-fno-exceptions",
                                                "-fno-unwind-tables",
                                                "-fno-asynchronous-unwind-tables",
                                                "-ffp-contract=off",
                                                "-fno-math-errno"};
const std::vector<std::string> kCxxFlags = {"-std=c++17", "-fno-rtti", "-fno-threadsafe-statics",
                                            "-fno-use-cxa-atexit"};

// Addresses are made from the program counter. The hidden header says of every symbol that it is
// linked with us, so that no table of addresses is needed, and the linker must not make addresses
// absolute again.
const std::vector<std::string> kMovableFlags = {"-fpie", "-fvisibility=hidden"};
const std::vector<std::string> kMovableFlagsRiscv = {"-mcmodel=medany", "-mno-relax"};
constexpr const char* kHiddenHeader = "kinglet_hidden.h";
constexpr const char* kHidden = "#pragma GCC visibility push(hidden)\n";

constexpr const char* kMovableScript = R"(ENTRY({entry})
SECTIONS {{
  . = {origin:#x};
  .module : {{ *(.text .text.* .rodata .rodata.* .srodata .srodata.*) }}
  .got : {{ *(.got .got.*) }}
  .init_array : {{ KEEP(*(.preinit_array .init_array .init_array.* .ctors)) }}
  .data : {{ *(.data .data.* .sdata .sdata.*) }}
  .bss : {{ *(.bss .bss.* .sbss .sbss.* COMMON) }}
  /DISCARD/ : {{ *(.comment .eh_frame .eh_frame.* .ARM.exidx* .ARM.extab* .debug*) }}
}}
)";
constexpr const char* kMovableSection = ".module";
// Two places with nothing in common but their alignment.
constexpr std::array<uint32_t, 2> kOrigins = {0, 0x2001'2340};

void Append(std::vector<std::string>& to, const std::vector<std::string>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

// A relative path without "..", absolute parts or anything a shell or linker script could take
// amiss.
bool IsPlainPath(const std::string& path) {
  if (path.empty() || path.front() == '/' || path.front() == '-') return false;
  for (const auto& part : std::filesystem::path(path)) {
    if (part == ".." || part.empty()) return false;
  }
  return path.find_first_of(" \n\t'\"\\$*?") == std::string::npos;
}

// The first line that names an error, else the first line: what a person needs to see.
std::string FirstErrorLine(const std::string& text) {
  std::istringstream lines(text);
  std::string first;
  for (std::string line; std::getline(lines, line);) {
    if (first.empty()) first = line;
    if (line.starts_with("collect2:")) continue;
    for (const char* sign : {"error:", "Error:", "undefined reference"}) {
      if (line.find(sign) != std::string::npos) return line;
    }
  }
  return first;
}

// By how many bytes `region` is too small, by the linker's own words.
uint64_t Overflow(const std::string& text, std::string_view region) {
  const std::string sign = fmt::format("region `{}' overflowed by ", region);
  const size_t at = text.find(sign);
  return at == std::string::npos ? 0 : std::strtoull(text.c_str() + at + sign.size(), nullptr, 10);
}

Status OverBudget(const board::Board& board, const std::string& image, std::string_view kind,
                  uint64_t needed, uint64_t limit, std::string_view mend) {
  return Fail(Code::kOverBudget, "{} needs {} B of {}, {} has {} B: {}", image, FormatCount(needed),
              kind, board.name, FormatCount(limit), mend);
}

// The function or constant that `offset` lies in.
std::string SymbolAt(const std::map<std::string, uint32_t>& symbols, size_t offset) {
  const std::pair<const std::string, uint32_t>* best = nullptr;
  for (const auto& symbol : symbols) {
    if (symbol.second > offset) continue;
    if (best == nullptr || symbol.second >= best->second) best = &symbol;
  }
  return best == nullptr ? "no symbol" : best->first;
}

}  // namespace

struct Firmware::State {
  board::Board board;
  Machine machine;
  std::string optimize;
  CodeKind kind;
  TemporaryFolder folder;
  SourceFiles files;
  std::set<std::string> compiled;

  State(board::Board the_board, Machine the_machine, std::string level, CodeKind code,
        TemporaryFolder place)
      : board(std::move(the_board)),
        machine(std::move(the_machine)),
        optimize(std::move(level)),
        kind(code),
        folder(std::move(place)) {}

  std::string Compiler() const { return board.core.toolchain + "-g++"; }
  bool IsArm() const { return board.core.toolchain == "arm-none-eabi"; }
  Result<ProcessOutput> RunCompiler(const std::vector<std::string>& arguments) const;
  Status Compile(const std::string& source) const;
  Status CompileAll(const std::vector<std::string>& sources);
  Result<MemoryLimits> Limits(const LinkOptions& options) const;
  Status CallLinker(const LinkOptions& options, const MemoryLimits& limits) const;
  Result<Image> Measure(const LinkOptions& options) const;
  struct Linked {
    MovableCode code;
    std::map<std::string, uint32_t> symbols;  // by their offset
  };
  Result<Linked> LinkMovableAt(uint32_t origin, const std::string& entry,
                               const std::vector<std::string>& sources) const;
};

Result<ProcessOutput> Firmware::State::RunCompiler(
    const std::vector<std::string>& arguments) const {
  auto output = RunProcess(arguments, {.folder = folder.path(), .seconds_max = 600});
  if (!output && output.error().code == Code::kNotFound) {
    return Fail(
        Code::kNotFound, "{} is not installed: install the package {} (Debian's name)",
        arguments[0],
        IsArm() ? "gcc-arm-none-eabi" : "gcc-riscv64-unknown-elf and picolibc-riscv64-unknown-elf");
  }
  if (output && output->timed_out) {
    return Fail(Code::kIo, "{}: no end after 600 s", arguments[0]);
  }
  return output;
}

Status Firmware::State::Compile(const std::string& source) const {
  const bool c = source.ends_with(".c");
  std::vector<std::string> arguments = {board.core.toolchain + (c ? "-gcc" : "-g++")};
  Append(arguments, board.core.compile_flags);
  Append(arguments, kCompileFlags);
  if (source.ends_with(".cc")) Append(arguments, kCxxFlags);
  if (c) arguments.emplace_back("-std=c11");
  if (kind == CodeKind::kMovable) {
    Append(arguments, kMovableFlags);
    if (!IsArm()) Append(arguments, kMovableFlagsRiscv);
    if (!source.ends_with(".S")) Append(arguments, {"-include", kHiddenHeader});
  }
  Append(arguments, {optimize, "-I.", "-c", source, "-o", source + ".o"});
  KINGLET_TRY(const ProcessOutput output, RunCompiler(arguments));
  if (output.status != 0 || output.signal != 0) {
    return Fail(Code::kInvalid, "{} does not compile for {}: {}", source, board.core.name,
                FirstErrorLine(output.text));
  }
  return {};
}

Status Firmware::State::CompileAll(const std::vector<std::string>& sources) {
  std::vector<std::string> waiting;
  for (const std::string& source : sources) {
    if (!files.contains(source)) {
      return Fail(Code::kInternal, "{}: was not added to the build folder", source);
    }
    if (compiled.insert(source).second) waiting.push_back(source);
  }
  std::atomic<size_t> next{0};
  std::mutex mutex;
  Status first;
  const auto work = [&] {
    for (size_t i = next++; i < waiting.size(); i = next++) {
      const Status status = Compile(waiting[i]);
      const std::lock_guard lock(mutex);
      if (!status) compiled.erase(waiting[i]);
      if (!status && first) first = status;
    }
  };
  std::vector<std::jthread> workers;
  for (size_t i = 0; i < std::min(kCompilersAtOnce, waiting.size()); ++i) {
    workers.emplace_back(work);
  }
  workers.clear();  // joins
  return first;
}

// What the image may use of the machine's memories; these must be at least the board's for a check
// against the board to mean anything.
Result<MemoryLimits> Firmware::State::Limits(const LinkOptions& options) const {
  if (options.fit == LinkOptions::Fit::kEmulator) {
    return MemoryLimits{machine.flash_bytes, machine.ram_bytes, options.stack_bytes};
  }
  return MemoryLimits{std::min<uint64_t>(board.flash_bytes, machine.flash_bytes),
                      std::min<uint64_t>(board.ram_bytes, machine.ram_bytes), options.stack_bytes};
}

Status Firmware::State::CallLinker(const LinkOptions& options, const MemoryLimits& limits) const {
  const std::string script = options.name + ".ld";
  KINGLET_CHECK(WriteFileAtomic(folder.path() + "/" + script, LinkerScript(machine, limits)));
  std::vector<std::string> arguments = {Compiler()};
  Append(arguments, board.core.compile_flags);
  Append(arguments, {"-nostdlib", "-T", script, "-Wl,--gc-sections",
                     "-Wl,-Map=" + options.name + ".map", "-Wl,--no-warn-rwx-segments"});
  for (const std::string& source : options.sources) arguments.push_back(source + ".o");
  Append(arguments,
         {"-Wl,--start-group", "-lc", "-lgcc", "-Wl,--end-group", "-o", options.name + ".elf"});
  KINGLET_TRY(const ProcessOutput output, RunCompiler(arguments));
  if (const uint64_t over = Overflow(output.text, "FLASH"); over > 0) {
    return OverBudget(board, options.name, "flash", limits.flash_bytes + over, limits.flash_bytes,
                      "take a smaller model or a board with more flash");
  }
  if (const uint64_t over = Overflow(output.text, "RAM"); over > 0) {
    return OverBudget(board, options.name, "RAM", limits.ram_bytes + over, limits.ram_bytes,
                      "take a smaller model or a board with more RAM");
  }
  if (output.status != 0 || output.signal != 0) {
    return Fail(Code::kInvalid, "{} does not link for {}: {}", options.name, board.core.name,
                FirstErrorLine(output.text));
  }
  return {};
}

Result<Image> Firmware::State::Measure(const LinkOptions& options) const {
  Image image;
  image.path = folder.path() + "/" + options.name + ".elf";
  KINGLET_TRY(const Bytes bytes, ReadFile(image.path, kImageBytesMax));
  KINGLET_TRY(Elf elf, ParseElf(bytes));
  image.symbols = std::move(elf.symbols);
  for (const ElfSection& section : elf.sections) {
    if (section.name == ".stack") {
      image.stack_bytes += section.bytes;
    } else if (section.writable) {
      (section.loaded ? image.data_bytes : image.bss_bytes) += section.bytes;
    } else {
      (section.code || section.name == ".entry" ? image.code_bytes : image.constant_bytes) +=
          section.bytes;
    }
  }
  KINGLET_TRY(const std::string map,
              ReadTextFile(folder.path() + "/" + options.name + ".map", kMapBytesMax));
  image.files = ReadMapFile(map);
  return image;
}

Result<Firmware::State::Linked> Firmware::State::LinkMovableAt(
    uint32_t origin, const std::string& entry, const std::vector<std::string>& sources) const {
  const std::string path = folder.path() + "/movable.elf";
  KINGLET_CHECK(WriteFileAtomic(
      folder.path() + "/movable.ld",
      fmt::format(kMovableScript, fmt::arg("entry", entry), fmt::arg("origin", origin))));
  std::vector<std::string> arguments = {Compiler()};
  Append(arguments, board.core.compile_flags);
  Append(arguments, {"-nostdlib", "-T", "movable.ld", "-Wl,--gc-sections", "-Wl,--no-relax"});
  for (const std::string& source : sources) arguments.push_back(source + ".o");
  Append(arguments, {"-Wl,--start-group", "-lc", "-lgcc", "-Wl,--end-group", "-o", "movable.elf"});
  KINGLET_TRY(const ProcessOutput output, RunCompiler(arguments));
  if (output.status != 0 || output.signal != 0) {
    return Fail(Code::kInvalid, "{} does not link for {}: {}", entry, board.core.name,
                FirstErrorLine(output.text));
  }
  KINGLET_TRY(const Bytes bytes, ReadFile(path, kImageBytesMax));
  KINGLET_TRY(const Elf elf, ParseElf(bytes));
  Linked linked;
  MovableCode& code = linked.code;
  for (const ElfSection& section : elf.sections) {
    if (section.name != kMovableSection || !section.loaded || section.writable) {
      return Fail(Code::kInvalid,
                  "{}: {} B in {}: movable code has no variables and no tables of addresses", entry,
                  section.bytes, section.name);
    }
    code.bytes.assign(section.content.begin(), section.content.end());
    code.alignment_bytes = section.alignment_bytes;
  }
  if (elf.relocation_bytes != 0) {
    return Fail(Code::kInvalid, "{}: {} B of relocations: movable code has none", entry,
                elf.relocation_bytes);
  }
  const auto found = elf.symbols.find(entry);
  if (found == elf.symbols.end() || found->second - origin >= code.bytes.size()) {
    return Fail(Code::kInvalid, "{}: is no function of the linked code", entry);
  }
  code.entry_offset = found->second - origin;
  for (const auto& [name, address] : elf.symbols) linked.symbols[name] = address - origin;
  return linked;
}

Firmware::Firmware(std::unique_ptr<State> state) : state_(std::move(state)) {}
Firmware::Firmware(Firmware&&) noexcept = default;
Firmware::~Firmware() = default;

Result<Firmware> Firmware::Start(const board::Board& board, std::string optimize, CodeKind kind) {
  KINGLET_TRY(Machine machine, FindMachine(board.core.machine));
  KINGLET_TRY(TemporaryFolder folder, TemporaryFolder::Make("kinglet-firmware-"));
  Firmware firmware(std::make_unique<State>(board, std::move(machine), std::move(optimize), kind,
                                            std::move(folder)));
  if (kind == CodeKind::kMovable) KINGLET_CHECK(firmware.Add({{kHiddenHeader, kHidden}}));
  return firmware;
}

Status Firmware::Add(const SourceFiles& files) {
  for (const auto& [path, text] : files) {
    if (!IsPlainPath(path)) {
      return Fail(Code::kInvalid, "{}: is not a plain relative path of a source file", path);
    }
    const auto [known, fresh] = state_->files.emplace(path, text);
    if (!fresh && known->second != text) {
      return Fail(Code::kInvalid, "{}: two source files of this name differ", path);
    }
    if (fresh)
      KINGLET_CHECK(WriteFileAtomic(fmt::format("{}/{}", state_->folder.path(), path), text));
  }
  return {};
}

Result<std::vector<std::string>> Firmware::AddPort(Port port) {
  const std::string core = state_->IsArm() ? "arm" : "riscv";
  std::vector<std::string> sources = {"device/port/startup.cc", core == "arm"
                                                                    ? "device/port/arm/entry.cc"
                                                                    : "device/port/riscv/entry.S"};
  if (port == Port::kSemihosting) {
    sources.emplace_back("device/port/semihosting.cc");
    sources.push_back(fmt::format("device/port/{}/semihosting_call.S", core));
  }
  KINGLET_TRY(const std::string data, board::DataFolder());
  std::vector<std::string> needed = sources;
  Append(needed, {"device/port/port.h", "device/port/semihosting_call.h"});
  for (const std::string& path : needed) {
    KINGLET_TRY(std::string text, ReadTextFile(fmt::format("{}/{}", data, path)));
    KINGLET_CHECK(Add({{path, std::move(text)}}));
  }
  return sources;
}

Result<MovableCode> Firmware::LinkMovable(const std::string& entry,
                                          const std::vector<std::string>& sources) {
  KINGLET_ASSERT(state_->kind == CodeKind::kMovable);
  KINGLET_CHECK(state_->CompileAll(sources));
  KINGLET_TRY(State::Linked linked, state_->LinkMovableAt(kOrigins[0], entry, sources));
  KINGLET_TRY(const State::Linked moved, state_->LinkMovableAt(kOrigins[1], entry, sources));
  const Bytes& bytes = linked.code.bytes;
  const auto differs = std::ranges::mismatch(bytes, moved.code.bytes).in1;
  if (differs != bytes.end() || bytes.size() != moved.code.bytes.size()) {
    return Fail(Code::kInvalid, "{}: an address in {}: movable code has none", entry,
                SymbolAt(linked.symbols, static_cast<size_t>(differs - bytes.begin())));
  }
  return std::move(linked.code);
}

Result<Image> Firmware::Link(const LinkOptions& options) {
  KINGLET_ASSERT(state_->kind == CodeKind::kFixed);
  KINGLET_CHECK(state_->CompileAll(options.sources));
  KINGLET_TRY(const MemoryLimits limits, state_->Limits(options));
  KINGLET_CHECK(state_->CallLinker(options, limits));
  return state_->Measure(options);
}

}  // namespace kinglet::emulate
