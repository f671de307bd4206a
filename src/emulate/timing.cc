#include "src/emulate/timing.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "src/emulate/process.h"

namespace kinglet::emulate {
namespace {

constexpr size_t kDisassemblyBytesMax = size_t{64} << 20;

enum class Kind : uint8_t {
  kOther,
  kLoad,
  kStore,
  kTransfer,        // load or store of several registers
  kReturnTransfer,  // one whose registers include the program counter
  kReturnLoad,
  kMultiply,
  kMultiplyLong,
  kDivide,
  kBranch,
  kConditionalBranch,
  kCall,
  kBranchRegister,
  kLoopEnd,
  kFloatMultiplyAdd,
  kFloatDivide,
  kVector,
  kVectorMemory,
};

using Registers = std::set<std::string, std::less<>>;

struct Instruction {
  uint32_t address = 0;
  Kind kind = Kind::kOther;
  int32_t words = 0;  // kTransfer, kReturnTransfer
  Registers written, read, in_address;
};

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

template <size_t kCount>
bool StartsWithAny(std::string_view text, const std::array<std::string_view, kCount>& starts) {
  return std::ranges::any_of(starts,
                             [&](std::string_view start) { return text.starts_with(start); });
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWord(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
}

// "r4", "s17", "q2", "x10": a letter and a number.
bool IsRegister(std::string_view word) {
  return word.size() >= 2 && word.size() <= 3 && Contains("rsdqx", word.substr(0, 1)) &&
         std::ranges::all_of(word.substr(1), IsDigit);
}

// Registers of an operand list in order, "{r4-r7, r15}" spelt out.
std::vector<std::string> RegistersIn(std::string_view text) {
  std::vector<std::string> registers;
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && IsWord(text[end])) ++end;
    const std::string_view word = text.substr(at, end - at);
    if (IsRegister(word)) {
      int last = -1;
      if (at > 0 && text[at - 1] == '-' && !registers.empty()) {
        const std::string& from = registers.back();
        int first = 0;
        std::from_chars(from.data() + 1, from.data() + from.size(), first);
        std::from_chars(word.data() + 1, word.data() + word.size(), last);
        for (int i = first + 1; i < last && i < 64; ++i) {
          registers.push_back(word[0] + std::to_string(i));
        }
      }
      registers.emplace_back(word);
    }
    at = std::max(end, at + 1);
  }
  return registers;
}

// The part of `operands` between `open` and `close`; empty when they are not there.
std::string_view Between(std::string_view operands, char open, char close) {
  const size_t from = operands.find(open);
  const size_t to = operands.find(close);
  if (from == std::string_view::npos || to == std::string_view::npos || to < from) return {};
  return operands.substr(from + 1, to - from - 1);
}

// "ldrne" -> "ldr": a conditional instruction in an IT block costs what it does without.
std::string_view WithoutCondition(std::string_view mnemonic) {
  constexpr auto kConditions =
      std::to_array<std::string_view>({"eq", "ne", "cs", "hs", "cc", "lo", "mi", "pl", "vs", "vc",
                                       "hi", "ls", "ge", "lt", "gt", "le"});
  constexpr auto kMemory = std::to_array<std::string_view>(
      {"ldrsb", "ldrsh", "ldrb",  "ldrh",  "ldrd", "ldr",  "strb", "strh", "strd", "str", "ldmia",
       "ldmdb", "ldm",   "stmia", "stmdb", "stm",  "push", "pop",  "bx",   "blx",  "bl",  "b"});
  for (const std::string_view base : kMemory) {
    if (!mnemonic.starts_with(base)) continue;
    const std::string_view rest = mnemonic.substr(base.size());
    if (std::ranges::find(kConditions, rest) == kConditions.end()) continue;
    return base == "b" ? std::string_view("bcond") : base;
  }
  return mnemonic;
}

Kind ArmVectorOrFloatKind(std::string_view base, std::string_view operands) {
  const bool memory = base.starts_with("vld") || base.starts_with("vst");
  if (!operands.empty() && (operands[0] == 'q' || Contains(operands, "{q"))) {
    return memory ? Kind::kVectorMemory : Kind::kVector;
  }
  if (Contains(operands, "q")) return Kind::kVector;  // vmlava and alike, to a general register
  if (base == "vldr") return Kind::kLoad;
  if (base == "vstr") return Kind::kStore;
  if (memory || base == "vpush" || base == "vpop") return Kind::kTransfer;
  if (base == "vdiv" || base == "vsqrt") return Kind::kFloatDivide;
  constexpr auto kMultiplyAdd =
      std::to_array<std::string_view>({"vmla", "vmls", "vfma", "vfms", "vnmla", "vnmls", "vfnm"});
  return StartsWithAny(base, kMultiplyAdd) ? Kind::kFloatMultiplyAdd : Kind::kOther;
}

Kind ArmKind(std::string_view base, std::string_view operands) {
  constexpr auto kLong =
      std::to_array<std::string_view>({"smull", "umull", "smlal", "umlal", "umaal", "smlsld"});
  constexpr auto kMultiply = std::to_array<std::string_view>(
      {"mul", "mla", "mls", "smul", "smla", "smls", "smmul", "smmla", "smmls", "smua", "smus"});
  if (base.starts_with("v")) return ArmVectorOrFloatKind(base, operands);
  if (base == "ldrd" || base == "strd" || base.starts_with("stm") || base == "push") {
    return Kind::kTransfer;
  }
  if (base.starts_with("ldm") || base == "pop") {
    return Contains(operands, "r15") ? Kind::kReturnTransfer : Kind::kTransfer;
  }
  if (base.starts_with("ldr")) {
    return operands.starts_with("r15") ? Kind::kReturnLoad : Kind::kLoad;
  }
  if (base.starts_with("str")) return Kind::kStore;
  if (base == "b") return Kind::kBranch;
  if (base == "bcond" || base == "cbz" || base == "cbnz") return Kind::kConditionalBranch;
  if (base == "bl") return Kind::kCall;
  if (base == "bx" || base == "blx" || base == "tbb" || base == "tbh") return Kind::kBranchRegister;
  if (base == "le" || base == "letp") return Kind::kLoopEnd;
  if (base == "sdiv" || base == "udiv") return Kind::kDivide;
  if (StartsWithAny(base, kLong)) return Kind::kMultiplyLong;
  return StartsWithAny(base, kMultiply) ? Kind::kMultiply : Kind::kOther;
}

Instruction DecodeArm(std::string_view mnemonic, std::string_view operands) {
  const std::string_view base = WithoutCondition(mnemonic.substr(0, mnemonic.find('.')));
  Instruction instruction;
  instruction.kind = ArmKind(base, operands);
  const std::vector<std::string> all = RegistersIn(operands);
  for (std::string& r : RegistersIn(Between(operands, '[', ']'))) {
    instruction.in_address.insert(std::move(r));
  }
  const bool pair = base == "ldrd" || base == "strd";
  instruction.words =
      pair ? 2 : static_cast<int32_t>(RegistersIn(Between(operands, '{', '}')).size());
  constexpr auto kReadsAll =
      std::to_array<std::string_view>({"str", "stm", "push", "cmp", "cmn", "tst", "teq", "b", "cb",
                                       "tbb", "tbh", "vst", "vpush", "vcmp", "it"});
  constexpr auto kWritesTwo = std::to_array<std::string_view>(
      {"ldrd", "smull", "umull", "smlal", "umlal", "umaal", "smlsld"});
  size_t written = 1;
  if (StartsWithAny(base, kWritesTwo)) written = 2;
  if (StartsWithAny(base, kReadsAll) && !base.starts_with("bic") && !base.starts_with("bf")) {
    written = 0;
  }
  if (base.starts_with("ldm") || base == "pop" || base == "vpop") written = all.size();
  written = std::min(written, all.size());
  instruction.written.insert(all.begin(), all.begin() + static_cast<ptrdiff_t>(written));
  // What accumulates, and what has only two operands, also reads its result. Reading too much only
  // means waiting too long.
  constexpr auto kAccumulate = std::to_array<std::string_view>(
      {"smlal", "umlal", "umaal", "vmla", "vmls", "vfma", "vfms", "movt", "bfi"});
  constexpr auto kOnlyWrite = std::to_array<std::string_view>(
      {"mov", "mvn", "ldr", "adr", "sxt", "uxt", "rev", "clz", "rbit", "v"});
  const bool two_operands =
      std::ranges::count(operands, ',') <= 1 && !StartsWithAny(base, kOnlyWrite);
  const size_t from = two_operands || StartsWithAny(base, kAccumulate) ? 0 : written;
  instruction.read.insert(all.begin() + static_cast<ptrdiff_t>(from), all.end());
  return instruction;
}

Kind RiscvKind(std::string_view base, std::string_view operands) {
  constexpr auto kLoads =
      std::to_array<std::string_view>({"lw", "lh", "lb", "lhu", "lbu", "lwsp", "flw"});
  constexpr auto kStores = std::to_array<std::string_view>({"sw", "sh", "sb", "swsp", "fsw"});
  constexpr auto kBranches =
      std::to_array<std::string_view>({"beq", "bne", "blt", "bge", "bltu", "bgeu", "beqz", "bnez"});
  if (std::ranges::find(kLoads, base) != kLoads.end()) return Kind::kLoad;
  if (std::ranges::find(kStores, base) != kStores.end()) return Kind::kStore;
  if (std::ranges::find(kBranches, base) != kBranches.end()) return Kind::kConditionalBranch;
  if (base == "j" || (base == "jal" && operands.starts_with("x0,"))) return Kind::kBranch;
  if (base == "jal") return Kind::kCall;
  if (base == "jalr" || base == "jr") return Kind::kBranchRegister;
  if (base == "mulh" || base == "mulhu" || base == "mulhsu") return Kind::kMultiplyLong;
  if (base == "mul") return Kind::kMultiply;
  return base.starts_with("div") || base.starts_with("rem") ? Kind::kDivide : Kind::kOther;
}

Instruction DecodeRiscv(std::string_view mnemonic, std::string_view operands) {
  const std::string_view base = mnemonic.starts_with("c.") ? mnemonic.substr(2) : mnemonic;
  Instruction instruction;
  instruction.kind = RiscvKind(base, operands);
  const std::vector<std::string> all = RegistersIn(operands);
  for (std::string& r : RegistersIn(Between(operands, '(', ')'))) {
    instruction.in_address.insert(std::move(r));
  }
  const bool writes =
      instruction.kind != Kind::kStore && instruction.kind != Kind::kConditionalBranch;
  if (writes && !all.empty() && all[0] != "x0") instruction.written.insert(all[0]);
  // Compressed instructions may name a register once that they read and write.
  const bool reads_first =
      !writes || (mnemonic.starts_with("c.") && instruction.kind == Kind::kOther);
  instruction.read.insert(all.begin() + (reads_first || all.empty() ? 0 : 1), all.end());
  return instruction;
}

// "   1c4:\tldr.w\tr4, [r13], #4\t; comment"
std::optional<Instruction> DecodeLine(std::string_view line, InstructionSet set) {
  const size_t colon = line.find(":\t");
  if (colon == std::string_view::npos) return {};
  std::string_view number = line.substr(0, colon);
  while (number.starts_with(' ')) number.remove_prefix(1);
  uint32_t address = 0;
  const auto parsed = std::from_chars(number.data(), number.data() + number.size(), address, 16);
  if (parsed.ec != std::errc() || parsed.ptr != number.data() + number.size()) return {};
  std::string_view rest = line.substr(colon + 2);
  rest = rest.substr(0, rest.find_first_of(";@<"));  // comments and names of targets
  const size_t tab = rest.find('\t');
  const std::string_view mnemonic = rest.substr(0, tab);
  if (mnemonic.empty() || mnemonic.starts_with(".")) return {};
  const std::string_view operands =
      tab == std::string_view::npos ? std::string_view() : rest.substr(tab + 1);
  Instruction instruction = set == InstructionSet::kRiscv ? DecodeRiscv(mnemonic, operands)
                                                          : DecodeArm(mnemonic, operands);
  instruction.address = address;
  return instruction;
}

bool Meet(const Registers& a, const Registers& b) {
  return std::ranges::any_of(a, [&](const std::string& r) { return b.contains(r); });
}

bool TouchesMemory(Kind kind) {
  return kind == Kind::kLoad || kind == Kind::kStore || kind == Kind::kTransfer ||
         kind == Kind::kReturnTransfer || kind == Kind::kReturnLoad || kind == Kind::kVectorMemory;
}
bool Multiplies(Kind kind) {
  return kind == Kind::kMultiply || kind == Kind::kMultiplyLong || kind == Kind::kFloatMultiplyAdd;
}

double CostAlone(const Instruction& i, const board::Timing& t) {
  switch (i.kind) {
    case Kind::kOther:
      return t.other;
    case Kind::kLoad:
      return t.load;
    case Kind::kStore:
      return t.store;
    case Kind::kTransfer:
      return t.transfer + i.words;
    case Kind::kReturnTransfer:
      return t.transfer + i.words + t.return_load;
    case Kind::kReturnLoad:
      return t.load + t.return_load;
    case Kind::kMultiply:
      return t.multiply;
    case Kind::kMultiplyLong:
      return t.multiply_long;
    case Kind::kDivide:
      return t.divide;
    case Kind::kBranch:
    case Kind::kConditionalBranch:
      return t.branch;
    case Kind::kCall:
      return t.call;
    case Kind::kBranchRegister:
      return t.branch_register;
    case Kind::kLoopEnd:
      return t.loop_end;
    case Kind::kFloatMultiplyAdd:
      return t.float_multiply_add;
    case Kind::kFloatDivide:
      return t.float_divide;
    case Kind::kVector:
    case Kind::kVectorMemory:
      return t.vector;
  }
  return t.other;
}

double CostBehind(const Instruction& i, const Instruction& before, const board::Timing& t) {
  const bool behind_load = before.kind == Kind::kLoad;
  double cost = CostAlone(i, t);
  if (i.kind == Kind::kLoad && behind_load && !Meet(i.in_address, before.written)) {
    cost = t.load_next;
  }
  if (behind_load && Meet(i.read, before.written)) cost += t.load_use;
  if (Multiplies(before.kind) && Meet(i.read, before.written)) cost += t.multiply_use;
  const bool computed = before.kind == Kind::kOther || Multiplies(before.kind);
  if (computed && Meet(i.in_address, before.written)) cost += t.address_use;
  return cost;
}

// Two units of each kind but memory and the multiplier; no pair across a branch.
bool MayShareACycle(const Instruction& i, const Instruction& before) {
  const auto simple = [](Kind kind) {
    return kind == Kind::kOther || kind == Kind::kLoad || kind == Kind::kStore ||
           kind == Kind::kMultiply || kind == Kind::kMultiplyLong;
  };
  const bool ends_in_branch = i.kind == Kind::kBranch || i.kind == Kind::kConditionalBranch;
  if (!simple(before.kind) || !(simple(i.kind) || ends_in_branch)) return false;
  if (TouchesMemory(i.kind) && TouchesMemory(before.kind)) return false;
  if (Multiplies(i.kind) && Multiplies(before.kind)) return false;
  return !Meet(i.read, before.written) && !Meet(i.written, before.written);
}

uint16_t Units(double cycles) {
  const double units = std::round(cycles * kTimeUnitsPerCycle);
  return static_cast<uint16_t>(std::min<double>(units, std::numeric_limits<uint16_t>::max()));
}

}  // namespace

