#include "src/bench/render.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "src/base/progress.h"

namespace kinglet::bench {
namespace {

std::string Row(std::string_view name, const std::string& value) {
  return fmt::format("  {:<22}{}\n", name, value);
}

std::string Share(uint64_t part, uint64_t whole) {
  return whole == 0 ? ""
                    : fmt::format("{:.1f} %",
                                  100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string LayerTable(const BenchResult& result) {
  std::string text = fmt::format("\n  {:<32}{:>14}{:>14}{:>14}{:>10}  {}\n", "layer", "MACs",
                                 "instructions", "cycles", "share", "bits");
  for (const LayerResult& layer : result.layers) {
    text +=
        fmt::format("  {:<32}{:>14}{:>14}{:>14}{:>10}  {}\n", layer.name.substr(0, 31),
                    FormatCount(static_cast<uint64_t>(layer.macs)), FormatCount(layer.instructions),
                    FormatCount(layer.cycles), Share(layer.cycles, result.cycles),
                    layer.bit_identical ? "identical" : "DIFFERENT");
  }
  return text;
}

}  // namespace

std::string ToJson(const BenchResult& result) {
  nlohmann::ordered_json json = {
      {"board", result.board},
      {"core", result.core},
      {"samples", result.samples},
      {"accuracy", nullptr},
      {"bit_identical", result.bit_identical},
      {"instructions_dsp", result.instructions_dsp},
      {"instructions", result.instructions},
      {"cycles_dsp", result.cycles_dsp},
      {"cycles", result.cycles},
      {"cycles_error", result.cycles_error},
      {"flash_bytes", result.flash_bytes},
      {"ram_bytes", result.ram_bytes},
      {"arena_bytes", result.arena_bytes},
      {"stack_bytes", result.stack_bytes},
      {"macs", result.macs},
      {"estimated_latency_ms", result.estimated_latency_ms},
      {"estimated_energy_uj", nullptr},
      {"harness_flash_bytes", result.harness_flash_bytes},
  };
  if (result.accuracy) json["accuracy"] = *result.accuracy;
  if (result.estimated_energy_uj) json["estimated_energy_uj"] = *result.estimated_energy_uj;
  for (const FlashPart& part : result.flash_parts) json["flash_parts"][part.name] = part.bytes;
  for (const LayerResult& layer : result.layers) {
    json["layers"].push_back({{"name", layer.name},
                              {"kind", layer.kind},
                              {"macs", layer.macs},
                              {"instructions", layer.instructions},
                              {"cycles", layer.cycles},
                              {"bit_identical", layer.bit_identical}});
  }
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string ToText(const BenchResult& result) {
  std::string text =
      fmt::format("{} (emulated {}), {} samples\n", result.board, result.core, result.samples);
  text += Row("host and board", result.bit_identical ? "bit-identical" : "DIFFERENT");
  if (result.accuracy) text += Row("accuracy", fmt::format("{:.4f}", *result.accuracy));
  text += Row("instructions", FormatCount(result.instructions) + " per inference, model");
  if (result.instructions_dsp > 0) {
    text += Row("", FormatCount(result.instructions_dsp) + " per window, signal processing");
  }
  text += Row("cycles", fmt::format("{} per inference, model (estimated, {:.0f} % either way)",
                                    FormatCount(result.cycles), 100 * result.cycles_error));
  if (result.cycles_dsp > 0) {
    text += Row("", FormatCount(result.cycles_dsp) + " per window, signal processing");
  }
  text += Row("latency", fmt::format("{:.2f} ms (estimated)", result.estimated_latency_ms));
  if (result.estimated_energy_uj) {
    text += Row("energy", fmt::format("{:.1f} uJ (estimated)", *result.estimated_energy_uj));
  }
  text += Row("flash", FormatCount(result.flash_bytes) + " B");
  for (const FlashPart& part : result.flash_parts) {
    text += Row("", fmt::format("{:>9} B  {}", FormatCount(part.bytes), part.name));
  }
  text +=
      Row("RAM", fmt::format("{} B, of them arena {} B, stack {} B", FormatCount(result.ram_bytes),
                             FormatCount(result.arena_bytes), FormatCount(result.stack_bytes)));
  if (!result.layers.empty()) text += LayerTable(result);
  return text;
}

}  // namespace kinglet::bench
