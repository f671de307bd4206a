// Where it all came from: the data set, the lineage, the commands.
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "src/base/progress.h"
#include "src/base/result.h"
#include "src/pipeline/report/format.h"
#include "src/pipeline/report/sections.h"

namespace kinglet::report {
namespace {

constexpr size_t kFindingsMax = 50;
constexpr size_t kNodesMax = 40;

std::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      return "note";
  }
  return {};
}

void WriteClassCounts(HtmlWriter& w, const Dataset& dataset) {
  Table table(w, "Samples of each class and split", "narrow");
  {
    Element head(w, "thead");
    Element row(w, "tr");
    w.Leaf("th", {{"scope", "col"}}, "Class");
    for (const std::string& split : dataset.splits)
      w.Leaf("th", {{"scope", "col"}, {"class", "n"}}, split);
    w.Leaf("th", {{"scope", "col"}, {"class", "n"}}, "all");
  }
  std::vector<uint64_t> sums(dataset.splits.size() + 1);
  const auto write_row = [&](const std::string& name, const std::vector<uint64_t>& counts) {
    Element row(w, "tr");
    w.Leaf("th", {{"scope", "row"}}, name);
    for (const uint64_t count : counts) WriteNumber(w, FormatCount(count));
  };
  {
    Element body(w, "tbody");
    for (const Dataset::Class& one : dataset.classes) {
      KINGLET_ASSERT(one.counts.size() == dataset.splits.size());
      std::vector<uint64_t> counts = one.counts;
      uint64_t all = 0;
      for (const uint64_t count : counts) all += count;
      counts.push_back(all);
      for (size_t i = 0; i < counts.size(); ++i) sums[i] += counts[i];
      write_row(one.label, counts);
    }
  }
  Element foot(w, "tfoot");
  write_row("all", sums);
}

void WriteFindings(HtmlWriter& w, const std::vector<Finding>& findings) {
  w.Leaf("h3", "What the data check found");
  if (findings.empty()) {
    w.Leaf("p", "No findings.");
    return;
  }
  Element list(w, "ul", {{"class", "findings"}});
  for (size_t i = 0; i < std::min(findings.size(), kFindingsMax); ++i) {
    Element item(w, "li");
    w.Leaf("b", {{"class", std::string(SeverityName(findings[i].severity))}},
           SeverityName(findings[i].severity));
    w.Text("  " + findings[i].text);
  }
  if (findings.size() > kFindingsMax) {
    w.Leaf("li", fmt::format("and {} more", findings.size() - kFindingsMax));
  }
}

// The lineage in an order in which everything stands below what it was made from.
class LineageOrder {
 public:
  LineageOrder(const std::vector<LineageNode>& nodes, size_t count) : depth_(count) {
    for (size_t i = 0; i < count; ++i) index_.emplace(nodes[i].id, i);
    inputs_.resize(count);
    for (size_t i = 0; i < count; ++i) {
      for (const std::string& input : nodes[i].inputs) {
        const auto found = index_.find(input);
        if (found != index_.end()) inputs_[i].push_back(found->second);
      }
    }
    // The longest path from a source. A circle cannot come from content addresses, only from broken
    // data; the rounds end anyway.
    for (size_t round = 0; round < count; ++round) {
      for (size_t i = 0; i < count; ++i) {
        for (const size_t input : inputs_[i]) {
          depth_[i] = std::min(std::max(depth_[i], depth_[input] + 1), count);
        }
      }
    }
    for (size_t i = 0; i < count; ++i) order_.push_back(i);
    std::stable_sort(order_.begin(), order_.end(),
                     [&](size_t a, size_t b) { return depth_[a] < depth_[b]; });
    rows_.resize(count);
    for (size_t row = 0; row < count; ++row) rows_[order_[row]] = row;
  }

  const std::vector<size_t>& order() const { return order_; }  // nodes from the top
  size_t row(size_t node) const { return rows_[node]; }
  const std::vector<size_t>& inputs(size_t node) const {
    return inputs_[node];
  }  // those that are in the list
  std::optional<size_t> Find(const std::string& id) const {
    const auto found = index_.find(id);
    return found == index_.end() ? std::nullopt : std::optional<size_t>(found->second);
  }

 private:
  std::map<std::string, size_t> index_;
  std::vector<std::vector<size_t>> inputs_;
  std::vector<size_t> depth_, order_, rows_;
};

// One box a row; a straight line to the next row, an arc on the right to a later one, so that no
// line runs through a box.
constexpr int kBoxWidth = 150, kBoxHeight = 40, kRowHeight = 58, kArcStart = 20, kArcGrowth = 13;

void WriteEdge(HtmlWriter& w, size_t from, size_t to) {
  const int y_from = static_cast<int>(from) * kRowHeight + 1,
            y_to = static_cast<int>(to) * kRowHeight + 1;
  if (to == from + 1) {
    const int x = kBoxWidth / 2;
    w.Empty("path",
            {{"class", "edge"}, {"d", fmt::format("M{} {}V{}", x, y_from + kBoxHeight, y_to - 4)}});
    w.Empty("path", {{"class", "tip"}, {"d", fmt::format("M{} {}l-4 -7h8Z", x, y_to)}});
    return;
  }
  const int bulge =
      kBoxWidth + kArcStart + kArcGrowth * static_cast<int>(to > from ? to - from : from - to);
  const int y1 = y_from + kBoxHeight / 2 + 7, y2 = y_to + kBoxHeight / 2 - 7;
  w.Empty("path", {{"class", "edge"},
                   {"d", fmt::format("M{} {}C{} {} {} {} {} {}", kBoxWidth, y1, bulge, y1, bulge,
                                     y2, kBoxWidth + 5, y2)}});
  w.Empty("path", {{"class", "tip"}, {"d", fmt::format("M{} {}l7 -4v8Z", kBoxWidth, y2)}});
}

