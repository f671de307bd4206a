#include "src/compile/render.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "src/base/progress.h"

namespace kinglet::compile {
namespace {

constexpr size_t kNameColumns = 30;

std::string Row(std::string_view name, uint64_t bytes, std::string_view meaning) {
  return fmt::format("  {:<10}{:>12} B  {}\n", name, FormatCount(bytes), meaning);
}

nlohmann::ordered_json SizeJson(const optimize::GraphSize& size) {
  return {{"ops", size.ops}, {"macs", size.macs}, {"constant_bytes", size.constant_bytes}};
}

nlohmann::ordered_json PassesJson(const std::vector<optimize::PassReport>& passes) {
  auto rows = nlohmann::ordered_json::array();
  for (const optimize::PassReport& pass : passes) {
    rows.push_back({{"name", pass.name},
                    {"enabled", pass.enabled},
                    {"milliseconds", pass.milliseconds},
                    {"before", SizeJson(pass.before)},
                    {"after", SizeJson(pass.after)},
                    {"changes", pass.changes}});
  }
  return rows;
}

// "31 operators", or "31 to 29 operators".
template <typename Count>
std::string Change(Count before, Count after, std::string_view what) {
  const std::string to = FormatCount(static_cast<uint64_t>(after));
  if (before == after) return fmt::format("{} {}", to, what);
  return fmt::format("{} to {} {}", FormatCount(static_cast<uint64_t>(before)), to, what);
}

std::string PassesText(const std::vector<optimize::PassReport>& passes) {
  std::string text = "\n  passes\n";
  for (const optimize::PassReport& pass : passes) {
    if (!pass.enabled) {
      text += fmt::format("  {:<{}}off\n", pass.name, kNameColumns);
      continue;
    }
    text += fmt::format("  {:<{}}{:>8.1f} ms  ", pass.name, kNameColumns, pass.milliseconds);
    if (pass.changes.empty()) {
      text += "nothing to do\n";
      continue;
    }
    text += fmt::format(
        "{}, {}, {}\n", Change(pass.before.ops, pass.after.ops, "operators"),
        Change(pass.before.macs, pass.after.macs, "MACs"),
        Change(pass.before.constant_bytes, pass.after.constant_bytes, "B of constants"));
    for (const std::string& change : pass.changes) text += fmt::format("    {}\n", change);
  }
  return text;
}

std::string KernelsText(const std::vector<LayerNumbers>& layers) {
  std::string text = "\n  kernels\n";
  for (const LayerNumbers& layer : layers) {
    text += fmt::format("  {:<{}}{}\n", layer.name.substr(0, kNameColumns - 1), kNameColumns,
                        layer.kernels.empty() ? "none: the bytes stay where they are"
                                              : fmt::format("{}", fmt::join(layer.kernels, ", ")));
  }
  return text;
}

}  // namespace

std::string ToJson(const CompiledModel& model, const CompileSummary& summary) {
  const ModelNumbers& numbers = model.numbers;
  nlohmann::ordered_json json = {
      {"board", summary.board},
      {"core", summary.core},
      {"folder", summary.folder},
      {"name", model.name},
      {"flash_bytes", summary.flash_bytes},
      {"weights_bytes", numbers.weights_bytes},
      {"arena_bytes", numbers.arena_bytes},
      {"macs", numbers.macs},
      {"layers", nlohmann::ordered_json::array()},
  };
  for (const LayerNumbers& layer : numbers.layers) {
    json["layers"].push_back({{"name", layer.name},
                              {"kind", layer.kind},
                              {"kernels", layer.kernels},
                              {"macs", layer.macs},
                              {"weights_bytes", layer.weights_bytes},
                              {"output_bytes", layer.output_bytes},
                              {"output_offset", layer.output_offset}});
  }
  if (summary.module.has_value()) {
    json["module"] = {{"file", "model.kmod"},
                      {"module_bytes", summary.module->module_bytes},
                      {"code_bytes", summary.module->code_bytes},
                      {"interface_hash", fmt::format("{:#018x}", summary.module->interface_hash)},
                      {"crc32", fmt::format("{:#010x}", summary.module->crc32)}};
  }
  if (summary.explain) json["passes"] = PassesJson(model.passes);
  // Names come from outside and may be no UTF-8.
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string ToText(const CompiledModel& model, const CompileSummary& summary) {
  const ModelNumbers& numbers = model.numbers;
  std::string text = fmt::format("{}: namespace {}, for {} ({})\n\n", summary.folder, model.name,
                                 summary.board, summary.core);
  text += Row("flash", summary.flash_bytes, "a firmware that only runs the model, linked");
  text += Row("weights", numbers.weights_bytes, "of it: weights, biases, multipliers, shifts");
  text += Row(
      "arena", numbers.arena_bytes,
      numbers.arena_optimal ? "RAM for activations, the least there is" : "RAM for activations");
  text += fmt::format("  {:<10}{:>12}    multiply-accumulates an inference\n", "MACs",
                      FormatCount(static_cast<uint64_t>(numbers.macs)));
  if (summary.module.has_value()) {
    text += Row("module", summary.module->module_bytes,
                "model.kmod, which runs wherever it lies: weights, kernels, tables");
    text += fmt::format("  interface {:#018x}, what a module that takes its place must have, too\n",
                        summary.module->interface_hash);
  }
  text += "\n";
  text += fmt::format("  {:<{}}{:>14}{:>12}{:>12}{:>10}\n", "layer", kNameColumns, "MACs",
                      "weights B", "output B", "at");
  for (const LayerNumbers& layer : numbers.layers) {
    text += fmt::format(
        "  {:<{}}{:>14}{:>12}{:>12}{:>10}\n", layer.name.substr(0, kNameColumns - 1), kNameColumns,
        FormatCount(static_cast<uint64_t>(layer.macs)), FormatCount(layer.weights_bytes),
        FormatCount(layer.output_bytes), FormatCount(layer.output_offset));
  }
  if (summary.explain) text += PassesText(model.passes) + KernelsText(numbers.layers);
  return text;
}

}  // namespace kinglet::compile
