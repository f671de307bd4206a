// Divides recordings into train, validation and test. Recordings of one group, and recordings with
// the same bytes, are always on one side.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/base/result.h"
#include "src/data/recording.h"

namespace kinglet::data {

struct SplitOptions {
  int validation_percent = 10;
  int test_percent = 20;
  // Exactly these groups, instead of a percentage.
  std::vector<std::string> validation_groups = {};
  std::vector<std::string> test_groups = {};
  uint64_t seed = 1;
};

// Sets `split` of every recording; the order of the recordings does not matter. Shares are met as
// well as whole groups allow, in every class; each side that is asked for gets at least one group.
// A split given by the files (given_split) is kept, except that part of a given train becomes
// validation when no file is given as validation. kInvalid for a group that does not exist,
// percentages that leave nothing to train on, or too few groups.
Status AssignSplits(std::vector<Recording>& recordings, const SplitOptions& options);

}  // namespace kinglet::data
