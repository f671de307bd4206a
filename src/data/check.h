// Looks for what spoils a model quietly: copies, leaks between the splits, damaged files, clipping,
// silence, imbalance.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/base/progress.h"
#include "src/data/catalog.h"
#include "src/data/recording.h"
#include "src/store/store.h"

namespace kinglet::data {

enum class Severity : uint8_t { kError, kWarning };

struct Finding {
  Severity severity = Severity::kWarning;
  std::string code;                   // stable: "duplicates", "group_on_two_sides", ...
  std::string message;                // one line with the count and the mend
  uint64_t count = 0;                 // of recordings, pairs, classes: what the message says
  std::vector<std::string> examples;  // at most five
};

struct CheckOptions {
  double clip_seconds = 0;  // what a decision is made from; 0: lengths are not judged
  Progress::Show progress = Progress::Show::kAuto;
};

// Reads and decodes every recording. Splits are those that `recordings` have. Errors first. Fails
// only when the store cannot be read; a damaged recording is a finding.
Result<std::vector<Finding>> Check(const store::Store& store,
                                   const std::vector<Recording>& recordings,
                                   const std::vector<Rejected>& rejected,
                                   const CheckOptions& options);

std::string FormatFindings(const std::vector<Finding>& findings);
std::string FormatFindingsJson(const std::vector<Finding>& findings);

}  // namespace kinglet::data
