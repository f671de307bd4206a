// Builds firmware for a board with the cross compiler of its core, in a temporary folder. One
// Firmware is used by one thread; it runs two compilers at a time by itself.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "src/base/bytes.h"
#include "src/base/result.h"
#include "src/board/board.h"

namespace kinglet::emulate {

// Text of files by their path in the build folder ("device/kernels/conv_2d.cc"). The build folder
// is the only include folder, so #include "device/kernels/conv_2d.h" finds its file. Paths are
// relative and stay inside.
using SourceFiles = std::map<std::string, std::string>;

// What one compiled file, or one library, puts into the image.
struct FileSize {
  std::string file;  // the source's path in the build folder; "libc.a" and alike; "" for gaps
  uint64_t code_bytes = 0;
  uint64_t constant_bytes = 0;
  uint64_t data_bytes = 0;  // initialised variables: in flash and in RAM
  uint64_t bss_bytes = 0;
  // Bytes of code and constants by input section, which is one function or object:
  // ".text.KingletEncodeRun".
  std::map<std::string, uint64_t> sections{};
};

struct Image {
  std::string path;         // the linked ELF file; lives as long as its Firmware
  uint64_t code_bytes = 0;  // with the vector table
  uint64_t constant_bytes = 0;
  uint64_t data_bytes = 0;
  uint64_t bss_bytes = 0;
  uint64_t stack_bytes = 0;     // reserved
  std::vector<FileSize> files;  // sorted by name; sums to the figures above
  std::map<std::string, uint32_t> symbols;

  uint64_t flash_bytes() const { return code_bytes + constant_bytes + data_bytes; }
  // Without the stack.
  uint64_t static_ram_bytes() const { return data_bytes + bss_bytes; }
};

struct LinkOptions {
  std::string name = "application";    // of the image, in messages and file names
  std::vector<std::string> sources{};  // .cc, .c and .S files to compile in
  uint64_t stack_bytes = 0;            // to reserve

  // kBoard: the image must fit the board, else kOverBudget. kEmulator: it may use all the emulated
  // machine has; for images that carry a measuring harness next to the application.
  enum class Fit : uint8_t { kBoard, kEmulator };
  Fit fit = Fit::kBoard;
};

// Code and constants that run wherever they are put, at a multiple of alignment_bytes.
struct MovableCode {
  Bytes bytes;
  uint32_t entry_offset = 0;
  uint32_t alignment_bytes = 0;
};

class Firmware {
 public:
  // Code for one place, as Link needs it, or for any, as LinkMovable does.
  enum class CodeKind : uint8_t { kFixed, kMovable };

  // `optimize` is the compiler's level, "-O2" or "-Os".
  static Result<Firmware> Start(const board::Board& board, std::string optimize = "-O2",
                                CodeKind kind = CodeKind::kFixed);
  Firmware(Firmware&&) noexcept;
  Firmware& operator=(Firmware&&) = delete;
  ~Firmware();

  // Puts files into the build folder. A file that is there already must have the same text
  // (kInvalid).
  Status Add(const SourceFiles& files);

  // Puts the start-up code in (device/port) and returns the sources an image needs: all of them to
  // run under the emulator, only the start-up for an application.
  enum class Port : uint8_t { kStartup, kSemihosting };
  Result<std::vector<std::string>> AddPort(Port port);

  // Compiles what is not compiled yet and links; unused functions and data are left out. kInvalid
  // with the compiler's first error line; kNotFound when the compiler is not installed; kOverBudget
  // when the image does not fit the board, with the figures: "application needs 70,112 B of flash,
  // nucleo-x has 65,536 B: ...".
  Result<Image> Link(const LinkOptions& options);

  // Compiles `sources` and links what the function `entry` (extern "C") needs of them and of the
  // compiler's libraries. What leaves is proven to be movable: there are no relocations, no table
  // of addresses and nothing writable, and linked for two places the bytes are the same. kInvalid
  // names what stands against it.
  Result<MovableCode> LinkMovable(const std::string& entry,
                                  const std::vector<std::string>& sources);

 private:
  struct State;
  explicit Firmware(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace kinglet::emulate
