// Generated folders, built on this machine as a user would build them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/base/files.h"
#include "src/compile/generate.h"
#include "src/emulate/process.h"
#include "tests/support/graph_builder.h"
#include "tests/support/random_graph.h"
#include "tests/support/state_graphs.h"

namespace kinglet::compile {
namespace {

using ::testing::HasSubstr;

class GeneratedFolder : public ::testing::Test {
 protected:
  void Write(const ir::Graph& graph, const CompileOptions& options = {}) {
    auto model = Compile(graph, options);
    ASSERT_TRUE(model.has_value()) << model.error().message;
    model_ = *std::move(model);
    auto folder = TemporaryFolder::Make("kinglet-generated-");
    ASSERT_TRUE(folder.has_value()) << folder.error().message;
    folder_ = std::make_unique<TemporaryFolder>(*std::move(folder));
    ASSERT_TRUE(WriteFolder(model_.files, folder_->path()).has_value());
  }

  // Exit status; what the program says is in text_.
  int Run(const std::vector<std::string>& command) {
    auto output = emulate::RunProcess(command, {.folder = folder_->path(), .seconds_max = 300});
    EXPECT_TRUE(output.has_value()) << output.error().message;
    if (!output.has_value()) return -1;
    text_ = output->text;
    return output->status;
  }

  int BuildSelfTest() {
    std::vector<std::string> command = {"g++",     "-std=c++17", "-O1",     "-Wall",
                                        "-Wextra", "-Wpedantic", "-Werror", "-I."};
    command.insert(command.end(), model_.sources.begin(), model_.sources.end());
    command.insert(command.end(), {"self_test.cc", "self_test_main.cc", "-o", "self_test"});
    return Run(command);
  }

