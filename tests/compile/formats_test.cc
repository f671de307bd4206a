// Every format's folder, built the way its build system builds it: with the sources, flags and
// include paths that its own files name and nothing else. Where the build system is CMake with
// other functions (Zephyr, ESP-IDF) build_systems/ stands in for it. On this machine the example
// runs, too.
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "src/base/files.h"
#include "src/board/board.h"
#include "src/compile/generate.h"
#include "src/compile/select.h"
#include "src/emulate/process.h"
#include "tests/support/graph_builder.h"
#include "tests/support/shared_data.h"

namespace kinglet::compile {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

// The compilers of this machine, or of an Arm core.
enum class Where : uint8_t { kHost, kArm };

class Formats : public ::testing::TestWithParam<Where> {
 protected:
  void SetUp() override {
    if (Across() && !emulate::RunProcess({"arm-none-eabi-g++", "--version"}, {}).has_value()) {
      GTEST_SKIP() << "not on this machine: arm-none-eabi-g++";
    }
  }

  bool Across() const { return GetParam() == Where::kArm; }

  std::vector<std::string> CoreFlags() const {
    if (!Across()) return {};
    return board::LoadBoard("cortex-m4f").value().core.compile_flags;
  }

  // A C library over an operating system that does nothing, and no C++ library.
  std::vector<std::string> Libraries() const {
    if (!Across()) return {};
    return {"-nodefaultlibs", "-Wl,--start-group", "-lc", "-lnosys", "-lgcc", "-Wl,--end-group"};
  }

  void Write(Format format) {
    ir::Graph graph = kinglet::testing::SmallNetwork();
    graph.metadata[std::string(ir::kLabelsMetadata)] = "left\nright\n\"?\"";
    auto model = Compile(graph, {.name = "bird", .format = format});
    ASSERT_TRUE(model.has_value()) << model.error().message;
    model_ = *std::move(model);
    ASSERT_TRUE(WriteFolder(model_.files, folder_.path()).has_value());
  }

  // Exit status; what the program says is in text_.
  int Run(const std::vector<std::string>& command) {
    auto output = emulate::RunProcess(command, {.folder = folder_.path(), .seconds_max = 300});
    EXPECT_TRUE(output.has_value()) << output.error().message;
    if (!output.has_value()) return -1;
    text_ = output->text;
    return output->status;
  }

  void BuildWithCMake(const std::string& source_folder, const std::string& variables = "") {
    std::vector<std::string> command = {
        "env", variables.empty() ? "A=B" : variables, "cmake", "-S", source_folder, "-B", "build"};
    if (Across()) {
      const std::string flags =
          fmt::format("{} -Wall -Wextra -Werror", fmt::join(CoreFlags(), " "));
      command.insert(
          command.end(),
          {"-DCMAKE_SYSTEM_NAME=Generic", "-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY",
           "-DCMAKE_C_COMPILER=arm-none-eabi-gcc", "-DCMAKE_CXX_COMPILER=arm-none-eabi-g++",
           "-DCMAKE_C_FLAGS=" + flags, "-DCMAKE_CXX_FLAGS=" + flags, "-DCMAKE_ASM_FLAGS=" + flags,
           fmt::format("-DCMAKE_CXX_STANDARD_LIBRARIES={}", fmt::join(Libraries(), " "))});
    }
    ASSERT_EQ(Run(command), 0) << text_;
    ASSERT_EQ(Run({"cmake", "--build", "build"}), 0) << text_;
  }

