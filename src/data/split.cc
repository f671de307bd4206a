#include "src/data/split.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "src/base/config.h"
#include "src/base/hash.h"

namespace kinglet::data {
namespace {

constexpr size_t kTrain = static_cast<size_t>(Split::kTrain);
constexpr size_t kValidation = static_cast<size_t>(Split::kValidation);
constexpr size_t kTest = static_cast<size_t>(Split::kTest);

using Shares = std::array<double, 3>;

// What must stay together: the recordings of a group, and those with the same bytes.
struct Unit {
  std::vector<size_t> members;
  std::vector<uint32_t> per_class;
  Digest order;  // a seeded hash: which of equally large units comes first
  std::optional<Split> wanted;
};

// Sets of recordings that are joined one pair at a time (union-find).
class Forest {
 public:
  explicit Forest(size_t count) : parent_(count) {
    std::iota(parent_.begin(), parent_.end(), size_t{0});
  }
  size_t Root(size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void Join(size_t a, size_t b) { parent_[Root(a)] = Root(b); }

 private:
  std::vector<size_t> parent_;
};

Status CheckOptions(const std::vector<Recording>& recordings, const SplitOptions& options) {
  if (options.validation_percent < 0 || options.test_percent < 0 ||
      options.validation_percent + options.test_percent > 90) {
    return Fail(Code::kInvalid,
                "[data] validation_percent {} and test_percent {}: together at most 90, so that "
                "something is left to train on",
                options.validation_percent, options.test_percent);
  }
  std::set<std::string> groups;
  for (const Recording& recording : recordings) groups.insert(recording.group);
  groups.erase("");
  for (const auto* wanted : {&options.validation_groups, &options.test_groups}) {
    for (const std::string& group : *wanted) {
      if (groups.contains(group)) continue;
      const auto nearest = NearestWord(group, {groups.begin(), groups.end()});
      return Fail(Code::kInvalid, "[data] no recording is of the group '{}'{}", group,
                  nearest ? "; did you mean '" + *nearest + "'?" : "");
    }
  }
  for (const std::string& group : options.test_groups) {
    const auto& other = options.validation_groups;
    if (std::find(other.begin(), other.end(), group) == other.end()) continue;
    return Fail(Code::kInvalid, "[data] group '{}' is in test_groups and in validation_groups",
                group);
  }
  return {};
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The side the options name for a group.
std::optional<Split> NamedSide(const std::string& group, const SplitOptions& options) {
  if (Contains(options.test_groups, group)) return Split::kTest;
  if (Contains(options.validation_groups, group)) return Split::kValidation;
  return std::nullopt;
}

// Units of the recordings `free`. Deterministic whatever the order of the recordings.
std::vector<Unit> MakeUnits(const std::vector<Recording>& recordings,
                            const std::vector<size_t>& free, const SplitOptions& options) {
  Forest forest(recordings.size());
  std::map<std::string, size_t> by_group;
  std::map<Digest, size_t> by_content;
  std::map<std::string, uint32_t> classes;
  for (const size_t i : free) {
    const Recording& recording = recordings[i];
    classes[recording.label] = 0;
    forest.Join(i, by_content.try_emplace(recording.content, i).first->second);
    if (recording.group.empty()) continue;
    forest.Join(i, by_group.try_emplace(recording.group, i).first->second);
  }
  uint32_t class_count = 0;
  for (auto& [label, index] : classes) index = class_count++;
  std::map<size_t, Unit> by_root;
  for (const size_t i : free) by_root[forest.Root(i)].members.push_back(i);
  std::vector<Unit> units;
  for (auto& [root, unit] : by_root) {
    unit.per_class.resize(class_count);
    Digest least = recordings[unit.members[0]].content;
    for (const size_t i : unit.members) {
      const Recording& recording = recordings[i];
      ++unit.per_class[classes.at(recording.label)];
      least = std::min(least, recording.content);
      const std::optional<Split> side = NamedSide(recording.group, options);
      if (side && (!unit.wanted || *side > *unit.wanted)) unit.wanted = side;
    }
    unit.order = Hasher().AddField(std::to_string(options.seed)).Add(least.bytes).Finish();
    units.push_back(std::move(unit));
  }
  std::sort(units.begin(), units.end(), [](const Unit& a, const Unit& b) {
    if (a.members.size() != b.members.size()) return a.members.size() > b.members.size();
    return a.order < b.order;
  });
  return units;
}

// Gives each unit, the largest first, to the side that is then nearest to its share in the unit's
// classes. What is measured is the sum over classes of (count - wanted)^2 / wanted, Pearson's
// chi-squared.
std::vector<size_t> Distribute(const std::vector<Unit>& units, const Shares& shares) {
  if (units.empty()) return {};
  const size_t class_count = units[0].per_class.size();
  std::vector<double> total(class_count);
  for (const Unit& unit : units) {
    for (size_t c = 0; c < class_count; ++c) total[c] += unit.per_class[c];
  }
  std::array<std::vector<double>, 3> filled;
  filled.fill(std::vector<double>(class_count));
  std::vector<size_t> sides;
  for (const Unit& unit : units) {
    size_t best = kTrain;
    if (unit.wanted) {
      best = static_cast<size_t>(*unit.wanted);
    } else {
      double best_cost = 0;
      for (size_t side = 0; side < shares.size(); ++side) {
        if (shares[side] <= 0) continue;
        double cost = 0;
        for (size_t c = 0; c < class_count; ++c) {
          if (unit.per_class[c] == 0) continue;
          const double wanted = shares[side] * total[c];
          const double before = filled[side][c] - wanted;
          const double after = before + unit.per_class[c];
          cost += (after * after - before * before) / wanted;
        }
        if (side == kTrain || cost < best_cost) {
          best = side;
          best_cost = cost;
        }
      }
    }
    for (size_t c = 0; c < class_count; ++c) filled[best][c] += unit.per_class[c];
    sides.push_back(best);
  }
  return sides;
}

// With few groups a small share can come out empty: then it takes the smallest unit of the side
// that has most units.
Status FillEmptySides(const std::vector<Unit>& units, const Shares& shares,
                      std::vector<size_t>& sides) {
  for (const size_t side : {kTrain, kTest, kValidation}) {
    if (shares[side] <= 0 || std::find(sides.begin(), sides.end(), side) != sides.end()) continue;
    std::array<size_t, 3> free_units{};
    std::array<size_t, 3> all_units{};
    for (size_t i = 0; i < units.size(); ++i) {
      ++all_units[sides[i]];
      if (!units[i].wanted) ++free_units[sides[i]];
    }
    std::optional<size_t> taken;
    for (size_t i = units.size(); i-- > 0 && !taken;) {
      const size_t from = sides[i];
      const bool fullest =
          free_units[from] == *std::max_element(free_units.begin(), free_units.end());
      if (!units[i].wanted && fullest && all_units[from] > 1) taken = i;
    }
    if (!taken) {
      return Fail(Code::kInvalid,
                  "[data] nothing is left for {}: {} separate groups of recordings for the sides "
                  "that are asked for (identical recordings tie groups together; see 'kinglet data "
                  "check'); record more groups or set its percentage to 0",
                  SplitName(static_cast<Split>(side)), units.size());
    }
    sides[*taken] = side;
  }
  return {};
}

Shares WantedShares(const SplitOptions& options, bool given_validation, bool given_test) {
  Shares shares{};
  const bool by_validation_percent = options.validation_groups.empty() && !given_validation;
  const bool by_test_percent = options.test_groups.empty() && !given_test;
  if (by_validation_percent) shares[kValidation] = options.validation_percent / 100.0;
  if (by_test_percent) shares[kTest] = options.test_percent / 100.0;
  shares[kTrain] = 1 - shares[kValidation] - shares[kTest];
  return shares;
}

Status SplitFree(std::vector<Recording>& recordings, const std::vector<size_t>& free,
                 const Shares& shares, const SplitOptions& options) {
  const std::vector<Unit> units = MakeUnits(recordings, free, options);
  if (units.empty()) return {};
  std::vector<size_t> sides = Distribute(units, shares);
  KINGLET_CHECK(FillEmptySides(units, shares, sides));
  for (size_t i = 0; i < units.size(); ++i) {
    for (const size_t member : units[i].members) {
      recordings[member].split = static_cast<Split>(sides[i]);
    }
  }
  return {};
}

}  // namespace

Status AssignSplits(std::vector<Recording>& recordings, const SplitOptions& options) {
  KINGLET_CHECK(CheckOptions(recordings, options));
  bool given_validation = false;
  bool given_test = false;
  for (const Recording& recording : recordings) {
    given_validation |= recording.given_split == Split::kValidation;
    given_test |= recording.given_split == Split::kTest;
  }
  std::vector<size_t> free;
  for (size_t i = 0; i < recordings.size(); ++i) {
    Recording& recording = recordings[i];
    recording.split = recording.given_split.value_or(Split::kTrain);
    const bool carve = recording.given_split == Split::kTrain && !given_validation;
    if (!recording.given_split || carve) free.push_back(i);
  }
  const Shares shares = WantedShares(options, given_validation, given_test);
  return SplitFree(recordings, free, shares, options);
}

}  // namespace kinglet::data