  CompiledModel model_;
  std::unique_ptr<TemporaryFolder> folder_;
  std::string text_;
};

TEST_F(GeneratedFolder, BuildsWithItsOwnCMakeListsAndPassesItsSelfTest) {
  Write(kinglet::testing::SmallNetwork());
  ASSERT_EQ(Run({"cmake", "-B", "build", "-DCMAKE_CXX_FLAGS=-Werror"}), 0) << text_;
  ASSERT_EQ(Run({"cmake", "--build", "build"}), 0) << text_;
  EXPECT_EQ(Run({"ctest", "--test-dir", "build"}), 0) << text_;
  EXPECT_THAT(text_, HasSubstr("100% tests passed, 0 tests failed out of 1"));
}

TEST_F(GeneratedFolder, RandomNetworksPassTheirSelfTests) {
  for (uint64_t seed = 0; seed < 4; ++seed) {
    ASSERT_NO_FATAL_FAILURE(Write(kinglet::testing::RandomGraph(seed)));
    ASSERT_EQ(BuildSelfTest(), 0) << text_;
    EXPECT_EQ(Run({"./self_test"}), 0) << "seed " << seed;
  }
}

TEST_F(GeneratedFolder, EveryKindOfOperatorPassesItsSelfTestWithTheHook) {
  CompileOptions options;
  options.layer_hook = true;
  Write(kinglet::testing::EveryKindGraph(), options);
  EXPECT_THAT(model_.files["model.cc"], HasSubstr("kinglet_layer_output("));
  EXPECT_THAT(model_.files["model.cc"], HasSubstr("kinglet::kernels::StridedCopy("));
  ASSERT_EQ(BuildSelfTest(), 0) << text_;
  EXPECT_EQ(Run({"./self_test"}), 0) << text_;
  EXPECT_THAT(text_, HasSubstr("passed"));
}

TEST_F(GeneratedFolder, AModelThatMovesNothingBuilds) {
  kinglet::testing::GraphBuilder b("flat", 1);
  Write(b.Finish({b.Flatten(b.Input({1, 2, 3, 1}))}), {.name = {}, .passes = optimize::NoPasses()});
  ASSERT_EQ(BuildSelfTest(), 0) << text_;
  EXPECT_EQ(Run({"./self_test"}), 0) << text_;
}

TEST_F(GeneratedFolder, ModelsWithMemoryPassTheirSelfTests) {
  for (const ir::Graph& graph : {kinglet::testing::SvdfNetwork(), kinglet::testing::LstmNetwork(),
                                 kinglet::testing::StreamingNetwork()}) {
    ASSERT_NO_FATAL_FAILURE(Write(graph));
    EXPECT_THAT(model_.files["model.h"], HasSubstr("void Reset(uint8_t* arena);"));
    EXPECT_THAT(model_.files["README.md"], HasSubstr("the arena must be kept"));
    ASSERT_EQ(BuildSelfTest(), 0) << text_;
    EXPECT_EQ(Run({"./self_test"}), 0) << graph.name;
  }
}

// The test must notice a state that does not go on, and one that a reset leaves as it is.
TEST_F(GeneratedFolder, TheSelfTestFailsWhenStateIsLostOrKept) {
  for (const ir::Graph& graph : {kinglet::testing::SvdfNetwork(), kinglet::testing::LstmNetwork(),
                                 kinglet::testing::StreamingNetwork()}) {
    ASSERT_NO_FATAL_FAILURE(Write(graph));
    const std::string source = model_.files["self_test.cc"];
    const std::string rule = "if (vector.reset) Reset(arena);";
    ASSERT_THAT(source, HasSubstr(rule));
    for (const std::string wrong :
         {"Reset(arena);", "if (vector.reset && &vector == golden::kVectors) Reset(arena);"}) {
      std::string changed = source;
      changed.replace(changed.find(rule), rule.size(), wrong);
      ASSERT_TRUE(WriteFileAtomic(folder_->path() + "/self_test.cc", changed).has_value());
      ASSERT_EQ(BuildSelfTest(), 0) << text_;
      EXPECT_EQ(Run({"./self_test"}), 1) << graph.name << ": " << wrong;
    }
  }
}

TEST_F(GeneratedFolder, ResetsStateForAProgramInC) {
  CompileOptions options;
  options.name = "bird";
  Write(kinglet::testing::StreamingNetwork(), options);
  const std::string main_text = R"(
#include "model_c.h"
#include <stdio.h>
#include <string.h>
static uint8_t arena[BIRD_ARENA_BYTES];
static int8_t first[BIRD_OUTPUT_0_BYTES];
static int step(void) {
  memset(bird_input(arena, 0), 40, BIRD_INPUT_0_BYTES);
  bird_invoke(arena);
  return memcmp(first, bird_output(arena, 0), sizeof first) == 0;
}
int main(void) {
  bird_reset(arena);
  step();
  memcpy(first, bird_output(arena, 0), sizeof first);
  const int second = step();
  bird_reset(arena);
  printf("%d %d\n", second, step());
  return 0;
}
)";
  ASSERT_TRUE(WriteFileAtomic(folder_->path() + "/main.c", main_text).has_value());
  ASSERT_EQ(Run({"gcc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-c", "main.c"}),
            0)
      << text_;
  std::vector<std::string> link = {"g++",        "-std=c++17", "-I.", "main.o",
                                   "model_c.cc", "-o",         "main"};
  link.insert(link.end(), model_.sources.begin(), model_.sources.end());
  ASSERT_EQ(Run(link), 0) << text_;
  EXPECT_EQ(Run({"./main"}), 0);
  EXPECT_EQ(text_, "0 1\n")
      << "the second step differs from the first, the one after a reset does not";
}

TEST_F(GeneratedFolder, NetworksOfInt16PassTheirSelfTests) {
  for (uint64_t seed = 0; seed < 3; ++seed) {
    ASSERT_NO_FATAL_FAILURE(Write(kinglet::testing::Int16Network(seed)));
    EXPECT_THAT(model_.files["model.cc"], HasSubstr("constexpr int64_t kLayer1Bias[]"));
    ASSERT_EQ(BuildSelfTest(), 0) << text_;
    EXPECT_EQ(Run({"./self_test"}), 0) << "seed " << seed;
  }
}

TEST_F(GeneratedFolder, TheSelfTestFailsWhenOneWeightIsDamaged) {
  Write(kinglet::testing::SmallNetwork());
  const std::string sign = "constexpr int8_t kLayer0Weights[] = {\n    ";
  std::string source = model_.files["model.cc"];
  const size_t at = source.find(sign);
  ASSERT_NE(at, std::string::npos);
  const size_t number = at + sign.size();
  source.replace(number, source.find(',', number) - number, "77");
  ASSERT_NE(source, model_.files["model.cc"]);
  ASSERT_TRUE(WriteFileAtomic(folder_->path() + "/model.cc", source).has_value());
  ASSERT_EQ(BuildSelfTest(), 0) << text_;
  EXPECT_EQ(Run({"./self_test"}), 1);
  EXPECT_EQ(text_, "failed\n");
}

TEST_F(GeneratedFolder, BuildsWithNamesThatTryToBreakOut) {
  ir::Graph graph = kinglet::testing::SmallNetwork();
  graph.name = "9 *\\/ \n#error\n";
  graph.ops[0].name = "conv ?\?/\n#error \\";
  graph.tensors[static_cast<size_t>(graph.inputs[0])].name = "\"}; \\";
  graph.metadata[std::string(ir::kLabelsMetadata)] = "?\?/\n\x01\"\n\xc3\xa4";
  Write(graph);
  ASSERT_EQ(BuildSelfTest(), 0) << text_;
  EXPECT_EQ(Run({"./self_test"}), 0) << text_;
}

TEST_F(GeneratedFolder, ServesAProgramInC) {
  CompileOptions options;
  options.name = "bird";
  Write(kinglet::testing::SmallNetwork(), options);
  const std::string main_text = R"(
#include "model_c.h"
#include <stdio.h>
#include <string.h>
static uint8_t arena[BIRD_ARENA_BYTES];
int main(void) {
  memset(bird_input(arena, 0), 3, BIRD_INPUT_0_BYTES);
  bird_invoke(arena);
  int sum = 0;
  for (int i = 0; i < BIRD_OUTPUT_0_BYTES; ++i) sum += bird_output(arena, 0)[i] + 128;
  /* Softmax: the probabilities add up to one, but for rounding. */
  const float total = BIRD_OUTPUT_0_SCALE * (float)sum;
  printf("%d inputs, total %.1f\n", BIRD_INPUT_COUNT, total);
  return 0;
}
)";
  ASSERT_TRUE(WriteFileAtomic(folder_->path() + "/main.c", main_text).has_value());
  ASSERT_EQ(Run({"gcc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-c", "main.c"}),
            0)
      << text_;
  std::vector<std::string> link = {"g++",        "-std=c++17", "-I.", "main.o",
                                   "model_c.cc", "-o",         "main"};
  link.insert(link.end(), model_.sources.begin(), model_.sources.end());
  ASSERT_EQ(Run(link), 0) << text_;
  EXPECT_EQ(Run({"./main"}), 0);
  EXPECT_EQ(text_, "1 inputs, total 1.0\n");
}

}  // namespace
}  // namespace kinglet::compile
