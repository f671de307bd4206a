#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "src/base/progress.h"
#include "src/base/result.h"
#include "src/base/wilson.h"
#include "src/pipeline/report/chart.h"
#include "src/pipeline/report/format.h"
#include "src/pipeline/report/sections.h"

namespace kinglet::report {
namespace {

constexpr size_t kMatrixLabelsMax = 64;
constexpr size_t kConfusionsMax = 5;

// A rate with what is shown about it.
struct Rate {
  uint64_t part = 0, whole = 0;
  double value() const { return Ratio(part, whole); }
  Interval interval() const { return WilsonInterval(part, whole); }
};

std::string IntervalText(const Rate& rate) {
  if (rate.whole == 0) return "\xE2\x80\x93";
  const Interval interval = rate.interval();
  return fmt::format("{}\xE2\x80\x93{}", Fixed(100 * interval.low, 1), Percent(interval.high, 1));
}

// Where the strips' axis begins: below every interval, on a multiple of 10 %.
double AxisLow(const std::vector<Rate>& rates, double mark) {
  double low = mark >= 0 ? mark : 0.9;
  for (const Rate& rate : rates) {
    if (rate.whole > 0) low = std::min(low, rate.interval().low);
  }
  return std::clamp(std::floor(low * 10 - 1e-9) / 10, 0.0, 0.9);
}

// The heading of a column of strips: the ends of their axis.
void WriteStripHead(HtmlWriter& w, double axis_low) {
  Element head(w, "th", {{"scope", "col"}, {"class", "wide axis-ends"}});
  w.Leaf("span", Percent(axis_low, 0));
  w.Leaf("span", "100 %");
}

void WriteStripCell(HtmlWriter& w, const Rate& rate, double axis_low, double mark) {
  Element cell(w, "td", {{"class", "wide strip-cell"}});
  if (rate.whole > 0) WriteStrip(w, {rate.value(), rate.interval(), axis_low, mark});
}

void WriteScores(HtmlWriter& w, const ReportData& data) {
  struct Row {
    std::string_view name;
    Rate rate;
  };
  std::vector<Row> rows;
  const auto add = [&](std::string_view name, const std::optional<Score>& score) {
    if (score) rows.push_back({name, {score->correct, score->total}});
  };
  add("Float, host", data.float_host);
  add("int8, host", data.int8_host);
  add("int8, emulated board", data.int8_emulated);
  if (rows.empty()) return;
  std::vector<Rate> rates;
  rates.reserve(rows.size());
  for (const Row& row : rows) rates.push_back(row.rate);
  const double mark = data.accuracy_min.value_or(-1);
  const double axis_low = AxisLow(rates, mark);

  Table table(w, "Accuracy on the test split");
  {
    Element head(w, "thead");
    Element row(w, "tr");
    for (const Column& column : {Column{"Network", ""},
                                 {"Correct", "n wrap"},
                                 {"Accuracy", "n"},
                                 {"95 % interval", "n"}}) {
      w.Leaf("th", {{"scope", "col"}, {"class", column.style}}, column.name);
    }
    WriteStripHead(w, axis_low);
  }
  Element body(w, "tbody");
  for (const Row& row : rows) {
    Element line(w, "tr");
    w.Leaf("th", {{"scope", "row"}}, row.name);
    w.Leaf("td", {{"class", "n wrap"}},
           fmt::format("{} of\xC2\xA0{}", FormatCount(row.rate.part), FormatCount(row.rate.whole)));
    WriteNumber(w, Percent(row.rate.value(), 2));
    WriteNumber(w, IntervalText(row.rate));
    WriteStripCell(w, row.rate, axis_low, mark);
  }
}

void WriteStatements(HtmlWriter& w, const ReportData& data) {
  if (data.accuracy_min) {
    Element p(w, "p", {{"class", "wide note"}});
    w.Text(fmt::format("The dashed line is the required accuracy, {}. ",
                       Percent(*data.accuracy_min, 1)));
    w.Text("Bars span the 95 % interval: what the accuracy may really be, given so many samples.");
  }
  if (data.float_host && data.int8_host && data.float_host->total > 0 &&
      data.int8_host->total > 0) {
    const double points = 100 * (Ratio(data.int8_host->correct, data.int8_host->total) -
                                 Ratio(data.float_host->correct, data.float_host->total));
    const std::string size = Fixed(std::abs(points), 2);
    w.Leaf("p", size == "0.00" ? "Going from float to int8 changes the accuracy by nothing."
                               : fmt::format("Going from float to int8 {} {} percentage points.",
                                             points < 0 ? "costs" : "gains", size));
  }
  if (data.identity) {
    const BitIdentity& identity = *data.identity;
    const bool same =
        identity.features_equal == identity.samples && identity.outputs_equal == identity.samples;
    Element p(w, "p");
    w.Leaf("b", {{"class", same ? "met" : "missed"}},
           same ? "Bit-identical. " : "Not bit-identical. ");
    w.Text(same
               ? fmt::format(
                     "On {} the features and the outputs of the host and of {} are the same bytes.",
                     Counted(identity.samples, "test sample"), identity.machine)
               : fmt::format(
                     "Of {}, host and {} agree on the features of {} and on the outputs of {}.",
                     Counted(identity.samples, "test sample"), identity.machine,
                     FormatCount(identity.features_equal), FormatCount(identity.outputs_equal)));
  }
}

// The confusion matrix with its margins.
struct Confusion {
  explicit Confusion(const ReportData& data)
      : labels(data.labels), cells(data.confusion), truths(labels.size()), guesses(labels.size()) {
    for (size_t t = 0; t < labels.size(); ++t) {
      for (size_t p = 0; p < labels.size(); ++p) {
        truths[t] += at(t, p);
        guesses[p] += at(t, p);
      }
    }
  }
  uint64_t at(size_t t, size_t p) const { return cells[t * labels.size() + p]; }
  Rate Recall(size_t i) const { return {at(i, i), truths[i]}; }
  Rate Precision(size_t i) const { return {at(i, i), guesses[i]}; }

