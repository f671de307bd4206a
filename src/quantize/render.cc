#include "src/quantize/render.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace kinglet::quantize {
namespace {

constexpr size_t kNameColumns = 34;

nlohmann::ordered_json SqnrJson(const Difference& difference) {
  const auto sqnr = difference.sqnr_db();
  return sqnr.has_value() ? nlohmann::ordered_json(*sqnr) : nlohmann::ordered_json(nullptr);
}

std::string SqnrText(const Difference& difference) {
  const auto sqnr = difference.sqnr_db();
  return sqnr.has_value() ? fmt::format("{:.1f} dB", *sqnr) : "exact";
}

// Names come from the file: on one line, and not longer than a column is wide.
std::string NameText(const std::string& name) {
  std::string text = name.substr(0, kNameColumns);
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < ' '; }, '?');
  return text;
}

}  // namespace

std::string ToJson(const Comparison& comparison, const Summary& summary) {
  auto outputs = nlohmann::ordered_json::array();
  for (const OutputDifference& output : comparison.outputs) {
    outputs.push_back({{"name", output.name},
                       {"sqnr_db", SqnrJson(output.difference)},
                       {"error_max", output.difference.largest},
                       {"rows", output.rows},
                       {"rows_agreeing", output.rows_agreeing}});
  }
  auto layers = nlohmann::ordered_json::array();
  for (const LayerDifference& layer : comparison.layers) {
    layers.push_back({{"name", layer.name},
                      {"kind", layer.kind},
                      {"sqnr_db", SqnrJson(layer.difference)},
                      {"scale", layer.grid.scales[0]},
                      {"zero_point", layer.grid.zero_points[0]}});
  }
  const nlohmann::ordered_json json = {{"model", summary.model},
                                       {"output", summary.output},
                                       {"model_bytes", summary.model_bytes},
                                       {"output_bytes", summary.output_bytes},
                                       {"ranges", RangeMethodName(summary.ranges)},
                                       {"samples", comparison.sample_count},
                                       {"outputs", outputs},
                                       {"layers", layers}};
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string ToText(const Comparison& comparison, const Summary& summary) {
  std::string text =
      fmt::format("{}: int8, {} B from {} B, ranges by {} of {} samples\n", summary.output,
                  FormatCount(summary.output_bytes), FormatCount(summary.model_bytes),
                  RangeMethodName(summary.ranges), FormatCount(comparison.sample_count));
  for (const OutputDifference& output : comparison.outputs) {
    text += fmt::format("  output '{}': SQNR {}, largest error {:.3g}", NameText(output.name),
                        SqnrText(output.difference), output.difference.largest);
    if (output.rows > 0) {
      text += fmt::format(", largest element the float model's in {} of {}",
                          FormatCount(output.rows_agreeing), FormatCount(output.rows));
    }
    text += '\n';
  }
  text += fmt::format("\n  {:<{}}{:>10}{:>14}{:>12}\n", "layer, the worst first", kNameColumns,
                      "SQNR", "scale", "zero point");
  for (const LayerDifference& layer : comparison.layers) {
    text +=
        fmt::format("  {:<{}}{:>10}{:>14.6g}{:>12}\n", NameText(layer.name), kNameColumns,
                    SqnrText(layer.difference), layer.grid.scales[0], layer.grid.zero_points[0]);
  }
  return text;
}

}  // namespace kinglet::quantize
