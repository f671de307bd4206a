#include "src/compile/placement.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <numeric>
#include <utility>

#include "src/base/random.h"
#include "src/base/result.h"

namespace kinglet::compile {
namespace {

// How much work each search may do, in visits of a region or conflict: keeps graphs of thousands of
// operators to seconds.
constexpr int64_t kLocalSearchVisits = 3'000'000;
constexpr int64_t kBranchVisits = 30'000'000;
constexpr int64_t kRoundsMax = 30'000;

int64_t Rounds(int64_t visits, size_t visits_per_round) {
  return std::min(kRoundsMax, visits / (static_cast<int64_t>(visits_per_round) + 1));
}

// offset(b) - offset(a) must not lie strictly between low and high.
struct Conflict {
  size_t a, b;
  int64_t low, high;
};

bool Overlap(const Region& x, const Region& y) {
  return x.first_step <= y.last_step && y.first_step <= x.last_step;
}

int64_t AlignUp(int64_t offset, uint32_t alignment) {
  const int64_t mask = static_cast<int64_t>(alignment) - 1;
  return (offset + mask) & ~mask;
}

std::vector<Conflict> FindConflicts(const PlacementProblem& problem) {
  const auto& regions = problem.regions;
  std::map<std::pair<size_t, size_t>, const Sharing*> sharings;
  for (const Sharing& sharing : problem.sharings) {
    sharings[std::minmax(sharing.first, sharing.second)] = &sharing;
  }
  std::vector<Conflict> conflicts;
  for (size_t a = 0; a < regions.size(); ++a) {
    for (size_t b = a + 1; b < regions.size(); ++b) {
      if (regions[a].bytes == 0 || regions[b].bytes == 0 || !Overlap(regions[a], regions[b])) {
        continue;
      }
      Conflict conflict{a, b, -int64_t{regions[b].bytes}, int64_t{regions[a].bytes}};
      if (const auto found = sharings.find({a, b}); found != sharings.end()) {
        const Sharing& s = *found->second;
        conflict = s.first == a ? Conflict{a, b, s.low, s.high} : Conflict{a, b, -s.high, -s.low};
      }
      if (conflict.low < conflict.high) conflicts.push_back(conflict);
    }
  }
  return conflicts;
}

// The conflicts of one region with the others, seen from it: its offset minus the other's stays out
// of (low, high).
struct Neighbour {
  size_t other;
  int64_t low, high;
};

std::vector<std::vector<Neighbour>> NeighboursOf(size_t regions,
                                                 const std::vector<Conflict>& conflicts) {
  std::vector<std::vector<Neighbour>> neighbours(regions);
  for (const Conflict& c : conflicts) {
    neighbours[c.b].push_back({c.a, c.low, c.high});
    neighbours[c.a].push_back({c.b, -c.high, -c.low});
  }
  return neighbours;
}

// First fit in a given order.
class FirstFit {
 public:
  FirstFit(const PlacementProblem& problem, const std::vector<Conflict>& conflicts)
      : regions_(problem.regions), neighbours_(NeighboursOf(regions_.size(), conflicts)) {}

  Placement Run(const std::vector<size_t>& order) const {
    std::vector<int64_t> offsets(regions_.size(), -1);
    int64_t end = 0;
    for (const size_t region : order) {
      offsets[region] = LowestFree(region, offsets);
      end = std::max(end, offsets[region] + regions_[region].bytes);
    }
    Placement placement;
    placement.offsets.assign(offsets.begin(), offsets.end());
    placement.bytes = static_cast<uint32_t>(end);
    return placement;
  }

 private:
  int64_t LowestFree(size_t region, const std::vector<int64_t>& offsets) const {
    std::vector<std::pair<int64_t, int64_t>> forbidden;
    for (const Neighbour& n : neighbours_[region]) {
      if (offsets[n.other] < 0) continue;
      forbidden.emplace_back(offsets[n.other] + n.low, offsets[n.other] + n.high);
    }
    std::ranges::sort(forbidden);
    int64_t offset = 0;
    for (const auto& [low, high] : forbidden) {
      if (low < offset && offset < high) offset = AlignUp(high, regions_[region].alignment_bytes);
    }
    return offset;
  }

