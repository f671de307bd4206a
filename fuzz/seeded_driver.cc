// The fuzz engine of normal builds: changes the harness's seeds with mt19937_64 and calls the
// harness. Every run depends only on
// --seed and its own number, so the numbers it prints on failure repeat that run alone.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string_view>

#include "fuzz/fuzz.h"

namespace kinglet::fuzz {
namespace {

constexpr int kChangesMax = 6;
constexpr size_t kBlockMax = 64;

class Mutator {
 public:
  Mutator(uint64_t seed, uint64_t run, const std::vector<Bytes>& seeds) : seeds_(seeds) {
    std::seed_seq sequence{seed, seed >> 32, run, run >> 32};
    engine_.seed(sequence);
  }

  Bytes Make() {
    Bytes bytes = seeds_[Below(seeds_.size())];
    const size_t changes = Below(kChangesMax + 1);  // now and then the seed itself
    for (size_t i = 0; i < changes && !bytes.empty(); ++i) Change(bytes);
    return bytes;
  }

 private:
  size_t Below(size_t bound) { return static_cast<size_t>(engine_() % bound); }

  void Change(Bytes& bytes) {
    const size_t at = Below(bytes.size());
    const size_t length = std::min(1 + Below(kBlockMax), bytes.size() - at);
    const auto position = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    switch (Below(8)) {
      case 0:
        bytes[at] = static_cast<uint8_t>(engine_());
        break;
      case 1:
        bytes[at] ^= static_cast<uint8_t>(1U << Below(8));
        break;
      case 2:
        bytes[at] = static_cast<uint8_t>(bytes[at] + Below(9) - 4);
        break;
      case 3:
        PutInteger(bytes, at);
        break;
      case 4:
        bytes.resize(at);
        break;
      case 5:
        bytes.erase(position, position + static_cast<std::ptrdiff_t>(length));
        break;
      case 6:
        bytes.insert(position, length, static_cast<uint8_t>(engine_()));
        break;
      default:
        CopyBlock(bytes, at, length);
        break;
    }
  }

  // A 32-bit number that lengths and indices trip over, where such numbers lie.
  void PutInteger(Bytes& bytes, size_t at) {
    constexpr std::array<uint32_t, 10> kNumbers = {
        0, 1, 2, 127, 255, 65535, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe};
    at &= ~size_t{3};
    if (at + 4 > bytes.size()) return;
    const uint32_t number = kNumbers[Below(kNumbers.size())];
    std::memcpy(bytes.data() + at, &number, sizeof(number));
  }

  // Overwrites with a block of the same input or of another seed.
  void CopyBlock(Bytes& bytes, size_t at, size_t length) {
    const Bytes source = Below(2) == 0 ? bytes : seeds_[Below(seeds_.size())];
    const size_t from = Below(source.size());
    length = std::min(length, source.size() - from);
    std::copy_n(source.begin() + static_cast<std::ptrdiff_t>(from), length,
                bytes.begin() + static_cast<std::ptrdiff_t>(at));
  }

  const std::vector<Bytes>& seeds_;
  std::mt19937_64 engine_;
};

struct Options {
  uint64_t seed = 1, first = 0, runs = 1000;
};

// The line that is printed when a run dies; formatted before the run, because a signal handler must
// not.
std::array<char, 128> failure_line;

void ReportAndExit(int) {
  const ssize_t written =
      write(STDERR_FILENO, failure_line.data(), std::strlen(failure_line.data()));
  _exit(written < 0 ? 2 : 1);
}

void Announce(const Options& options, uint64_t run) {
  std::snprintf(
      failure_line.data(), failure_line.size(), "failed: --seed %llu --first %llu --runs 1\n",
      static_cast<unsigned long long>(options.seed), static_cast<unsigned long long>(run));
}

bool ParseOptions(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    uint64_t* target = name == "--seed"    ? &options.seed
                       : name == "--first" ? &options.first
                       : name == "--runs"  ? &options.runs
                                           : nullptr;
    if (target == nullptr || i + 1 == argc) return false;
    *target = std::strtoull(argv[i + 1], nullptr, 10);
  }
  return true;
}

}  // namespace
}  // namespace kinglet::fuzz

// With AddressSanitizer: called before it ends the process.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the sanitizer's own name
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

int main(int argc, char** argv) {
  using namespace kinglet::fuzz;
  Options options;
  if (!ParseOptions(argc, argv, options)) {
    std::fprintf(stderr, "usage: %s [--seed S] [--first RUN] [--runs N]\n", argv[0]);
    return 2;
  }
  for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGILL, SIGBUS}) {
    std::signal(signal, ReportAndExit);
  }
  if (__sanitizer_set_death_callback != nullptr) {
    __sanitizer_set_death_callback([] { ReportAndExit(0); });
  }
  const std::vector<kinglet::Bytes> seeds = Seeds();
  uint64_t bytes = 0;
  for (uint64_t run = options.first; run < options.first + options.runs; ++run) {
    const kinglet::Bytes input = Mutator(options.seed, run, seeds).Make();
    Announce(options, run);
    LLVMFuzzerTestOneInput(input.data(), input.size());
    bytes += input.size();
  }
  std::printf("%llu inputs, %llu bytes, none failed (--seed %llu)\n",
              static_cast<unsigned long long>(options.runs), static_cast<unsigned long long>(bytes),
              static_cast<unsigned long long>(options.seed));
  return 0;
}