void WriteBox(HtmlWriter& w, size_t row, const LineageNode& node) {
  const int y = static_cast<int>(row) * kRowHeight + 1;
  Element group(w, "g");
  w.Leaf("title", fmt::format("{} {}, {}", node.kind, node.name, node.created));
  w.Empty("rect", {{"class", "box"},
                   {"x", "1"},
                   {"y", std::to_string(y)},
                   {"rx", "3"},
                   {"width", std::to_string(kBoxWidth - 1)},
                   {"height", std::to_string(kBoxHeight)}});
  w.Leaf("text", {{"class", "kind"}, {"x", "10"}, {"y", std::to_string(y + 17)}},
         CleanText(node.kind, 18));
  w.Leaf("text", {{"class", "id"}, {"x", "10"}, {"y", std::to_string(y + 32)}},
         CleanText(node.id, 18));
}

void DrawLineage(HtmlWriter& w, const std::vector<LineageNode>& nodes, const LineageOrder& order) {
  const size_t count = order.order().size();
  size_t span_max = 1;
  for (size_t to = 0; to < count; ++to) {
    for (const size_t from : order.inputs(to)) {
      const size_t a = order.row(from), b = order.row(to);
      span_max = std::max(span_max, a < b ? b - a : a - b);
    }
  }
  // An arc reaches three quarters of the way to its control points.
  const int width =
      kBoxWidth + 8 +
      (span_max > 1 ? (kArcStart + kArcGrowth * static_cast<int>(span_max)) * 3 / 4 : 0);
  const int height = static_cast<int>(count) * kRowHeight - (kRowHeight - kBoxHeight) + 2;
  const std::string title_id = w.NextId();
  Element svg(w, "svg",
              {{"class", "lineage"},
               {"viewBox", fmt::format("0 0 {} {}", width, height)},
               {"width", std::to_string(width)},
               {"role", "img"},
               {"aria-labelledby", title_id}});
  w.Leaf(
      "title", {{"id", title_id}},
      "Lineage: lines lead from each artifact to what was made from it. The table says the same.");
  for (size_t to = 0; to < count; ++to) {
    for (const size_t from : order.inputs(to)) {
      if (from != to) WriteEdge(w, order.row(from), order.row(to));
    }
  }
  for (size_t row = 0; row < count; ++row) WriteBox(w, row, nodes[order.order()[row]]);
}

void WriteNodeRow(HtmlWriter& w, const LineageOrder& order, const LineageNode& node, size_t index) {
  Element row(w, "tr", {{"id", "artifact-" + std::to_string(index)}});
  {
    Element id(w, "th", {{"scope", "row"}});
    w.Leaf("code", node.id);
  }
  w.Leaf("td", node.kind);
  w.Leaf("td", node.name);
  {
    Element inputs(w, "td");
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (i > 0) w.Text(" ");
      const std::optional<size_t> known = order.Find(node.inputs[i]);
      if (known) {
        w.Open("a", {{"href", "#artifact-" + std::to_string(*known)}});
        w.Leaf("code", node.inputs[i]);
        w.Close();
      } else {
        w.Leaf("code", node.inputs[i]);
      }
    }
  }
  w.Leaf("td", {{"class", "created"}}, node.created);
}

}  // namespace

void WriteDataset(HtmlWriter& w, const ReportData& data) {
  Section section(w, "data", "Data");
  if (data.dataset.classes.empty()) {
    WriteMissing(w, "No data set is imported yet.", "kinglet data import");
    return;
  }
  if (!data.dataset.version.empty()) {
    Element p(w, "p", {{"class", "note"}});
    w.Text("Version ");
    w.Leaf("code", data.dataset.version);
    w.Text(".");
  }
  WriteClassCounts(w, data.dataset);
  WriteFindings(w, data.dataset.findings);
}

void WriteLineage(HtmlWriter& w, const ReportData& data) {
  if (data.lineage.empty()) return;
  const size_t shown = std::min(data.lineage.size(), kNodesMax);
  Section section(w, "lineage", "Lineage");
  w.Leaf("p", {{"class", "note"}}, "What was made from what, from the top.");
  const LineageOrder order(data.lineage, shown);
  Element pair(w, "div", {{"class", "pair"}});
  DrawLineage(w, data.lineage, order);
  Table table(w, "Artifacts and what they were made from");
  WriteTableHead(w, {{"Id", ""}, {"Kind", ""}, {"Name", ""}, {"Made from", ""}, {"Created", ""}});
  Element body(w, "tbody");
  for (const size_t i : order.order()) WriteNodeRow(w, order, data.lineage[i], i);
  if (shown < data.lineage.size()) {
    Element row(w, "tr");
    w.Leaf("td", {{"colspan", "5"}}, fmt::format("and {} more", data.lineage.size() - shown));
  }
}

void WriteCommands(HtmlWriter& w, const ReportData& data) {
  if (data.commands.empty()) return;
  Section section(w, "again", "Make it again");
  Element block(w, "pre", {{"tabindex", "0"}, {"aria-label", "Commands"}});
  for (const std::string& command : data.commands) {
    w.Leaf("code", command);
    w.Text("\n");
  }
}

}  // namespace kinglet::report
