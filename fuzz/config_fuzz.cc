// TOML that people write: projects, boards, cores and the costs of kernels. The first byte of the
// input picks the parser.
#include "fuzz/fuzz.h"
#include "src/board/board.h"
#include "src/compile/estimate.h"
#include "src/pipeline/project.h"

namespace kinglet::fuzz {
namespace {

enum Parser : uint8_t { kProject, kBoard, kCore, kCosts, kParsers };

constexpr std::string_view kBoardText = R"(title = "Arduino Nano 33 BLE Sense"
core = "cortex-m4f"
[flash]
bytes = 1_048_576
source = "the data sheet"
[ram]
bytes = 262_144
source = "the data sheet"
[clock]
hz = 64_000_000
source = "the data sheet"
[power]
active_mw = 9.9
source = "the data sheet, 3 V"
)";

constexpr std::string_view kCoreText = R"(toolchain = "arm-none-eabi"
compile_flags = ["-mcpu=cortex-m4", "-mthumb"]
fpu = true
dsp = true
cycles_per_instruction = 1.38
source = "a measurement"
qemu = "qemu-system-arm"
machine = "mps2-an386"
[timing]
issue_width = 1
error = 0.1
source = "a manual"
error_source = "a comparison"
other = 1
load = 1
load_next = 1
load_use = 1
address_use = 1
store = 1
transfer = 1
multiply = 1
multiply_use = 1
multiply_long = 1
divide = 1
branch = 1
call = 1
branch_register = 1
return_load = 1
loop_end = 1
float_multiply_add = 1
float_divide = 1
vector = 1
)";

constexpr std::string_view kCostsText = R"(argument_bytes = 7.080
[Conv2d]
code_bytes = 380
library_bytes = 0
stack_bytes = 76
calls = 40.049
outputs = 97.987
)";

void CheckProject(const pipeline::Project& project) {
  KINGLET_ASSERT(!project.name.empty() && !project.board.empty());
  KINGLET_ASSERT(signal::Pipeline::Make(project.SignalOptions()).has_value());
}

void CheckBoard(const board::Board& board) {
  KINGLET_ASSERT(board.flash_bytes > 0 && board.ram_bytes > 0 && board.clock_hz > 0);
  KINGLET_ASSERT(!board::CanonicalText(board).empty());
}

void CheckCore(const board::Core& core) {
  KINGLET_ASSERT(core.cycles_per_instruction > 0 && !core.compile_flags.empty());
}

template <typename T>
void Check(const Result<T>& parsed, void (*check)(const T&)) {
  parsed ? check(*parsed) : KINGLET_ASSERT(!parsed.error().message.empty());
}

}  // namespace

std::vector<Bytes> Seeds() {
  std::vector<Bytes> seeds;
  for (const auto task : {pipeline::Task::kKeyword, pipeline::Task::kImage}) {
    seeds.push_back(WithPick(kProject, AsBytes(pipeline::ProjectTemplate(task, "bird"))));
  }
  seeds.push_back(WithPick(kBoard, AsBytes(kBoardText)));
  KINGLET_ASSERT(board::ParseCore(kCoreText, "core.toml").has_value());
  seeds.push_back(WithPick(kCore, AsBytes(kCoreText)));
  seeds.push_back(WithPick(kCosts, AsBytes(kCostsText)));
  return seeds;
}

}  // namespace kinglet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kinglet;
  if (size == 0) return 0;
  const std::string_view text = AsText({data + 1, size - 1});
  switch (data[0] % fuzz::kParsers) {
    case fuzz::kProject:
      fuzz::Check(pipeline::ParseProject(text, "kinglet.toml"), fuzz::CheckProject);
      break;
    case fuzz::kBoard:
      fuzz::Check(board::ParseBoard(text, "board.toml"), fuzz::CheckBoard);
      break;
    case fuzz::kCore:
      fuzz::Check(board::ParseCore(text, "core.toml"), fuzz::CheckCore);
      break;
    default:
      (void)compile::ParseCoreCosts(text, "costs.toml");
  }
  return 0;
}