  const std::vector<Region>& regions_;
  std::vector<std::vector<Neighbour>> neighbours_;
};

// Bytes alive in each step, over the steps where some region begins.
std::vector<std::pair<int32_t, int64_t>> LiveBytes(const std::vector<Region>& regions) {
  std::vector<std::pair<int32_t, int64_t>> live;
  for (const Region& begin : regions) {
    int64_t bytes = 0;
    for (const Region& region : regions) {
      if (region.first_step <= begin.first_step && begin.first_step <= region.last_step) {
        bytes += region.bytes;
      }
    }
    live.emplace_back(begin.first_step, bytes);
  }
  return live;
}

// The smallest union of two regions at an allowed distance.
int64_t SmallestUnion(int64_t first_bytes, int64_t second_bytes, const Sharing& sharing) {
  const auto span = [&](int64_t distance) {
    return std::max(first_bytes, distance + second_bytes) - std::min<int64_t>(0, distance);
  };
  // The span is least where one region contains the other, and grows by a byte per byte outside of
  // that range.
  const int64_t contained_low = std::min<int64_t>(0, first_bytes - second_bytes);
  const int64_t contained_high = std::max<int64_t>(0, first_bytes - second_bytes);
  if (sharing.low >= contained_low || sharing.high <= contained_high) {
    return std::max(first_bytes, second_bytes);
  }
  return std::min(span(sharing.low), span(sharing.high));
}

// In each step the live regions need the sum of their sizes, less what sharing can save. A region
// adds at least its size minus its overlaps with those that began before it, and never less than
// nothing.
int64_t LowerBound(const PlacementProblem& problem) {
  const auto& regions = problem.regions;
  int64_t bound = 0;
  for (const auto& [step, live_bytes] : LiveBytes(regions)) {
    const auto alive = [step = step](const Region& region) {
      return region.first_step <= step && step <= region.last_step;
    };
    std::vector<int64_t> saved(regions.size(), 0);
    for (const Sharing& sharing : problem.sharings) {
      const Region& first = regions[sharing.first];
      const Region& second = regions[sharing.second];
      if (!alive(first) || !alive(second)) continue;
      saved[sharing.second] +=
          int64_t{first.bytes} + second.bytes - SmallestUnion(first.bytes, second.bytes, sharing);
    }
    int64_t needed = live_bytes;
    for (size_t i = 0; i < regions.size(); ++i) {
      needed -= std::clamp<int64_t>(saved[i], 0, regions[i].bytes);
      if (alive(regions[i])) bound = std::max(bound, int64_t{regions[i].bytes});
    }
    bound = std::max(bound, needed);
  }
  return bound;
}

// Orders that are good for one kind of graph each; ties go by index, so the result never depends on
// the sort.
std::vector<std::vector<size_t>> GreedyOrders(const std::vector<Region>& regions) {
  const auto live = LiveBytes(regions);
  const auto breadth = [&](const Region& region) {
    int64_t most = 0;
    for (const auto& [step, bytes] : live) {
      if (region.first_step <= step && step <= region.last_step) most = std::max(most, bytes);
    }
    return most;
  };
  using Key = std::function<std::pair<int64_t, int64_t>(const Region&)>;
  const std::vector<Key> keys = {
      [](const Region& r) {
        return std::pair{-int64_t{r.bytes}, int64_t{0}};
      },
      [](const Region& r) {
        return std::pair{int64_t{r.first_step} - r.last_step, -int64_t{r.bytes}};
      },
      [&](const Region& r) {
        return std::pair{-breadth(r), -int64_t{r.bytes}};
      },
      [](const Region& r) {
        return std::pair{int64_t{r.first_step}, -int64_t{r.bytes}};
      },
      [](const Region& r) {
        return std::pair{-int64_t{r.last_step}, -int64_t{r.bytes}};
      },
  };
  std::vector<std::vector<size_t>> orders;
  for (const Key& key : keys) {
    std::vector<std::pair<int64_t, int64_t>> rank;
    std::ranges::transform(regions, std::back_inserter(rank), key);
    std::vector<size_t> order(regions.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::ranges::stable_sort(order, [&](size_t x, size_t y) { return rank[x] < rank[y]; });
    orders.push_back(std::move(order));
  }
  return orders;
}

// Swaps two places of the order; keeps what is not worse.
void ImproveLocally(const FirstFit& first_fit, int64_t bound, std::vector<size_t> order,
                    Placement& best) {
  Random random(1);
  uint32_t current = best.bytes;
  const auto count = static_cast<uint32_t>(order.size());
  const int64_t rounds = Rounds(kLocalSearchVisits, order.size());
  for (int64_t round = 0; round < rounds && best.bytes > bound; ++round) {
    const uint32_t x = random.Below(count);
    const uint32_t y = random.Below(count);
    std::swap(order[x], order[y]);
    Placement candidate = first_fit.Run(order);
    if (candidate.bytes > current) {
      std::swap(order[x], order[y]);
      continue;
    }
    current = candidate.bytes;
    if (candidate.bytes < best.bytes) best = std::move(candidate);
  }
}

// Exact search in the manner of disjunctive scheduling (Carlier and Pinson 1989): each conflict is
// decided one way or the other, decided conflicts push offsets up as longest paths do, and a branch
// ends when a region would leave the arena.
class BranchAndBound {
 public:
  BranchAndBound(const PlacementProblem& problem, const std::vector<Conflict>& conflicts,
                 int64_t bound, Placement& best)
      : regions_(problem.regions), conflicts_(conflicts), bound_(bound), best_(best) {
    std::ranges::stable_sort(
        conflicts_, [&](const Conflict& x, const Conflict& y) { return Weight(x) > Weight(y); });
    order_.resize(conflicts_.size(), Order::kOpen);
    nodes_max_ = Rounds(kBranchVisits, conflicts_.size());
  }

  // True if the search was complete, so that `best` is optimal.
  bool Run() {
    Search(std::vector<int64_t>(regions_.size(), 0));
    return nodes_ <= nodes_max_;
  }

 private:
  enum class Order : uint8_t { kOpen, kAbove, kBelow };  // of b with respect to a

  int64_t Weight(const Conflict& c) const {
    return int64_t{regions_[c.a].bytes} + regions_[c.b].bytes;
  }
  int64_t Limit() const { return int64_t{best_.bytes} - 1; }
  bool Done() const { return best_.bytes <= bound_ || nodes_ > nodes_max_; }

  // Raises offsets until every decided conflict holds; false when a region leaves the arena.
  bool Propagate(std::vector<int64_t>& offsets) const {
    const auto raise = [&](size_t region, int64_t least, bool& changed) {
      if (offsets[region] >= least) return true;
      offsets[region] = AlignUp(least, regions_[region].alignment_bytes);
      changed = true;
      return offsets[region] + regions_[region].bytes <= Limit();
    };
    for (bool changed = true; changed;) {
      changed = false;
      for (size_t i = 0; i < conflicts_.size(); ++i) {
        const Conflict& c = conflicts_[i];
        if (order_[i] == Order::kAbove && !raise(c.b, offsets[c.a] + c.high, changed)) return false;
        if (order_[i] == Order::kBelow && !raise(c.a, offsets[c.b] - c.low, changed)) return false;
      }
    }
    return true;
  }

  void Search(std::vector<int64_t> offsets) {
    if (++nodes_ > nodes_max_ || !Propagate(offsets)) return;
    size_t broken = conflicts_.size();
    for (size_t i = 0; i < conflicts_.size() && broken == conflicts_.size(); ++i) {
      const Conflict& c = conflicts_[i];
      const int64_t distance = offsets[c.b] - offsets[c.a];
      if (order_[i] == Order::kOpen && c.low < distance && distance < c.high) broken = i;
    }
    if (broken == conflicts_.size()) return Record(offsets);
    // Lower first: the smaller rise is the likelier half.
    const Conflict& c = conflicts_[broken];
    const int64_t distance = offsets[c.b] - offsets[c.a];
    const bool above_first = c.high - distance <= distance - c.low;
    for (const Order order : {above_first ? Order::kAbove : Order::kBelow,
                              above_first ? Order::kBelow : Order::kAbove}) {
      order_[broken] = order;
      if (!Done()) Search(offsets);
    }
    order_[broken] = Order::kOpen;
  }

  void Record(const std::vector<int64_t>& offsets) {
    int64_t end = 0;
    for (size_t i = 0; i < regions_.size(); ++i) {
      end = std::max(end, offsets[i] + regions_[i].bytes);
    }
    if (end >= best_.bytes) return;
    best_.offsets.assign(offsets.begin(), offsets.end());
    best_.bytes = static_cast<uint32_t>(end);
  }

  const std::vector<Region>& regions_;
  std::vector<Conflict> conflicts_;
  const int64_t bound_;
  Placement& best_;
  std::vector<Order> order_;
  int64_t nodes_ = 0;
  int64_t nodes_max_ = 0;
};

}  // namespace

Placement PlaceInOrder(const PlacementProblem& problem, const std::vector<size_t>& order) {
  Placement placement = FirstFit(problem, FindConflicts(problem)).Run(order);
  placement.lower_bound_bytes = static_cast<uint32_t>(LowerBound(problem));
  placement.optimal = placement.bytes == placement.lower_bound_bytes;
  return placement;
}

Placement Place(const PlacementProblem& problem) {
  int64_t total = 0;
  for (const Region& region : problem.regions) total += region.bytes;
  KINGLET_ASSERT(total <= std::numeric_limits<int32_t>::max());
  for (const Sharing& sharing : problem.sharings) {
    KINGLET_ASSERT(problem.regions[sharing.first].first_step <
                   problem.regions[sharing.second].first_step);
  }

  const std::vector<Conflict> conflicts = FindConflicts(problem);
  const int64_t bound = LowerBound(problem);
  const FirstFit first_fit(problem, conflicts);
  Placement best;
  std::vector<size_t> best_order;
  for (auto& order : GreedyOrders(problem.regions)) {
    Placement candidate = first_fit.Run(order);
    if (!best_order.empty() && candidate.bytes >= best.bytes) continue;
    best = std::move(candidate);
    best_order = std::move(order);
  }
  ImproveLocally(first_fit, bound, best_order, best);
  best.optimal = best.bytes <= bound;
  if (!best.optimal) best.optimal = BranchAndBound(problem, conflicts, bound, best).Run();
  best.lower_bound_bytes = best.optimal ? best.bytes : static_cast<uint32_t>(bound);
  return best;
}

uint32_t PeakBytes(const std::vector<Region>& regions) {
  int64_t peak = 0;
  for (const auto& [step, bytes] : LiveBytes(regions)) peak = std::max(peak, bytes);
  return static_cast<uint32_t>(peak);
}

bool IsValid(const PlacementProblem& problem, const Placement& placement) {
  if (placement.offsets.size() != problem.regions.size()) return false;
  for (size_t i = 0; i < problem.regions.size(); ++i) {
    const Region& region = problem.regions[i];
    if (placement.offsets[i] % region.alignment_bytes != 0) return false;
    if (uint64_t{placement.offsets[i]} + region.bytes > placement.bytes) return false;
  }
  return std::ranges::none_of(FindConflicts(problem), [&](const Conflict& c) {
    const int64_t distance = int64_t{placement.offsets[c.b]} - placement.offsets[c.a];
    return c.low < distance && distance < c.high;
  });
}

}  // namespace kinglet::compile
