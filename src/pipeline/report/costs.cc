#include <fmt/core.h>

#include <algorithm>

#include "src/base/progress.h"
#include "src/pipeline/report/chart.h"
#include "src/pipeline/report/format.h"
#include "src/pipeline/report/sections.h"

namespace kinglet::report {
namespace {

constexpr size_t kColours = 8;
constexpr size_t kLayersMax = 250;
constexpr std::string_view kNothing = "\xE2\x80\x93";

std::string PartStyle(size_t index) { return "s" + std::to_string(std::min(index, kColours - 1)); }

using Bytes = std::optional<uint64_t> BudgetPart::*;

uint64_t Sum(const Budget& budget, Bytes which) {
  uint64_t sum = 0;
  for (const BudgetPart& part : budget.parts) sum += (part.*which).value_or(0);
  return sum;
}

bool HasAny(const Budget& budget, Bytes which) {
  return std::any_of(budget.parts.begin(), budget.parts.end(),
                     [&](const BudgetPart& part) { return (part.*which).has_value(); });
}

// One bar of a memory: its parts from the left, the limit as a line. `axis_bytes` is the whole
// width.
void WriteBar(HtmlWriter& w, const Budget& budget, std::string_view name, Bytes which,
              double axis_bytes) {
  if (!HasAny(budget, which)) return;
  const auto place = [&](uint64_t bytes) {
    return Fixed(100 * static_cast<double>(bytes) / axis_bytes, 3) + "%";
  };
  const uint64_t sum = Sum(budget, which);
  Element row(w, "div", {{"class", "bar-row"}});
  w.Leaf("span", {{"class", "bar-name"}}, name);
  {
    const std::string id = w.NextId();
    Element svg(w, "svg", {{"class", "bar"}, {"role", "img"}, {"aria-labelledby", id}});
    w.Leaf("title", {{"id", id}},
           fmt::format("{} {}: {} of {}", budget.name, name, FormatBytes(sum),
                       FormatBytes(budget.limit_bytes)));
    uint64_t from = 0;
    for (size_t i = 0; i < budget.parts.size(); ++i) {
      const uint64_t bytes = (budget.parts[i].*which).value_or(0);
      if (bytes == 0) continue;
      Element part(w, "rect",
                   {{"class", PartStyle(i)},
                    {"x", place(from)},
                    {"width", place(bytes)},
                    {"y", "5"},
                    {"height", "18"}});
      w.Leaf("title", budget.parts[i].name + ": " + FormatBytes(bytes));
      from += bytes;
    }
    w.Empty("line", {{"class", "limit"},
                     {"x1", place(budget.limit_bytes)},
                     {"x2", place(budget.limit_bytes)},
                     {"y1", "0"},
                     {"y2", "28"}});
  }
  w.Leaf("span", {{"class", sum > budget.limit_bytes ? "bar-sum missed" : "bar-sum"}},
         fmt::format("{}, {}", FormatBytes(sum), Percent(Ratio(sum, budget.limit_bytes), 0)));
}

std::string OptionalBytes(const std::optional<uint64_t>& bytes) {
  return bytes ? FormatCount(*bytes) : std::string(kNothing);
}

void WritePartRow(HtmlWriter& w, const std::string& style, const BudgetPart& part) {
  Element row(w, "tr");
  {
    Element name(w, "th", {{"scope", "row"}});
    if (!style.empty()) w.Leaf("span", {{"class", "swatch " + style}}, "");
    w.Text(part.name);
  }
  WriteNumber(w, OptionalBytes(part.predicted_bytes));
  WriteNumber(w, OptionalBytes(part.measured_bytes));
  WriteNumber(w, part.predicted_bytes && part.measured_bytes
                     ? Deviation(*part.measured_bytes, *part.predicted_bytes)
                     : kNothing);
}

void WriteBudget(HtmlWriter& w, const Budget& budget) {
  const uint64_t predicted = Sum(budget, &BudgetPart::predicted_bytes);
  const uint64_t measured = Sum(budget, &BudgetPart::measured_bytes);
  const double axis_bytes =
      1.01 * static_cast<double>(std::max({budget.limit_bytes, predicted, measured, uint64_t{1}}));
  Element block(w, "div", {{"class", "budget"}});
  {
    Element title(w, "h3");
    w.Text(budget.name);
    w.Leaf("span", {{"class", "note"}}, "  limit " + FormatBytes(budget.limit_bytes));
  }
  WriteBar(w, budget, "predicted", &BudgetPart::predicted_bytes, axis_bytes);
  WriteBar(w, budget, "measured", &BudgetPart::measured_bytes, axis_bytes);
  Table table(w, budget.name + " by part");
  WriteTableHead(w,
                 {{"Part", ""}, {"Predicted, B", "n"}, {"Measured, B", "n"}, {"Difference", "n"}});
  {
    Element body(w, "tbody");
    for (size_t i = 0; i < budget.parts.size(); ++i) WritePartRow(w, PartStyle(i), budget.parts[i]);
  }
  Element foot(w, "tfoot");
  BudgetPart all{"all", {}, {}};
  if (HasAny(budget, &BudgetPart::predicted_bytes)) all.predicted_bytes = predicted;
  if (HasAny(budget, &BudgetPart::measured_bytes)) all.measured_bytes = measured;
  WritePartRow(w, {}, all);
}

// The sum of several layers as one row.
Layer SumOf(std::string name, const std::vector<Layer>& layers, size_t first) {
  Layer sum;
  sum.name = std::move(name);
  for (size_t i = first; i < layers.size(); ++i) {
    sum.macs += layers[i].macs;
    sum.weights_bytes += layers[i].weights_bytes;
    if (layers[i].instructions)
      sum.instructions = sum.instructions.value_or(0) + *layers[i].instructions;
  }
  return sum;
}

// By instructions where they are counted, else by multiply-accumulates.
uint64_t CostOf(const Layer& layer, bool counted) {
  return counted ? layer.instructions.value_or(0) : layer.macs;
}

void WriteLayerRow(HtmlWriter& w, const Layer& layer, const Layer& all, uint64_t cost_max) {
  const bool counted = all.instructions.has_value();
  Element row(w, "tr");
  w.Leaf("th", {{"scope", "row"}}, layer.name);
  w.Leaf("td", layer.kind);
  w.Leaf("td", {{"class", "shape"}}, layer.output_shape);
  WriteNumber(w, FormatCount(layer.macs));
  WriteNumber(w, FormatCount(layer.weights_bytes));
  if (counted) {
    WriteNumber(w, OptionalBytes(layer.instructions));
    const bool both = layer.instructions && layer.macs > 0;
    WriteNumber(
        w,
        both ? Fixed(static_cast<double>(*layer.instructions) / static_cast<double>(layer.macs), 1)
             : kNothing);
  }
  WriteNumber(w, Percent(Ratio(CostOf(layer, counted), CostOf(all, counted)), 1));
  Element cell(w, "td", {{"class", "wide share-cell"}});
  if (cost_max > 0) WriteShareBar(w, Ratio(CostOf(layer, counted), cost_max));
}

}  // namespace

void WriteMemory(HtmlWriter& w, const ReportData& data) {
  Section section(w, "memory", "Memory");
  if (data.budgets.empty()) {
    WriteMissing(w, "No budget is worked out yet.", "kinglet plan");
    return;
  }
  Element budgets(w, "div", {{"class", "budgets"}});
  for (const Budget& budget : data.budgets) WriteBudget(w, budget);
}

void WriteLayers(HtmlWriter& w, const ReportData& data) {
  Section section(w, "layers", "Cost of each layer");
  if (data.layers.empty()) {
    WriteMissing(w, "No model is compiled yet.", "kinglet deploy");
    return;
  }
  const Layer all = SumOf("all", data.layers, 0);
  const bool counted = all.instructions.has_value();
  w.Leaf("p", {{"class", "note"}},
         counted ? "One inference in order. Instructions are counted on the emulated board."
                 : "One inference in order. Shares are of multiply-accumulates; instructions are "
                   "not counted yet.");
  Table table(w, "Cost of each layer");
  if (counted) {
    WriteTableHead(w, {{"Layer", ""},
                       {"Kind", ""},
                       {"Output", "shape"},
                       {"MACs", "n"},
                       {"Weights, B", "n"},
                       {"Instructions", "n"},
                       {"per MAC", "n"},
                       {"Share", "n"},
                       {"", "wide"}});
  } else {
    WriteTableHead(w, {{"Layer", ""},
                       {"Kind", ""},
                       {"Output", "shape"},
                       {"MACs", "n"},
                       {"Weights, B", "n"},
                       {"Share", "n"},
                       {"", "wide"}});
  }
  uint64_t cost_max = 0;
  for (const Layer& layer : data.layers) cost_max = std::max(cost_max, CostOf(layer, counted));
  {
    Element body(w, "tbody");
    const size_t shown = std::min(data.layers.size(), kLayersMax);
    for (size_t i = 0; i < shown; ++i) WriteLayerRow(w, data.layers[i], all, cost_max);
    if (shown < data.layers.size()) {
      WriteLayerRow(w, SumOf(Counted(data.layers.size() - shown, "more layer"), data.layers, shown),
                    all, 0);
    }
  }
  Element foot(w, "tfoot");
  WriteLayerRow(w, all, all, 0);
}

}  // namespace kinglet::report