std::vector<InstructionTime> TimeInstructions(std::string_view disassembly, InstructionSet set,
                                              const board::Timing& timing) {
  std::vector<InstructionTime> times;
  std::optional<Instruction> before;
  while (!disassembly.empty()) {
    const size_t end = std::min(disassembly.find('\n'), disassembly.size());
    std::optional<Instruction> found = DecodeLine(disassembly.substr(0, end), set);
    disassembly.remove_prefix(std::min(end + 1, disassembly.size()));
    if (!found.has_value()) continue;
    InstructionTime& time = times.emplace_back();
    time.address = found->address;
    time.first = Units(CostAlone(*found, timing));
    time.next = before ? Units(CostBehind(*found, *before, timing)) : time.first;
    if (found->kind == Kind::kConditionalBranch && timing.branch > timing.other) {
      time.saving = Units(timing.branch - timing.other);
    }
    time.pairs = timing.issue_width > 1 && before && MayShareACycle(*found, *before) ? 1 : 0;
    before = std::move(found);
  }
  std::ranges::sort(times, {}, &InstructionTime::address);
  return times;
}

Result<Bytes> MakeTimingTable(const board::Core& core, const std::string& image_path) {
  const bool riscv = core.toolchain.starts_with("riscv");
  const std::string program = core.toolchain + "-objdump";
  const auto run = RunProcess({program, "-d", "--no-show-raw-insn", "-M",
                               riscv ? "numeric,no-aliases" : "reg-names-raw", image_path},
                              {.text_bytes_max = kDisassemblyBytesMax});
  if (!run && run.error().code == Code::kNotFound) {
    return Fail(Code::kNotFound, "{} is not installed: install the binutils of {}", program,
                core.toolchain);
  }
  if (!run) return tl::unexpected(run.error());
  if (run->status != 0 || run->signal != 0) {
    return Fail(Code::kIo, "{}: {}", program, run->text.substr(0, run->text.find('\n')));
  }
  const std::vector<InstructionTime> times = TimeInstructions(
      run->text, riscv ? InstructionSet::kRiscv : InstructionSet::kArm, core.timing);
  const ByteView bytes = AsBytes(times);
  return Bytes(bytes.begin(), bytes.end());
}

}  // namespace kinglet::emulate