  // Compiles every source below `folder` that has one of `extensions`, and `programs`, with
  // `include` as include paths, and links them.
  void BuildByHand(const std::string& folder, const std::vector<std::string>& extensions,
                   const std::vector<std::string>& programs,
                   const std::vector<std::string>& flags) {
    std::vector<std::string> command = {Across() ? "arm-none-eabi-g++" : "g++"};
    for (const auto& list : {CoreFlags(), flags}) {
      command.insert(command.end(), list.begin(), list.end());
    }
    command.insert(command.end(), {"-Wall", "-Wextra", "-Werror", "-o", "program"});
    const std::vector<std::string> files = ListFiles(folder_.path() + "/" + folder).value();
    std::vector<std::string> sources;
    for (const std::string& file : files) {
      const std::string extension = fs::path(file).extension();
      if (std::ranges::find(extensions, extension) != extensions.end()) {
        sources.push_back(folder + "/" + file);
      }
    }
    for (const std::string& source : model_.sources) {
      EXPECT_NE(std::ranges::find(sources, source), sources.end()) << source;
    }
    command.insert(command.end(), sources.begin(), sources.end());
    for (const auto& list : {programs, Libraries()}) {
      command.insert(command.end(), list.begin(), list.end());
    }
    ASSERT_EQ(Run(command), 0) << text_;
  }

  void ExpectTheProgramToPass(const std::string& program) {
    if (Across()) return;
    EXPECT_EQ(Run({program}), 0) << text_;
    EXPECT_THAT(text_, HasSubstr("self-test passed\n"));
  }

  std::string File(const std::string& path) const {
    const auto found = model_.files.find(path);
    return found == model_.files.end() ? "no file " + path : found->second;
  }

  static std::string StandIn(const std::string& name) {
    return kinglet::testing::SourcePath("tests/compile/build_systems/" + name);
  }

