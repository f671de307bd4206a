#include "src/data/stats.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "src/base/progress.h"

namespace kinglet::data {
namespace {

std::vector<double> Quantiles(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  std::vector<double> quantiles;
  for (const size_t percent : {0, 5, 50, 95, 100}) {
    quantiles.push_back(values[(values.size() - 1) * percent / 100]);
  }
  return quantiles;
}

std::string Row(std::string_view label, const std::array<uint64_t, 3>& count) {
  return fmt::format("{:<16} {:>10} {:>10} {:>10} {:>10}\n", label, FormatCount(count[0]),
                     FormatCount(count[1]), FormatCount(count[2]),
                     FormatCount(count[0] + count[1] + count[2]));
}

}  // namespace

Stats ComputeStats(const std::vector<Recording>& recordings) {
  Stats stats;
  std::map<std::string, std::array<uint64_t, 3>, decltype(&LabelLess)> classes(&LabelLess);
  std::array<std::set<std::string>, 3> groups;
  std::vector<double> lengths_s;
  for (const Recording& recording : recordings) {
    const auto split = static_cast<size_t>(recording.split);
    ++classes[recording.label][split];
    ++stats.count[split];
    if (recording.group.empty()) {
      ++stats.without_group;
    } else {
      groups[split].insert(recording.group);
    }
    if (recording.kind() == Kind::kAudio) {
      stats.seconds[split] += recording.seconds();
      ++stats.rates_hz[recording.sample_rate_hz];
      lengths_s.push_back(recording.seconds());
    } else {
      ++stats.sizes[fmt::format("{}x{}x{}", recording.width, recording.height, recording.channels)];
    }
  }
  for (const auto& [label, count] : classes) stats.classes.push_back({label, count});
  for (size_t i = 0; i < groups.size(); ++i) stats.groups[i] = groups[i].size();
  stats.length_quantiles_s = Quantiles(std::move(lengths_s));
  return stats;
}

std::string FormatStats(const Stats& stats) {
  std::string text = fmt::format("{:<16} {:>10} {:>10} {:>10} {:>10}\n", "class", "train",
                                 "validation", "test", "all");
  for (const Stats::Class& one : stats.classes) text += Row(one.label, one.count);
  text += Row("recordings", stats.count);
  text += Row("groups", stats.groups);
  if (stats.without_group > 0) {
    text += fmt::format("{} recordings have no group.\n", FormatCount(stats.without_group));
  }
  if (!stats.rates_hz.empty()) {
    const auto& s = stats.seconds;
    text +=
        fmt::format("{:<16} {:>10} {:>10} {:>10} {:>10}\n", "duration", FormatDuration(s[0]),
                    FormatDuration(s[1]), FormatDuration(s[2]), FormatDuration(s[0] + s[1] + s[2]));
    const auto& q = stats.length_quantiles_s;
    text +=
        fmt::format("length: {:.2f} s the shortest, {:.2f} s the median, {:.2f} s the longest\n",
                    q[0], q[2], q[4]);
  }
  for (const auto& [rate_hz, count] : stats.rates_hz) {
    text += fmt::format("sampling rate {} Hz: {} recordings\n", rate_hz, FormatCount(count));
  }
  for (const auto& [size, count] : stats.sizes) {
    text += fmt::format("size {}: {} pictures\n", size, FormatCount(count));
  }
  return text;
}

std::string FormatStatsJson(const Stats& stats) {
  using Json = nlohmann::ordered_json;
  const auto per_split = [](const auto& values) {
    Json out;
    for (const Split split : kSplits) {
      out[std::string(SplitName(split))] = values[static_cast<size_t>(split)];
    }
    return out;
  };
  Json classes = Json::array();
  for (const Stats::Class& one : stats.classes) {
    Json row = per_split(one.count);
    row["label"] = one.label;
    row["total"] = one.total();
    classes.push_back(row);
  }
  Json rates = Json::array();
  for (const auto& [rate_hz, count] : stats.rates_hz) {
    rates.push_back({{"sample_rate_hz", rate_hz}, {"recordings", count}});
  }
  Json sizes = Json::array();
  for (const auto& [size, count] : stats.sizes) {
    sizes.push_back({{"size", size}, {"recordings", count}});
  }
  Json quantiles = nullptr;
  if (const auto& q = stats.length_quantiles_s; !q.empty()) {
    quantiles = {{"min", q[0]}, {"p5", q[1]}, {"median", q[2]}, {"p95", q[3]}, {"max", q[4]}};
  }
  const Json all = {{"recordings", stats.count[0] + stats.count[1] + stats.count[2]},
                    {"per_split", per_split(stats.count)},
                    {"groups", per_split(stats.groups)},
                    {"without_group", stats.without_group},
                    {"seconds", per_split(stats.seconds)},
                    {"length_s", quantiles},
                    {"sample_rates", rates},
                    {"sizes", sizes},
                    {"classes", classes}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace kinglet::data
