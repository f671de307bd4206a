// Runs an image on its board's emulated machine, feeds it an input file, takes its output file and
// counts instructions between marks. Safe from several threads at once: each run has its own
// folder.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "src/base/bytes.h"
#include "src/base/result.h"
#include "src/board/board.h"
#include "src/emulate/firmware.h"

namespace kinglet::emulate {

// A mark was reached after `executed` instructions, counted exactly from reset.
struct MarkHit {
  uint32_t mark = 0;  // index into RunOptions::marks
  uint64_t executed = 0;
  double cycles = 0;         // estimated, see RunOptions::cycles
  uint64_t flash_bytes = 0;  // of data loaded from flash
};

struct RunOptions {
  double seconds_max = 120;          // then the emulator is killed: kIo
  std::vector<std::string> marks{};  // symbols of the image, at most 64; the instruction there is
                                     // not yet executed when it is hit
  // Also estimate cycles, by the timing of the board's core (timing.h) and in memory that never
  // waits, and count what is loaded from flash. A block of instructions that a mark stands in
  // counts before it.
  bool cycles = false;
  uint64_t file_bytes_max = uint64_t{256} << 20;  // of the output, and of the record of hits
};

struct RunOutput {
  Bytes output;               // what the program wrote with port::WriteOutput
  std::vector<MarkHit> hits;  // in order of execution
};

// No network, no display, no other files. kIo when the program faults, ends with a status other
// than 0 or runs too long; kNotFound when the emulator or the counting plugin is not installed.
Result<RunOutput> Run(const board::Board& board, const Image& image, ByteView input,
                      const RunOptions& options);

// Instructions of every stretch from a hit of mark `begin` to the next hit of mark `end`, in order.
// A `begin` without an `end` is left out.
std::vector<uint64_t> InstructionsBetween(const std::vector<MarkHit>& hits, uint32_t begin,
                                          uint32_t end);

}  // namespace kinglet::emulate
