#include "src/pipeline/report/report.h"

#include <algorithm>

#include "src/pipeline/report/html.h"
#include "src/pipeline/report/sections.h"
#include "src/pipeline/report/style.h"

namespace kinglet::report {
namespace {

constexpr size_t kCommandCharactersMax = 400;

// All outside text made fit for the page in one place, so that no section has to think of it.
ReportData Cleaned(ReportData data) {
  const auto clean = [](auto&... texts) { ((texts = CleanText(texts)), ...); };
  clean(data.project, data.board, data.model, data.created, data.tool_version,
        data.dataset.version);
  for (Requirement& one : data.requirements) clean(one.name, one.required, one.unit);
  if (data.identity) clean(data.identity->machine);
  for (std::string& label : data.labels) clean(label);
  if (data.samples.size() > kSamplesMax) data.samples.resize(kSamplesMax);
  for (Sample& one : data.samples) clean(one.name, one.true_label, one.predicted_label);
  for (Epoch& one : data.history) clean(one.phase);
  for (Layer& one : data.layers) clean(one.name, one.kind, one.output_shape);
  for (Budget& one : data.budgets) {
    clean(one.name);
    for (BudgetPart& part : one.parts) clean(part.name);
  }
  for (std::string& split : data.dataset.splits) clean(split);
  for (Dataset::Class& one : data.dataset.classes) clean(one.label);
  for (Finding& one : data.dataset.findings) clean(one.text);
  for (LineageNode& one : data.lineage) {
    clean(one.id, one.kind, one.name, one.created);
    for (std::string& input : one.inputs) clean(input);
  }
  for (std::string& command : data.commands) command = CleanText(command, kCommandCharactersMax);
  return data;
}

void WriteHead(HtmlWriter& w, const ReportData& data) {
  Element head(w, "head");
  w.Empty("meta", {{"charset", "utf-8"}});
  // The page needs nothing from elsewhere and runs no script; this holds the browser to it.
  w.Empty("meta", {{"http-equiv", "Content-Security-Policy"},
                   {"content", "default-src 'none'; style-src 'unsafe-inline'; img-src data:"}});
  w.Empty("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  w.Empty("meta", {{"name", "color-scheme"}, {"content", "light dark"}});
  w.Empty("link", {{"rel", "icon"}, {"href", "data:,"}});
  w.Leaf("title", data.project + ": " + Verdict(data.requirements));
  Element style(w, "style");
  w.Verbatim(StyleSheet());
}

}  // namespace

void WriteTableHead(HtmlWriter& w, std::initializer_list<Column> columns) {
  Element head(w, "thead");
  Element row(w, "tr");
  for (const Column& column : columns)
    w.Leaf("th", {{"scope", "col"}, {"class", column.style}}, column.name);
}

void WriteNumber(HtmlWriter& w, std::string_view text) { w.Leaf("td", {{"class", "n"}}, text); }

void WriteMissing(HtmlWriter& w, std::string_view what, std::string_view command) {
  Element p(w, "p", {{"class", "missing"}});
  w.Text(what);
  w.Text(" ");
  w.Leaf("code", command);
  w.Text(" fills this part.");
}

std::string RenderReport(const ReportData& outside) {
  const ReportData data = Cleaned(outside);
  HtmlWriter w;
  w.Verbatim("<!DOCTYPE html>\n");
  {
    Element html(w, "html", {{"lang", "en"}});
    WriteHead(w, data);
    Element body(w, "body");
    Element main(w, "main");
    WriteHeader(w, data);
    WriteRequirements(w, data);
    WriteAccuracy(w, data);
    WriteSamples(w, data);
    WriteTraining(w, data);
    WriteMemory(w, data);
    WriteLayers(w, data);
    WriteDataset(w, data);
    WriteLineage(w, data);
    WriteCommands(w, data);
    w.Leaf("footer", "This page holds everything it shows and loads nothing.");
  }
  return std::move(w).Finish();
}

}  // namespace kinglet::report
