// Packs regions that live for a part of an inference into one arena of least size. Knows nothing of
// models: memory_plan.h turns a graph into regions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kinglet::compile {

// `bytes` that are in use from step `first_step` to `last_step`, both included.
struct Region {
  uint32_t bytes = 0;
  uint32_t alignment_bytes = 1;  // a power of two
  int32_t first_step = 0;
  int32_t last_step = 0;
};

// Two regions that live at the same time and yet may overlap: with d = offset(second) -
// offset(first), any d outside the open interval (low, high) will do. Without a Sharing the
// interval is (-bytes(second), bytes(first)): no common byte. `second` must begin to live after
// `first`: it is the output of the step in which `first` is read for the last time.
struct Sharing {
  size_t first = 0;
  size_t second = 0;
  int64_t low = 0;
  int64_t high = 0;
};

struct PlacementProblem {
  std::vector<Region> regions;
  std::vector<Sharing> sharings;
};

struct Placement {
  std::vector<uint32_t> offsets;   // one per region
  uint32_t bytes = 0;              // the arena's size
  uint32_t lower_bound_bytes = 0;  // no placement can be smaller
  bool optimal = false;            // proven: at the lower bound, or the exact search ran to its end
};

// Takes the best of several greedy orders (size, duration, breadth, first use, last use), improves
// it by a local search and then by branch and bound over the order of each conflicting pair, which
// is exact unless it meets its node limit. Deterministic. All sizes together must stay below 2^31.
Placement Place(const PlacementProblem& problem);

// The first of Place's parts alone: every region at its lowest free offset, in the given order (a
// permutation of all regions).
Placement PlaceInOrder(const PlacementProblem& problem, const std::vector<size_t>& order);

// The most bytes that are alive in any one step when nothing is shared.
uint32_t PeakBytes(const std::vector<Region>& regions);

// True if every pair of regions that is alive at once keeps its rule and every region lies inside
// `placement.bytes`, aligned.
bool IsValid(const PlacementProblem& problem, const Placement& placement);

}  // namespace kinglet::compile
