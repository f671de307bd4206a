#include "src/data/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "src/base/random.h"

namespace kinglet::data {
namespace {

using ::testing::HasSubstr;

Recording Make(int index, std::string label, std::string group = "") {
  Recording recording;
  recording.name = std::to_string(index);
  recording.content = HashBytes(AsBytes(recording.name));
  recording.label = std::move(label);
  recording.group = std::move(group);
  return recording;
}

// `count` recordings of 5 classes by `groups` people who recorded unequally much; 0 groups: nobody
// is named.
std::vector<Recording> MakeMany(int count, int groups, uint64_t seed = 1) {
  Random random(seed);
  std::vector<Recording> recordings;
  for (int i = 0; i < count; ++i) {
    const int who =
        groups == 0 ? 0 : static_cast<int>(std::min(random.Below(groups), random.Below(groups)));
    recordings.push_back(Make(i, "class" + std::to_string(random.Below(5)),
                              groups == 0 ? "" : "person" + std::to_string(who)));
  }
  return recordings;
}

std::array<int, 3> Count(const std::vector<Recording>& recordings) {
  std::array<int, 3> count{};
  for (const Recording& recording : recordings) ++count[static_cast<size_t>(recording.split)];
  return count;
}

std::map<std::string, std::set<Split>> SidesOfGroups(const std::vector<Recording>& recordings) {
  std::map<std::string, std::set<Split>> sides;
  for (const Recording& recording : recordings) sides[recording.group].insert(recording.split);
  return sides;
}

TEST(AssignSplits, KeepsGroupsTogetherAndNearlyMeetsTheShares) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    std::vector<Recording> recordings = MakeMany(2000, 60, seed);
    ASSERT_TRUE(AssignSplits(recordings, {.seed = seed}).has_value());
    for (const auto& [group, sides] : SidesOfGroups(recordings)) ASSERT_EQ(sides.size(), 1U);
    const auto count = Count(recordings);
    EXPECT_NEAR(count[1], 200, 40) << seed;
    EXPECT_NEAR(count[2], 400, 40) << seed;
  }
}

TEST(AssignSplits, WithoutGroupsEveryClassHasItsShare) {
  std::vector<Recording> recordings = MakeMany(2000, 0);
  ASSERT_TRUE(AssignSplits(recordings, {.validation_percent = 10, .test_percent = 25}).has_value());
  std::map<std::string, std::array<int, 3>> classes;
  for (const Recording& recording : recordings) {
    ++classes[recording.label][static_cast<size_t>(recording.split)];
  }
  for (const auto& [label, count] : classes) {
    const double all = count[0] + count[1] + count[2];
    EXPECT_NEAR(count[1], 0.10 * all, 1);
    EXPECT_NEAR(count[2], 0.25 * all, 1);
  }
}

TEST(AssignSplits, DoesNotDependOnTheOrderOfRecordings) {
  std::vector<Recording> one = MakeMany(500, 20);
  std::vector<Recording> two(one.rbegin(), one.rend());
  ASSERT_TRUE(AssignSplits(one, {}).has_value());
  ASSERT_TRUE(AssignSplits(two, {}).has_value());
  std::reverse(two.begin(), two.end());
  EXPECT_EQ(one, two);
}

TEST(AssignSplits, AnotherSeedIsAnotherSplit) {
  std::vector<Recording> one = MakeMany(500, 0);
  std::vector<Recording> two = one;
  ASSERT_TRUE(AssignSplits(one, {.seed = 1}).has_value());
  ASSERT_TRUE(AssignSplits(two, {.seed = 2}).has_value());
  EXPECT_NE(one, two);
}

TEST(AssignSplits, IdenticalRecordingsLieOnOneSide) {
  std::vector<Recording> recordings = MakeMany(300, 0);
  for (int i = 0; i < 150; ++i) {
    recordings.push_back(recordings[static_cast<size_t>(i)]);
    recordings.back().name += "-copy";
  }
  ASSERT_TRUE(AssignSplits(recordings, {}).has_value());
  for (size_t i = 0; i < 150; ++i) {
    EXPECT_EQ(recordings[i].split, recordings[300 + i].split) << i;
  }
}

