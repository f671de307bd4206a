#include "src/optimize/optimize.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "src/base/config.h"
#include "src/optimize/fold_constants.h"
#include "src/optimize/fuse_activations.h"
#include "src/optimize/fuse_pads.h"
#include "src/optimize/pass.h"
#include "src/optimize/remove_dead.h"
#include "src/optimize/remove_dead_channels.h"
#include "src/optimize/remove_identities.h"

namespace kinglet::optimize {
namespace {

struct Pass {
  PassInfo info;
  PassFunction run;
};

const std::vector<Pass>& AllPasses() {
  static const std::vector<Pass> passes = {
      {{"fold_constants", "operators on constants are computed now"}, FoldConstants},
      {{"remove_identities", "operators that hand on their input's bytes"}, RemoveIdentities},
      {{"fuse_activations", "rectifiers become part of the operator before them"}, FuseActivations},
      {{"fuse_pads", "pads become part of the convolutions behind them"}, FusePads},
      {{"remove_dead", "operators whose outputs nobody reads"}, RemoveDead},
      {{"remove_dead_channels", "channels that are constant or that no output depends on"},
       RemoveDeadChannels},
  };
  return passes;
}

// What the outside sees of a graph: no pass may change it.
std::vector<ir::Tensor> Interface(const ir::Graph& graph) {
  std::vector<ir::Tensor> tensors;
  for (const ir::TensorIndex index : graph.inputs) tensors.push_back(graph.tensor(index));
  for (const ir::TensorIndex index : graph.outputs) tensors.push_back(graph.tensor(index));
  return tensors;
}

void DropUnusedTensors(ir::Graph& graph) {
  std::vector<bool> used(graph.tensors.size(), false);
  const auto visit = [&](auto&& change) {
    for (ir::TensorIndex& index : graph.inputs) change(index);
    for (ir::TensorIndex& index : graph.outputs) change(index);
    for (ir::Op& op : graph.ops) {
      for (ir::TensorIndex& index : op.inputs) change(index);
      for (ir::TensorIndex& index : op.outputs) change(index);
    }
  };
  visit([&](ir::TensorIndex& index) {
    if (index != ir::kNoTensor) used[static_cast<size_t>(index)] = true;
  });
  std::vector<ir::TensorIndex> moved(graph.tensors.size(), ir::kNoTensor);
  std::vector<ir::Tensor> kept;
  for (size_t i = 0; i < used.size(); ++i) {
    if (!used[i]) continue;
    moved[i] = static_cast<ir::TensorIndex>(kept.size());
    kept.push_back(std::move(graph.tensors[i]));
  }
  graph.tensors = std::move(kept);
  visit([&](ir::TensorIndex& index) {
    if (index != ir::kNoTensor) index = moved[static_cast<size_t>(index)];
  });
}

Status CheckNames(const std::vector<std::string>& disabled) {
  std::vector<std::string> names;
  for (const PassInfo& info : Passes()) names.emplace_back(info.name);
  for (const std::string& name : disabled) {
    if (std::ranges::find(names, name) != names.end()) continue;
    const auto nearest = NearestWord(name, names);
    return Fail(Code::kNotFound, "pass '{}' is not known; {}", name,
                nearest ? fmt::format("did you mean '{}'?", *nearest)
                        : fmt::format("known are {}", fmt::join(names, ", ")));
  }
  return {};
}

}  // namespace

std::vector<PassInfo> Passes() {
  std::vector<PassInfo> infos;
  for (const Pass& pass : AllPasses()) infos.push_back(pass.info);
  return infos;
}

Options NoPasses() {
  Options options;
  for (const PassInfo& info : Passes()) options.disabled.emplace_back(info.name);
  return options;
}

GraphSize SizeOf(const ir::Graph& graph) {
  GraphSize size{graph.ops.size(), ir::GraphMacs(graph), 0};
  for (const ir::Tensor& tensor : graph.tensors) {
    size.constant_bytes += static_cast<int64_t>(tensor.data.size());
  }
  return size;
}

Result<Optimized> Optimize(ir::Graph graph, const Options& options) {
  using Clock = std::chrono::steady_clock;
  KINGLET_CHECK(CheckNames(options.disabled));
  const std::vector<ir::Tensor> interface = Interface(graph);
  Optimized result;
  for (const Pass& pass : AllPasses()) {
    PassReport& report = result.passes.emplace_back();
    report.name = pass.info.name;
    report.enabled = std::ranges::find(options.disabled, report.name) == options.disabled.end();
    report.before = report.after = SizeOf(graph);
    if (!report.enabled) continue;
    const Clock::time_point start = Clock::now();
    KINGLET_TRY(Rewritten rewritten, pass.run(std::move(graph)));
    graph = std::move(rewritten.graph);
    DropUnusedTensors(graph);
    const Status verified = ir::Verify(graph);
    if (!verified) {
      return Fail(Code::kInternal, "pass {}: {}", report.name, verified.error().message);
    }
    KINGLET_ASSERT(Interface(graph) == interface);
    report.milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    report.changes = std::move(rewritten.changes);
    report.after = SizeOf(graph);
  }
  result.graph = std::move(graph);
  return result;
}

}  // namespace kinglet::optimize
