#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "src/pipeline/report/chart.h"
#include "src/pipeline/report/format.h"
#include "src/pipeline/report/sections.h"

namespace kinglet::report {
namespace {

constexpr size_t kEpochRowsMax = 500;
constexpr double kGap = std::numeric_limits<double>::quiet_NaN();

template <typename Get>
std::vector<double> Collect(const std::vector<Epoch>& history, Get get) {
  std::vector<double> values;
  values.reserve(history.size());
  for (const Epoch& epoch : history) values.push_back(get(epoch));
  return values;
}

std::vector<Mark> PhaseMarks(const std::vector<Epoch>& history) {
  std::vector<Mark> marks;
  for (size_t i = 0; i < history.size(); ++i) {
    if (i == 0 || history[i].phase != history[i - 1].phase)
      marks.push_back({i + 1, history[i].phase});
  }
  return marks;
}

// The index of the best validation accuracy; none without one.
std::optional<size_t> BestEpoch(const std::vector<double>& validation) {
  std::optional<size_t> best;
  for (size_t i = 0; i < validation.size(); ++i) {
    if (std::isfinite(validation[i]) && (!best || validation[i] > validation[*best])) best = i;
  }
  return best;
}

void WriteCharts(HtmlWriter& w, const std::vector<Epoch>& history) {
  const std::vector<double> loss = Collect(history, [](const Epoch& e) { return e.loss; });
  const std::vector<double> rate = Collect(history, [](const Epoch& e) { return e.learning_rate; });
  const std::vector<double> train =
      Collect(history, [](const Epoch& e) { return e.train_accuracy.value_or(kGap); });
  const std::vector<double> validation =
      Collect(history, [](const Epoch& e) { return e.validation_accuracy.value_or(kGap); });
  const std::vector<Mark> marks = PhaseMarks(history);
  const auto number = [](double value, int decimals) { return Fixed(value, decimals); };
  const auto percent = [](double value, int decimals) {
    return Percent(value, std::max(0, decimals - 2));
  };

  const auto short_number = [](double value, int decimals) {
    return decimals > 3 ? Measure(value, "") : Fixed(value, decimals);  // "1e-05"
  };

  Element charts(w, "div", {{"class", "charts"}});
  std::string best_text;
  if (const std::optional<size_t> best = BestEpoch(validation)) {
    best_text = fmt::format(" The best validation accuracy is {}.", Percent(validation[*best], 2));
  }
  if (std::any_of(train.begin(), train.end(), [](double v) { return std::isfinite(v); }) ||
      !best_text.empty()) {
    WriteLineChart(
        w,
        {.title = "Accuracy",
         .description = "Accuracy on the training and the validation samples by epoch." + best_text,
         .x_name = "epoch",
         .series = {{"validation", "a", validation}, {"training", "b", train}},
         .marks = marks,
         .y_max = 1,
         .format_y = percent});
  }
  WriteLineChart(w, {.title = "Loss",
                     .description = fmt::format("Training loss by epoch, {} in the last.",
                                                Fixed(loss.back(), 3)),
                     .x_name = "epoch",
                     .series = {{"training", "b", loss}},
                     .marks = marks,
                     .from_zero = true,
                     .format_y = number});
  const bool positive =
      std::all_of(rate.begin(), rate.end(), [](double v) { return v > 0 && std::isfinite(v); });
  WriteLineChart(w, {.title = "Learning rate",
                     .description = "Learning rate by epoch.",
                     .x_name = "epoch",
                     .series = {{"rate", "c", rate}},
                     .marks = marks,
                     .logarithmic = positive,
                     .from_zero = true,
                     .format_y = short_number});
}

void WriteEpochs(HtmlWriter& w, const std::vector<Epoch>& history) {
  Element details(w, "details");
  w.Leaf("summary", "All epochs as numbers");
  if (history.size() > kEpochRowsMax) {
    w.Leaf("p", {{"class", "note"}},
           fmt::format("The last {} of {}.", kEpochRowsMax, Counted(history.size(), "epoch")));
  }
  Table table(w, "Training by epoch");
  WriteTableHead(w, {{"Phase", ""},
                     {"Epoch", "n"},
                     {"Loss", "n"},
                     {"Training", "n"},
                     {"Validation", "n"},
                     {"Learning rate", "n"}});
  Element body(w, "tbody");
  const size_t first = history.size() > kEpochRowsMax ? history.size() - kEpochRowsMax : 0;
  for (size_t i = first; i < history.size(); ++i) {
    const Epoch& epoch = history[i];
    Element row(w, "tr");
    w.Leaf("td", epoch.phase);
    WriteNumber(w, std::to_string(epoch.epoch));
    WriteNumber(w, Fixed(epoch.loss, 4));
    WriteNumber(w, Percent(epoch.train_accuracy.value_or(kGap), 2));
    WriteNumber(w, Percent(epoch.validation_accuracy.value_or(kGap), 2));
    WriteNumber(w, Measure(epoch.learning_rate, ""));
  }
}

}  // namespace

void WriteTraining(HtmlWriter& w, const ReportData& data) {
  Section section(w, "training", "Training");
  if (data.history.empty()) {
    WriteMissing(w, "No training is recorded.", "kinglet train");
    return;
  }
  WriteCharts(w, data.history);
  WriteEpochs(w, data.history);
}

}  // namespace kinglet::report
