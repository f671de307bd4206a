// What a data set consists of: recordings per class and split, groups, durations, rates, sizes.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "src/data/recording.h"

namespace kinglet::data {

struct Stats {
  struct Class {
    std::string label;
    std::array<uint64_t, 3> count{};  // per split, in the order of kSplits
    uint64_t total() const { return count[0] + count[1] + count[2]; }
  };
  std::vector<Class> classes;       // in the order of LabelLess
  std::array<uint64_t, 3> count{};  // recordings per split
  std::array<uint64_t, 3>
      groups{};                // different groups per split; recordings without a group not counted
  uint64_t without_group = 0;  // recordings
  std::array<double, 3> seconds{};        // of sound, per split
  std::map<int, uint64_t> rates_hz;       // recordings per sampling rate
  std::map<std::string, uint64_t> sizes;  // pictures per "28x28x1"
  // Lengths of sound in seconds at 0, 5, 50, 95 and 100 % of the recordings; empty for pictures.
  std::vector<double> length_quantiles_s;
};

Stats ComputeStats(const std::vector<Recording>& recordings);
std::string FormatStats(const Stats& stats);      // a table for people
std::string FormatStatsJson(const Stats& stats);  // one JSON object

}  // namespace kinglet::data
