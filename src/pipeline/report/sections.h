// The parts of the page, in its order. Each writes one <section>; text has been cleaned before.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "src/pipeline/report/html.h"
#include "src/pipeline/report/report.h"

namespace kinglet::report {

void WriteHeader(HtmlWriter& writer, const ReportData& data);
void WriteRequirements(HtmlWriter& writer, const ReportData& data);
void WriteAccuracy(HtmlWriter& writer, const ReportData& data);
void WriteSamples(HtmlWriter& writer, const ReportData& data);
void WriteTraining(HtmlWriter& writer, const ReportData& data);
void WriteMemory(HtmlWriter& writer, const ReportData& data);
void WriteLayers(HtmlWriter& writer, const ReportData& data);
void WriteDataset(HtmlWriter& writer, const ReportData& data);
void WriteLineage(HtmlWriter& writer, const ReportData& data);
void WriteCommands(HtmlWriter& writer, const ReportData& data);

// One sentence: whether the requirements are met.
std::string Verdict(const std::vector<Requirement>& requirements);

// What the sections share.
class Section {
 public:
  Section(HtmlWriter& writer, const std::string& id, std::string_view title)
      : element_(writer, "section", {{"id", id}, {"aria-labelledby", id + "-title"}}) {
    writer.Leaf("h2", {{"id", id + "-title"}}, title);
  }

 private:
  Element element_;
};

// A table that scrolls sideways by itself, also by keyboard, instead of widening the page.
class Table {
 public:
  Table(HtmlWriter& writer, const std::string& name, const std::string& style = {})
      : frame_(writer, "div",
               {{"class", "scroll"}, {"role", "region"}, {"aria-label", name}, {"tabindex", "0"}}),
        table_(writer, "table", {{"class", style}}) {}

 private:
  Element frame_, table_;
};

struct Column {
  std::string_view name;
  std::string style;  // "n": numbers; "wide": not shown on a phone
};
void WriteTableHead(HtmlWriter& writer, std::initializer_list<Column> columns);
void WriteNumber(HtmlWriter& writer, std::string_view text);  // a cell of a number column

// "Nothing measured yet. kinglet bench fills this part."
void WriteMissing(HtmlWriter& writer, std::string_view what, std::string_view command);

}  // namespace kinglet::report
