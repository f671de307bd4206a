#include "src/compile/placement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "src/base/random.h"

namespace kinglet::compile {
namespace {

// A random problem shaped like a network: every region is written in one step and read until a
// later one.
PlacementProblem RandomProblem(uint64_t seed, uint32_t regions_max, uint32_t bytes_max,
                               bool share) {
  Random random(seed);
  PlacementProblem problem;
  const uint32_t count = 2 + random.Below(regions_max - 1);
  for (uint32_t i = 0; i < count; ++i) {
    const auto first = static_cast<int32_t>(i);
    problem.regions.push_back({1 + random.Below(bytes_max), 1U << random.Below(3), first,
                               first + static_cast<int32_t>(random.Below(4))});
  }
  for (uint32_t i = 0; share && i + 1 < count; ++i) {
    for (uint32_t j = i + 1; j < count; ++j) {
      const Region& a = problem.regions[i];
      const Region& b = problem.regions[j];
      if (a.last_step != b.first_step || random.Below(2) == 0) continue;
      const auto narrow = [&](uint32_t bytes) { return int64_t{random.Below(bytes + 1)}; };
      problem.sharings.push_back({i, j, -narrow(b.bytes), narrow(a.bytes)});
    }
  }
  return problem;
}

// The least arena by trying every offset of every region below `limit`.
uint32_t BruteForce(const PlacementProblem& problem, uint32_t limit) {
  Placement trial;
  trial.offsets.assign(problem.regions.size(), 0);
  PlacementProblem prefix;
  uint32_t best = limit;
  const auto place = [&](auto&& self, size_t region, uint32_t end) -> void {
    if (region == problem.regions.size()) {
      best = std::min(best, end);
      return;
    }
    const Region& r = problem.regions[region];
    for (uint32_t offset = 0; offset + r.bytes < best; offset += r.alignment_bytes) {
      trial.offsets[region] = offset;
      PlacementProblem part;
      part.regions.assign(problem.regions.begin(),
                          problem.regions.begin() + static_cast<std::ptrdiff_t>(region) + 1);
      std::ranges::copy_if(problem.sharings, std::back_inserter(part.sharings),
                           [&](const Sharing& s) { return s.second <= region; });
      Placement placed{
          {trial.offsets.begin(), trial.offsets.begin() + static_cast<std::ptrdiff_t>(region) + 1},
          limit,
          0,
          false};
      if (IsValid(part, placed)) self(self, region + 1, std::max(end, offset + r.bytes));
    }
  };
  place(place, 0, 0);
  return best;
}

TEST(Placement, EqualsExhaustiveSearchOnSmallProblems) {
  for (uint64_t seed = 0; seed < 120; ++seed) {
    const PlacementProblem problem = RandomProblem(seed, 6, 5, seed % 2 == 1);
    const Placement placement = Place(problem);
    ASSERT_TRUE(IsValid(problem, placement)) << "seed " << seed;
    ASSERT_TRUE(placement.optimal) << "seed " << seed;
    uint32_t limit = 1;
    for (const Region& region : problem.regions) limit += region.bytes + 3;
    EXPECT_EQ(placement.bytes, BruteForce(problem, limit)) << "seed " << seed;
  }
}

TEST(Placement, NeverOverlapsAndNeverLosesToAnyOrderOnLargeProblems) {
  for (uint64_t seed = 0; seed < 25; ++seed) {
    const PlacementProblem problem = RandomProblem(seed, 60, 5000, seed % 2 == 1);
    const Placement placement = Place(problem);
    ASSERT_TRUE(IsValid(problem, placement)) << "seed " << seed;
    EXPECT_GE(placement.bytes, placement.lower_bound_bytes) << "seed " << seed;
    std::vector<size_t> order(problem.regions.size());
    std::iota(order.begin(), order.end(), size_t{0});
    EXPECT_LE(placement.bytes, PlaceInOrder(problem, order).bytes) << "seed " << seed;
    std::ranges::stable_sort(order, [&](size_t x, size_t y) {
      return problem.regions[x].bytes > problem.regions[y].bytes;
    });
    EXPECT_LE(placement.bytes, PlaceInOrder(problem, order).bytes) << "seed " << seed;
  }
}

TEST(Placement, FindsTheSolutionThatEveryGreedyOrderMisses) {
  // All five greedy orders end at 11 bytes.
  PlacementProblem problem;
  problem.regions = {{4, 1, 0, 2}, {3, 1, 1, 3}, {2, 1, 2, 4},
                     {2, 1, 3, 4}, {5, 1, 4, 7}, {5, 1, 5, 5}};
  const Placement placement = Place(problem);
  EXPECT_TRUE(IsValid(problem, placement));
  EXPECT_EQ(placement.bytes, 10U);
  EXPECT_EQ(PeakBytes(problem.regions), 10U);
  EXPECT_EQ(PlaceInOrder(problem, {4, 5, 0, 1, 2, 3}).bytes, 11U);
}

TEST(Placement, LetsTheOutputStartBelowItsInputByTheRulesDistance) {
  // A 3-row window: the output may start 16 bytes before its input, no nearer.
  PlacementProblem problem;
  problem.regions = {{100, 4, 0, 1}, {100, 4, 1, 2}};
  problem.sharings = {{0, 1, -16, 100}};
  const Placement placement = Place(problem);
  EXPECT_EQ(placement.bytes, 116U);
  EXPECT_EQ(placement.offsets, (std::vector<uint32_t>{16, 0}));
  problem.sharings = {};
  EXPECT_EQ(Place(problem).bytes, 200U);
}

TEST(Placement, RegionsOfNoBytesNeedNoPlace) {
  PlacementProblem problem;
  problem.regions = {{0, 4, 0, 3}, {8, 4, 1, 2}};
  EXPECT_EQ(Place(problem).bytes, 8U);
  EXPECT_EQ(Place({}).bytes, 0U);
}

TEST(Placement, IsTheSameEveryTime) {
  const PlacementProblem problem = RandomProblem(7, 40, 900, true);
  EXPECT_EQ(Place(problem).offsets, Place(problem).offsets);
}

TEST(Placement, ValidityIsNotVacuous) {
  PlacementProblem problem;
  problem.regions = {{8, 4, 0, 1}, {8, 4, 1, 2}};
  EXPECT_FALSE(IsValid(problem, {{0, 4}, 12, 0, false})) << "overlap";
  EXPECT_FALSE(IsValid(problem, {{0, 10}, 18, 0, false})) << "alignment";
  EXPECT_FALSE(IsValid(problem, {{0, 8}, 12, 0, false})) << "beyond the arena";
  EXPECT_TRUE(IsValid(problem, {{0, 8}, 16, 0, false}));
}

}  // namespace
}  // namespace kinglet::compile
