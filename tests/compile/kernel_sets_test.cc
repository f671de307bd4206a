// Every kernel of every set on the host, where models in C++ stand in for the assembly, against the
// reference executor; and with the output upon the input in every way that its rule allows. What
// runs on the cores is in kernel_sets_device_test.cc. The portable kernels are judged by an
// independent implementation in tests/ops.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "device/kernels/lanes/fully_connected.h"
#include "src/base/random.h"
#include "src/compile/generate.h"
#include "src/compile/program.h"
#include "src/compile/select.h"
#include "tests/compile/kernel_set_layers.h"

namespace kinglet::compile {
namespace {

using kinglet::testing::KernelSetCase;
using kinglet::testing::KernelSetCases;
using kinglet::testing::KernelSetLayers;

class KernelSets : public ::testing::TestWithParam<KernelSetCase> {};

// Compile compares every layer of the planned program with the executor.
TEST_P(KernelSets, ComputeWhatTheReferenceExecutorComputes) {
  std::set<std::string_view> chosen;
  std::map<int32_t, int> scales;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    KernelSetLayers layers(GetParam(), seed);
    layers.DrawAll(8);
    const auto program = MakeProgram(layers.graph(), GetParam().target());
    ASSERT_TRUE(program.has_value()) << program.error().message;
    for (const Step& step : program->steps) {
      chosen.insert(step.call.kernel->function);
      if (step.call.params.Is<kernels::LanesFullyConnectedParams>()) {
        ++scales[step.call.params.As<kernels::LanesFullyConnectedParams>().scale_words];
      }
    }
    const auto model = Compile(layers.graph(), {.name = "layers", .target = GetParam().target()});
    EXPECT_TRUE(model.has_value()) << "seed " << seed << ": " << model.error().message;
  }
  for (const std::string_view kernel : GetParam().kernels) {
    EXPECT_TRUE(chosen.contains(kernel)) << kernel << " was not chosen";
  }
  if (chosen.contains("LanesFullyConnected")) {
    EXPECT_GT(scales[0], 10) << "layers whose outputs share a scale";
    EXPECT_GT(scales[2], 10) << "layers whose outputs do not";
  }
}

// The output of `call` when the first input lies at input_offset of `memory` and the output at
// output_offset.
Bytes RunAt(const ir::Graph& graph, const ir::KernelCall& call, const std::vector<Bytes>& inputs,
            size_t input_offset, size_t output_offset, Bytes memory) {
  std::ranges::copy(inputs[0], memory.begin() + static_cast<ptrdiff_t>(input_offset));
  std::vector<const void*> addresses;
  std::vector<ir::AlignedBytes> scratch(call.arguments.size());
  size_t output_bytes = 0;
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    const ir::Argument& argument = call.arguments[i];
    const void* address = nullptr;
    switch (argument.kind) {
      case ir::Argument::Kind::kInput:
        address = i == 0 ? memory.data() + input_offset : inputs[i].data();
        break;
      case ir::Argument::Kind::kOutput:
        address = memory.data() + output_offset;
        output_bytes = static_cast<size_t>(graph.tensor(argument.tensor).ByteCount());
        break;
      case ir::Argument::Kind::kConstant:
        address = argument.data.data();
        break;
      case ir::Argument::Kind::kWeights:
        address = graph.tensor(argument.tensor).data.data();
        break;
      case ir::Argument::Kind::kScratch:
        scratch[i] = ir::MakeAligned(argument.scratch_bytes);
        address = scratch[i].data();
        break;
      case ir::Argument::Kind::kNull:
        break;
    }
    addresses.push_back(address);
  }
  ir::RunKernel(call, addresses);
  const auto output = memory.begin() + static_cast<ptrdiff_t>(output_offset);
  return {output, output + static_cast<ptrdiff_t>(output_bytes)};
}

// Runs each call of `graph` apart from its input and then as near as the rule allows, and a few
// bytes less near. Counts the runs that overlapped by kernel.
void ExpectOverlapsAllowed(const ir::Graph& graph, const Target& target, uint64_t seed,
                           std::map<std::string_view, int>& overlapped) {
  Random random(seed, 5);
  for (const ir::KernelCall& call : SelectKernels(graph, ir::Lower(graph).value(), target)) {
    if (!call.arguments[0].output_lead_bytes_max.has_value()) continue;
    std::vector<Bytes> inputs(call.arguments.size());
    for (size_t i = 0; i < inputs.size(); ++i) {
      if (call.arguments[i].kind != ir::Argument::Kind::kInput) continue;
      inputs[i].resize(static_cast<size_t>(graph.tensor(call.arguments[i].tensor).ByteCount()));
      for (uint8_t& byte : inputs[i]) byte = static_cast<uint8_t>(random.Next() >> 24);
      inputs[i].resize(inputs[i].size() + 64);  // that may be read
    }
    const auto input_bytes = static_cast<int64_t>(inputs[0].size());
    const int64_t output_bytes = graph.tensor(graph.ops[call.op_index].outputs[0]).ByteCount();
    const int64_t before = output_bytes + 16;
    const Bytes memory(static_cast<size_t>(2 * before + 2 * input_bytes + 64));
    const Bytes expected = RunAt(graph, call, inputs, 0, inputs[0].size(), memory);
    for (int64_t less = 0; less < 12; ++less) {
      const int64_t lead = std::clamp(*call.arguments[0].output_lead_bytes_max - less,
                                      -output_bytes - 4, input_bytes);
      ASSERT_EQ(RunAt(graph, call, inputs, static_cast<size_t>(before),
                      static_cast<size_t>(before + lead), memory),
                expected)
          << call.kernel->function << ", seed " << seed << ", lead " << lead;
      if (lead > -output_bytes && lead < input_bytes) ++overlapped[call.kernel->function];
    }
  }
}

TEST_P(KernelSets, WorkWhenTheOutputOverlapsTheInputAsFarAsTheCallAllows) {
  const Target target = GetParam().target();
  std::map<std::string_view, int> overlapped;
  for (uint64_t seed = 3000; seed < 3750; ++seed) {
    KernelSetLayers layers(GetParam(), seed);
    layers.DrawAll(6);
    ExpectOverlapsAllowed(layers.graph(), target, seed, overlapped);
    if (HasFatalFailure()) return;
  }
  ExpectOverlapsAllowed(kinglet::testing::WinogradShapes(), target, 1, overlapped);
  int all = 0;
  for (const auto& [kernel, count] : overlapped) all += count;
  EXPECT_GT(all, 1000);
  for (const std::string_view kernel :
       {"LanesConv2d", "LanesDepthwise", "TiledConv2d", "VectorConv2dRectified"}) {
    if (std::ranges::count(GetParam().kernels, kernel) == 0) continue;
    EXPECT_GT(overlapped[kernel], 100) << kernel;
  }
  if (target.kernels == KernelSet::kCortexM4 && target.goal == Goal::kSpeed) {
    EXPECT_GT(overlapped["WinogradConv2d"], 10);
  }
}

// One case a set: the same kernels are the same on the host whatever the core.
std::vector<KernelSetCase> OnePerSet() {
  std::vector<KernelSetCase> cases;
  for (const KernelSetCase& set : KernelSetCases()) {
    const bool known = std::ranges::any_of(
        cases, [&](const KernelSetCase& other) { return other.target() == set.target(); });
    if (!known && set.core != "rv32imc") cases.push_back(set);
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Host, KernelSets, ::testing::ValuesIn(OnePerSet()),
                         [](const auto& set) { return set.param.name(); });

}  // namespace
}  // namespace kinglet::compile