TEST(AssignSplits, ACopyTiesItsGroupsTogether) {
  std::vector<Recording> recordings = MakeMany(400, 20);
  // person3's clip under person7's name, and one without a name.
  const auto of = [&](const std::string& group) {
    return *std::find_if(recordings.begin(), recordings.end(),
                         [&](const Recording& r) { return r.group == group; });
  };
  Recording copy = of("person3");
  copy.name = "copy";
  copy.group = "person7";
  recordings.push_back(copy);
  copy.name = "nameless";
  copy.group = "";
  recordings.push_back(copy);
  for (uint64_t seed = 0; seed < 10; ++seed) {
    ASSERT_TRUE(AssignSplits(recordings, {.seed = seed}).has_value());
    auto sides = SidesOfGroups(recordings);
    EXPECT_EQ(sides["person3"], sides["person7"]);
    EXPECT_EQ(sides[""], sides["person7"]);
  }
}

TEST(AssignSplits, FewGroupsFillEverySideThatIsAskedFor) {
  std::vector<Recording> recordings;
  recordings.reserve(400);
  for (int i = 0; i < 400; ++i) {
    recordings.push_back(Make(i, std::to_string(i % 10), "speaker" + std::to_string(i / 100)));
  }
  ASSERT_TRUE(AssignSplits(recordings, {}).has_value());
  EXPECT_THAT(Count(recordings), ::testing::ElementsAre(200, 100, 100));
}

TEST(AssignSplits, TooFewGroupsIsAnError) {
  std::vector<Recording> recordings;
  recordings.reserve(20);
  for (int i = 0; i < 20; ++i) recordings.push_back(Make(i, "a", i < 10 ? "ann" : "bob"));
  const Status status = AssignSplits(recordings, {});
  ASSERT_FALSE(status.has_value());
  EXPECT_THAT(status.error().message, HasSubstr("2 separate groups"));
  EXPECT_TRUE(AssignSplits(recordings, {.validation_percent = 0}).has_value());
}

TEST(AssignSplits, NamedGroupsAreExactlyTheirSide) {
  std::vector<Recording> recordings = MakeMany(600, 12);
  const SplitOptions options{.validation_percent = 10, .test_groups = {"person2", "person5"}};
  ASSERT_TRUE(AssignSplits(recordings, options).has_value());
  for (const auto& [group, sides] : SidesOfGroups(recordings)) {
    const bool named = group == "person2" || group == "person5";
    EXPECT_EQ(sides.contains(Split::kTest), named) << group;
    EXPECT_EQ(sides.size(), 1U);
  }
  EXPECT_GT(Count(recordings)[1], 0);
}

TEST(AssignSplits, AnUnknownGroupNamesTheNearest) {
  std::vector<Recording> recordings = MakeMany(100, 5);
  const Status status = AssignSplits(recordings, {.test_groups = {"persn2"}});
  ASSERT_FALSE(status.has_value());
  EXPECT_THAT(status.error().message, HasSubstr("did you mean 'person2'?"));
  EXPECT_FALSE(
      AssignSplits(recordings, {.validation_groups = {"person1"}, .test_groups = {"person1"}}));
  EXPECT_FALSE(AssignSplits(recordings, {.validation_percent = 50, .test_percent = 50}));
}

TEST(AssignSplits, GivenTestFilesStayAndValidationComesOutOfTraining) {
  std::vector<Recording> recordings = MakeMany(1000, 0);
  for (size_t i = 0; i < recordings.size(); ++i) {
    recordings[i].given_split = i < 800 ? Split::kTrain : Split::kTest;
  }
  ASSERT_TRUE(AssignSplits(recordings, {.validation_percent = 10, .test_percent = 50}).has_value());
  EXPECT_NEAR(Count(recordings)[1], 80, 3);
  for (size_t i = 0; i < recordings.size(); ++i) {
    EXPECT_EQ(recordings[i].split == Split::kTest, i >= 800);
  }
}

TEST(AssignSplits, AllThreeGivenAreKept) {
  std::vector<Recording> recordings = MakeMany(90, 0);
  for (size_t i = 0; i < recordings.size(); ++i) recordings[i].given_split = kSplits[i % 3];
  ASSERT_TRUE(AssignSplits(recordings, {}).has_value());
  for (const Recording& recording : recordings) EXPECT_EQ(recording.split, recording.given_split);
}

}  // namespace
}  // namespace kinglet::data