  const std::vector<std::string>& labels;
  const std::vector<uint64_t>& cells;
  std::vector<uint64_t> truths, guesses;  // samples of each true and each predicted class
};

void WriteClasses(HtmlWriter& w, const Confusion& confusion) {
  std::vector<Rate> rates;
  for (size_t i = 0; i < confusion.labels.size(); ++i) {
    rates.push_back(confusion.Recall(i));
    rates.push_back(confusion.Precision(i));
  }
  const double axis_low = AxisLow(rates, -1);
  w.Leaf("h3", "Classes");
  w.Leaf("p", {{"class", "note"}},
         "Recall: how many of a class's samples are found. Precision: how many answers of that "
         "class are right.");
  Table table(w, "Recall and precision of each class");
  {
    Element head(w, "thead");
    Element row(w, "tr");
    const auto column = [&](const std::string& style, std::string_view name) {
      w.Leaf("th", {{"scope", "col"}, {"class", style}}, name);
    };
    column("", "Class");
    column("n", "Samples");
    for (const std::string_view name : {"Recall", "Precision"}) {
      column("n", name);
      column("n", "95 % interval");
      WriteStripHead(w, axis_low);
    }
  }
  Element body(w, "tbody");
  for (size_t i = 0; i < confusion.labels.size(); ++i) {
    Element row(w, "tr");
    w.Leaf("th", {{"scope", "row"}}, confusion.labels[i]);
    WriteNumber(w, FormatCount(confusion.truths[i]));
    for (const Rate& rate : {confusion.Recall(i), confusion.Precision(i)}) {
      WriteNumber(w, rate.whole == 0 ? "\xE2\x80\x93" : Percent(rate.value(), 1));
      WriteNumber(w, IntervalText(rate));
      WriteStripCell(w, rate, axis_low, -1);
    }
  }
}

void WriteWorstConfusions(HtmlWriter& w, const Confusion& confusion) {
  struct Pair {
    uint64_t count;
    size_t truth, guess;
  };
  std::vector<Pair> pairs;
  for (size_t t = 0; t < confusion.labels.size(); ++t) {
    for (size_t p = 0; p < confusion.labels.size(); ++p) {
      if (t != p && confusion.at(t, p) > 0) pairs.push_back({confusion.at(t, p), t, p});
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const Pair& a, const Pair& b) { return a.count > b.count; });
  if (pairs.size() > kConfusionsMax) pairs.resize(kConfusionsMax);
  if (pairs.empty()) {
    w.Leaf("p", "No class is ever taken for another.");
    return;
  }
  w.Leaf("p", {{"class", "note"}},
         "Rows are the truth, columns what the model says. Most often confused:");
  Element list(w, "ol", {{"class", "confusions"}});
  for (const Pair& pair : pairs) {
    Element item(w, "li");
    w.Leaf("b", confusion.labels[pair.truth]);
    w.Text(" taken for ");
    w.Leaf("b", confusion.labels[pair.guess]);
    w.Text(fmt::format(", {} of {}", FormatCount(pair.count),
                       FormatCount(confusion.truths[pair.truth])));
  }
}

// How strong a cell's colour is. The square root lets small confusions show; text stays readable on
// the deepest shade.
double Shade(bool hit, double share) {
  return hit ? 0.06 + 0.5 * std::sqrt(share) : std::min(0.04 + std::sqrt(share), 0.62);
}

void WriteMatrixCell(HtmlWriter& w, const Confusion& confusion, size_t t, size_t p) {
  const uint64_t count = confusion.at(t, p);
  if (count == 0) {
    w.Leaf("td", {{"class", "zero"}}, "0");
    return;
  }
  const double share = Ratio(count, confusion.truths[t]);
  w.Leaf("td",
         {{"class", t == p ? "hit" : "slip"},
          {"style", "--a:" + Fixed(Shade(t == p, share), 3)},
          {"title",
           fmt::format("{} taken for {}: {} of {}, {}", confusion.labels[t], confusion.labels[p],
                       FormatCount(count), FormatCount(confusion.truths[t]), Percent(share, 1))}},
         FormatCount(count));
}

void WriteMatrix(HtmlWriter& w, const Confusion& confusion) {
  w.Leaf("h3", "Confusion matrix");
  WriteWorstConfusions(w, confusion);
  const size_t count = confusion.labels.size();
  if (count > kMatrixLabelsMax) {
    w.Leaf("p", {{"class", "missing"}},
           fmt::format("The matrix of {} classes is too large to read and left out.", count));
    return;
  }
  Table table(w, "Confusion matrix, rows are the true class", "matrix");
  {
    Element head(w, "thead");
    Element row(w, "tr");
    w.Leaf("th", {{"scope", "col"}, {"class", "corner"}}, "true \xE2\x86\x93  said \xE2\x86\x92");
    for (const std::string& label : confusion.labels) {
      Element cell(w, "th", {{"scope", "col"}, {"class", "turned"}});
      w.Leaf("span", label);
    }
    w.Leaf("th", {{"scope", "col"}, {"class", "n"}}, "all");
  }
  Element body(w, "tbody");
  for (size_t t = 0; t < count; ++t) {
    Element row(w, "tr");
    w.Leaf("th", {{"scope", "row"}}, confusion.labels[t]);
    for (size_t p = 0; p < count; ++p) WriteMatrixCell(w, confusion, t, p);
    w.Leaf("td", {{"class", "sum"}}, FormatCount(confusion.truths[t]));
  }
  Element row(w, "tr", {{"class", "sums"}});
  w.Leaf("th", {{"scope", "row"}}, "all");
  uint64_t all = 0;
  for (const uint64_t guesses : confusion.guesses) {
    w.Leaf("td", {{"class", "sum"}}, FormatCount(guesses));
    all += guesses;
  }
  w.Leaf("td", {{"class", "sum"}}, FormatCount(all));
}

}  // namespace

void WriteAccuracy(HtmlWriter& w, const ReportData& data) {
  KINGLET_ASSERT(data.confusion.empty() ||
                 data.confusion.size() == data.labels.size() * data.labels.size());
  Section section(w, "accuracy", "Accuracy");
  const bool scored = data.float_host || data.int8_host || data.int8_emulated;
  if (!scored && data.confusion.empty()) {
    WriteMissing(w, "Nothing is measured yet.", "kinglet bench");
    return;
  }
  WriteScores(w, data);
  WriteStatements(w, data);
  if (data.confusion.empty()) return;
  const Confusion confusion(data);
  WriteClasses(w, confusion);
  WriteMatrix(w, confusion);
}

}  // namespace kinglet::report
