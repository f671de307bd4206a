// One resource of a board, what takes from it, and whether it is enough.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/lookahead/cost.h"

namespace kinglet::lookahead {

enum class Verdict : uint8_t {
  kFits,       // also if every estimate is off by its whole stated error
  kFitsTight,  // as predicted, but not with the stated errors
  kDoesNotFit,
};
std::string_view VerdictName(Verdict verdict);  // "fits", "fits_tight", "does_not_fit"

enum class Resource : uint8_t { kFlash, kRam, kLatency, kProcessor };
std::string_view ResourceName(Resource resource);  // "flash", "ram", "latency", "processor"

// One taker. `name` is stable: it is the key in --json output, and the bench measures some under
// the same names.
struct Line {
  std::string_view name;  // "weights", "arena", ...
  Estimate amount;        // bytes, or milliseconds
};

struct Budget {
  Resource resource = Resource::kFlash;
  std::vector<Line> lines = {};
  double limit = 0;             // bytes or milliseconds; infinity when nothing limits it
  std::string limit_text = {};  // who sets the limit: "nucleo-l432kc leaves", "ram_bytes_max is"

  Estimate Total() const;
  // Exactly at the limit fits.
  Verdict GetVerdict() const;
  // One sentence with the numbers and the limit: "arena 41,200 B + stack 2,048 B = 43,248 B of RAM;
  // nucleo-l432kc leaves 40,960 B".
  std::string Reason() const;
};

// "41,200 B" for a size, "12.3 ms" for a time.
std::string FormatAmount(Resource resource, double amount);
// "arena" as words for people: "weights", "raw input", ...
std::string LineTitle(std::string_view name);

}  // namespace kinglet::lookahead
