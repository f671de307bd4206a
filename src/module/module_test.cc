#include "src/module/module.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <nlohmann/json.hpp>
#include <regex>

#include "src/base/files.h"
#include "tests/support/graph_builder.h"
#include "tests/support/shared_data.h"
#include "tests/support/state_graphs.h"

namespace kinglet::module {
namespace {

using format::ModuleHeader;
using format::ModuleTensor;
using ::testing::HasSubstr;

TEST(Module, TheHashTellsInterfacesApart) {
  const ir::Graph graph = kinglet::testing::SmallNetwork();
  const uint64_t hash = InterfaceHash(graph);
  EXPECT_EQ(InterfaceHash(kinglet::testing::SmallNetwork()), hash);
  const auto changed = [&](auto change) {
    ir::Graph other = graph;
    change(other.tensors[static_cast<size_t>(other.inputs[0])]);
    return InterfaceHash(other);
  };
  EXPECT_NE(changed([](ir::Tensor& t) { t.shape[1] += 1; }), hash);
  EXPECT_NE(changed([](ir::Tensor& t) { t.quantization.scales[0] *= 1.0000002F; }), hash);
  EXPECT_NE(changed([](ir::Tensor& t) { t.quantization.zero_points[0] += 1; }), hash);
  EXPECT_NE(changed([](ir::Tensor& t) { t.type = ir::DataType::kUint8; }), hash);
  EXPECT_EQ(changed([](ir::Tensor& t) { t.name += "x"; }), hash);
  ir::Graph other = graph;
  std::swap(other.inputs, other.outputs);
  EXPECT_NE(InterfaceHash(other), hash);
}

TEST(Module, ModelsWithMemoryAreRefused) {
  const auto model = compile::Compile(kinglet::testing::SvdfNetwork(), {.name = "bird"}).value();
  const auto module = BuildModule(model, board::LoadBoard("cortex-m4f").value());
  ASSERT_FALSE(module.has_value());
  EXPECT_EQ(module.error().message,
            "bird: the model has memory, which modules cannot reset; compile it without --module");
}

class BuiltModule : public ::testing::Test {
 protected:
  void SetUp() override {
    const ir::Graph graph = kinglet::testing::SmallNetwork();
    compiled_ = compile::Compile(graph, {.name = "bird"}).value();
    auto module = BuildModule(compiled_, board::LoadBoard("cortex-m4f").value());
    if (!module.has_value() && module.error().code == Code::kNotFound) {
      GTEST_SKIP() << module.error().message;
    }
    ASSERT_TRUE(module.has_value()) << module.error().message;
    module_ = *std::move(module);
  }

  compile::CompiledModel compiled_;
  Module module_;
};

TEST_F(BuiltModule, IsTheSameBytesEveryTime) {
  const auto again = BuildModule(compiled_, board::LoadBoard("cortex-m4f").value());
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(again->bytes, module_.bytes);
}

TEST_F(BuiltModule, TellsPeopleAndProgramsWhatItIs) {
  const auto json = nlohmann::json::parse(module_.files.at("model.json"));
  EXPECT_EQ(json.at("core"), "cortex-m4f");
  EXPECT_EQ(json.at("module_bytes"), module_.bytes.size());
  EXPECT_EQ(json.at("arena_bytes"), compiled_.numbers.arena_bytes);
  EXPECT_EQ(json.at("interface_hash"), fmt::format("{:#018x}", InterfaceHash(compiled_.graph)));
  EXPECT_EQ(json.at("inputs").at(0).at("shape"), nlohmann::json({1, 8, 8, 3}));
  EXPECT_EQ(module_.files.at("model.kmod").substr(0, 4), "KMOD");
  EXPECT_THAT(module_.files.at("README.md"),
              HasSubstr(fmt::format("{} bytes that run wherever", module_.bytes.size())));
  EXPECT_THAT(module_.files.at("module_host.h"), HasSubstr("CoreId(\"cortex-m4f\")"));
}

struct FieldRow {
  size_t offset, bytes;
  const char* name;
};

#define KINGLET_ROW(type, field) \
  FieldRow { offsetof(type, field), sizeof(type::field), #field }

TEST(ModuleFormat, ThePageHasTheByteTable) {
  const std::string page =
      ReadTextFile(kinglet::testing::SourcePath("docs/formats/module.md")).value();
  const FieldRow rows[] = {
      KINGLET_ROW(ModuleHeader, magic),          KINGLET_ROW(ModuleHeader, abi_version),
      KINGLET_ROW(ModuleHeader, header_bytes),   KINGLET_ROW(ModuleHeader, module_bytes),
      KINGLET_ROW(ModuleHeader, core_id),        KINGLET_ROW(ModuleHeader, interface_hash),
      KINGLET_ROW(ModuleHeader, model_id),       KINGLET_ROW(ModuleHeader, arena_bytes),
      KINGLET_ROW(ModuleHeader, code_offset),    KINGLET_ROW(ModuleHeader, code_bytes),
      KINGLET_ROW(ModuleHeader, invoke_offset),  KINGLET_ROW(ModuleHeader, inputs_offset),
      KINGLET_ROW(ModuleHeader, outputs_offset), KINGLET_ROW(ModuleHeader, input_count),
      KINGLET_ROW(ModuleHeader, output_count),   KINGLET_ROW(ModuleHeader, reserved),
      KINGLET_ROW(ModuleHeader, crc32),          KINGLET_ROW(ModuleTensor, element_type),
      KINGLET_ROW(ModuleTensor, rank),           KINGLET_ROW(ModuleTensor, reserved),
      KINGLET_ROW(ModuleTensor, shape_offset),   KINGLET_ROW(ModuleTensor, scale),
      KINGLET_ROW(ModuleTensor, zero_point),     KINGLET_ROW(ModuleTensor, arena_offset),
      KINGLET_ROW(ModuleTensor, bytes)};
  std::vector<std::string> expected;
  for (const FieldRow& row : rows) {
    expected.push_back(fmt::format("| {} | {} | `{}` |", row.offset, row.bytes, row.name));
  }
  std::vector<std::string> found;
  const std::regex row("\\| [0-9]+ \\| [0-9]+ \\| `[a-z0-9_]+` \\|");
  for (std::sregex_iterator it(page.begin(), page.end(), row), end; it != end; ++it) {
    found.push_back(it->str());
  }
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace kinglet::module