  TemporaryFolder folder_ = TemporaryFolder::Make("kinglet-formats-").value();
  CompiledModel model_;
  std::string text_;
};

TEST_P(Formats, Arduino) {
  ASSERT_NO_FATAL_FAILURE(Write(Format::kArduino));
  // The sketch becomes a C++ file, after the core's header.
  const std::string sketch = "#include <Arduino.h>\n" + File("examples/SelfTest/SelfTest.ino");
  ASSERT_TRUE(WriteFileAtomic(folder_.path() + "/build/SelfTest.ino.cpp", sketch).has_value());
  ASSERT_NO_FATAL_FAILURE(BuildByHand("src", {".c", ".cpp", ".S"},
                                      {"build/SelfTest.ino.cpp", StandIn("arduino/main.cpp")},
                                      {"-std=gnu++17", "-Os", "-Isrc", "-I" + StandIn("arduino")}));
  ExpectTheProgramToPass("./program");

  std::map<std::string, std::string> properties;
  std::istringstream lines(File("library.properties"));
  for (std::string line; std::getline(lines, line);) {
    const size_t equals = line.find('=');
    ASSERT_NE(equals, std::string::npos) << line;
    properties[line.substr(0, equals)] = line.substr(equals + 1);
  }
  for (const char* key : {"author", "maintainer", "sentence", "paragraph", "url"}) {
    EXPECT_FALSE(properties[key].empty()) << key;
  }
  EXPECT_EQ(properties["name"], "bird");
  EXPECT_THAT(properties["version"], MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_EQ(properties["category"], "Data Processing");
  EXPECT_EQ(properties["architectures"], "*");
  EXPECT_TRUE(model_.files.contains("src/" + properties["includes"]));
}

TEST_P(Formats, PlatformIo) {
  ASSERT_NO_FATAL_FAILURE(Write(Format::kPlatformIo));
  const auto json = nlohmann::json::parse(File("library.json"));
  for (const char* key :
       {"name", "version", "description", "keywords", "frameworks", "platforms"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  const std::string sources = json.at("build").at("srcDir");
  const std::string include = json.at("build").at("includeDir");
  EXPECT_TRUE(model_.files.contains(include + "/" + json.at("headers").get<std::string>()));
  const auto& example = json.at("examples").at(0);
  std::vector<std::string> programs;
  for (const std::string file : example.at("files")) {
    const std::string path = example.at("base").get<std::string>() + "/" + file;
    EXPECT_TRUE(model_.files.contains(path)) << path;
    if (path.ends_with(".cc")) programs.push_back(path);
  }
  std::vector<std::string> flags = json.at("build").at("flags");
  flags.insert(flags.end(), {"-I" + sources, "-I" + include});
  ASSERT_NO_FATAL_FAILURE(BuildByHand(sources, {".c", ".cc", ".cpp", ".S"}, programs, flags));
  ExpectTheProgramToPass("./program");
}

TEST_P(Formats, Zephyr) {
  ASSERT_NO_FATAL_FAILURE(Write(Format::kZephyr));
  ASSERT_NO_FATAL_FAILURE(BuildWithCMake("samples/self_test", "ZEPHYR_BASE=" + StandIn("zephyr")));
  ExpectTheProgramToPass("build/program");
  EXPECT_THAT(File("zephyr/module.yml"), HasSubstr("name: bird\nbuild:\n  cmake: .\n"));
  EXPECT_THAT(File("samples/self_test/sample.yaml"), HasSubstr("sample.kinglet.bird.self_test:"));
}

TEST_P(Formats, EspIdf) {
  ASSERT_NO_FATAL_FAILURE(Write(Format::kEspIdf));
  ASSERT_NO_FATAL_FAILURE(BuildWithCMake("examples/self_test", "IDF_PATH=" + StandIn("esp-idf")));
  ExpectTheProgramToPass("build/program");
  EXPECT_THAT(File("idf_component.yml"), HasSubstr("version: \""));
  EXPECT_THAT(File("idf_component.yml"), HasSubstr("\ndependencies:\n  idf: \">=5.0\"\n"));
}

TEST_P(Formats, CMake) {
  ASSERT_NO_FATAL_FAILURE(Write(Format::kCMake));
  ASSERT_NO_FATAL_FAILURE(BuildWithCMake("."));
  if (Across()) return;
  EXPECT_EQ(Run({"ctest", "--test-dir", "build"}), 0) << text_;
}

// Every line of the C interface is used.
constexpr char kProgramInC[] = R"(
#include "model_c.h"

static uint8_t arena[BIRD_ARENA_BYTES + BIRD_ARENA_ALIGNMENT_BYTES];
static const int32_t input_shape[BIRD_INPUT_0_RANK] = BIRD_INPUT_0_SHAPE;
static const int32_t output_shape[BIRD_OUTPUT_0_RANK] = BIRD_OUTPUT_0_SHAPE;
static const char digest[] = BIRD_DIGEST;

int main(void) {
  uint8_t* const a = arena + (BIRD_ARENA_ALIGNMENT_BYTES - (uintptr_t)arena % BIRD_ARENA_ALIGNMENT_BYTES);
  BIRD_INPUT_0_TYPE* const input = bird_input(a, BIRD_INPUT_COUNT - 1);
  const BIRD_OUTPUT_0_TYPE* const output = bird_output(a, BIRD_OUTPUT_COUNT - 1);
  int32_t size = 1, k, best = 0;
  if (!bird_self_test(a)) return 1;
  for (k = 0; k < BIRD_INPUT_0_RANK; ++k) size *= input_shape[k];
  if (size != BIRD_INPUT_0_BYTES || output_shape[0] != 1 || sizeof digest != 65) return 2;
  for (k = 0; k < size; ++k) {
    input[k] = (BIRD_INPUT_0_TYPE)(0.5F / BIRD_INPUT_0_SCALE + BIRD_INPUT_0_ZERO_POINT);
  }
  bird_invoke(a);
  for (k = 0; k < BIRD_OUTPUT_0_BYTES; ++k) {
    if (output[k] > output[best]) best = k;
  }
  if (BIRD_OUTPUT_0_SCALE * (float)(output[best] - BIRD_OUTPUT_0_ZERO_POINT) < 0.0F) return 3;
  if (BIRD_MACS <= 0 || BIRD_WEIGHTS_BYTES <= 0 || BIRD_LABEL_COUNT != 3) return 4;
  return bird_label(2)[1] == '?' ? 0 : 5;
}
)";

TEST_P(Formats, TheHeaderForCIsCompleteAndStrictlyC) {
  ASSERT_NO_FATAL_FAILURE(Write(Format::kCMake));
  ASSERT_TRUE(WriteFileAtomic(folder_.path() + "/main.c", kProgramInC).has_value());
  const std::string prefix = Across() ? "arm-none-eabi-" : "";
  for (const char* standard : {"-std=c99", "-std=c11"}) {
    std::vector<std::string> compile = {
        prefix + "gcc",        standard,  "-Wall",   "-Wextra", "-Wpedantic", "-pedantic-errors",
        "-Wstrict-prototypes", "-Wundef", "-Werror", "-c",      "main.c"};
    for (const std::string& flag : CoreFlags()) compile.push_back(flag);
    ASSERT_EQ(Run(compile), 0) << standard << "\n" << text_;
    std::vector<std::string> link = {prefix + "g++", "-std=c++17", "-Wall",  "-Wextra",
                                     "-Werror",      "-I.",        "main.o", "model_c.cc",
                                     "self_test.cc", "-o",         "main"};
    for (const std::string& flag : CoreFlags()) link.push_back(flag);
    for (const auto& list : {model_.sources, Libraries()}) {
      link.insert(link.end(), list.begin(), list.end());
    }
    ASSERT_EQ(Run(link), 0) << text_;
    if (Across()) continue;
    EXPECT_EQ(Run({"./main"}), 0) << standard;
  }
}

INSTANTIATE_TEST_SUITE_P(On, Formats, ::testing::Values(Where::kHost, Where::kArm),
                         [](const auto& where) {
                           return std::string(where.param == Where::kHost ? "Host" : "Arm");
                         });

std::vector<std::string> CoreNames() {
  std::vector<std::string> names;
  const std::vector<std::string> files = ListFiles(board::DataFolder().value() + "/cores").value();
  for (const std::string& file : files) {
    if (file.find('/') == std::string::npos && file.ends_with(".toml")) {
      names.push_back(file.substr(0, file.size() - 5));
    }
  }
  return names;
}

class FormatOnCore : public ::testing::TestWithParam<std::string> {};

TEST_P(FormatOnCore, TheCMakeFolderBuildsAcross) {
  const std::string path = board::DataFolder().value() + "/cores/" + GetParam() + ".toml";
  const board::Core core = board::ParseCore(ReadTextFile(path).value(), path).value();
  const std::string compiler = core.toolchain + "-g++";
  if (!emulate::RunProcess({compiler, "--version"}, {}).has_value()) {
    GTEST_SKIP() << "not on this machine: " << compiler;
  }
  const auto model =
      Compile(kinglet::testing::SmallNetwork(), {.name = "bird", .target = TargetOf(core)});
  ASSERT_TRUE(model.has_value()) << model.error().message;
  const auto folder = TemporaryFolder::Make("kinglet-formats-").value();
  ASSERT_TRUE(WriteFolder(model->files, folder.path()).has_value());
  const auto run = [&](const std::vector<std::string>& command) {
    const auto output = emulate::RunProcess(command, {.folder = folder.path(), .seconds_max = 300});
    EXPECT_TRUE(output.has_value() && output->status == 0) << output->text;
    return output->text;
  };
  const std::string flags = fmt::format("{}", fmt::join(core.compile_flags, " "));
  run({"cmake", "-B", "build", "-DCMAKE_SYSTEM_NAME=Generic",
       "-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY", "-DCMAKE_CXX_COMPILER=" + compiler,
       "-DCMAKE_ASM_COMPILER=" + compiler, "-DCMAKE_ASM_FLAGS=" + flags,
       "-DCMAKE_CXX_FLAGS=" + flags + " -Wpedantic -Werror"});
  run({"cmake", "--build", "build"});
  EXPECT_THAT(run({core.toolchain + "-nm", "--demangle", "build/libbird.a"}),
              HasSubstr(" T bird::Invoke(unsigned char*)"));
}

INSTANTIATE_TEST_SUITE_P(Cores, FormatOnCore, ::testing::ValuesIn(CoreNames()),
                         [](const auto& core) {
                           std::string name = core.param;
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace kinglet::compile
