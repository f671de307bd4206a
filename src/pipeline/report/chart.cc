#include "src/pipeline/report/chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "src/pipeline/report/format.h"

namespace kinglet::report {
namespace {

// The chart's own units; the page shows it about this wide.
constexpr double kWidth = 340, kHeight = 224;
constexpr double kLeft = 42, kRight = 268, kTop = 22, kBottom = 186;
constexpr size_t kPointsMax = 600;
constexpr size_t kTooltipsMax = 120;

std::string Unit(double value) { return Fixed(value, 1); }

// Values to positions, straight or logarithmic.
struct Axis {
  double low = 0, high = 1, from = 0, to = 1;
  bool logarithmic = false;

  double At(double value) const {
    const auto map = [&](double v) { return logarithmic ? std::log10(v) : v; };
    return from + (map(value) - map(low)) / (map(high) - map(low)) * (to - from);
  }
};

struct Tick {
  double value = 0;
  int decimals = 0;
};

// The first of 1, 2, 5, 10, 20, ... times a power of ten that cuts `range` into at most `count_max`
// pieces.
double NiceStep(double range, int count_max) {
  double power = 1;
  while (power * count_max > range) power /= 10;
  while (power * 10 * count_max <= range) power *= 10;
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (power * factor * count_max >= range) return power * factor;
  }
  return power * 10;
}

int DecimalsOf(double step) {
  int decimals = 0;
  for (double scaled = step; scaled < 0.999 && decimals < 9; scaled *= 10) ++decimals;
  return decimals;
}

std::vector<Tick> LinearTicks(double low, double high, int count_max) {
  const double step = NiceStep(high - low, count_max);
  std::vector<Tick> ticks;
  for (double i = std::ceil(low / step - 1e-9); i * step <= high + step * 1e-9; ++i) {
    ticks.push_back({i * step + 0.0, DecimalsOf(step)});  // + 0.0: no minus before a zero
  }
  return ticks;
}

// Powers of ten between low and high; thinned to a handful.
std::vector<Tick> DecadeTicks(double low, double high) {
  const int first = static_cast<int>(std::ceil(std::log10(low) - 1e-9));
  const int last = static_cast<int>(std::floor(std::log10(high) + 1e-9));
  const int step = std::max(1, (last - first + 4) / 5);
  std::vector<Tick> ticks;
  for (int i = first; i <= last; i += step) ticks.push_back({std::pow(10.0, i), std::max(0, -i)});
  return ticks;
}

Axis YAxis(const LineChart& chart) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const Series& series : chart.series) {
    for (const double value : series.values) {
      if (!std::isfinite(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  Axis axis{low, high, kBottom, kTop, chart.logarithmic};
  if (!(low <= high)) return {0, 1, kBottom, kTop, false};
  if (chart.logarithmic) {
    axis.low = std::pow(10.0, std::floor(std::log10(low)));
    axis.high = std::pow(10.0, std::ceil(std::log10(high)));
    if (axis.high <= axis.low) axis.high = axis.low * 10;
    return axis;
  }
  if (chart.from_zero) axis.low = std::min(0.0, low);
  if (axis.high - axis.low < 1e-12) axis.high = axis.low + std::max(1e-6, std::abs(low));
  const double step = NiceStep(axis.high - axis.low, 5);
  axis.low = std::floor(axis.low / step + 1e-9) * step;
  axis.high = std::ceil(axis.high / step - 1e-9) * step;
  if (chart.y_max > 0) axis.high = std::min(axis.high, chart.y_max);
  return axis;
}

void WriteAxes(HtmlWriter& w, const LineChart& chart, const Axis& x, const Axis& y) {
  const std::vector<Tick> y_ticks =
      y.logarithmic ? DecadeTicks(y.low, y.high) : LinearTicks(y.low, y.high, 5);
  for (const Tick& tick : y_ticks) {
    const std::string at = Unit(y.At(tick.value));
    w.Empty("line",
            {{"class", "grid"}, {"x1", Unit(kLeft)}, {"x2", Unit(kRight)}, {"y1", at}, {"y2", at}});
    w.Leaf("text", {{"class", "end"}, {"x", Unit(kLeft - 6)}, {"y", Unit(y.At(tick.value) + 3.8)}},
           chart.format_y(tick.value, tick.decimals));
  }
  for (const Tick& tick : LinearTicks(x.low, x.high, 6)) {
    if (tick.decimals > 0) continue;
    const std::string at = Unit(x.At(tick.value));
    w.Empty("line", {{"class", "axis"},
                     {"x1", at},
                     {"x2", at},
                     {"y1", Unit(kBottom)},
                     {"y2", Unit(kBottom + 4)}});
    w.Leaf("text", {{"class", "mid"}, {"x", at}, {"y", Unit(kBottom + 16)}}, Fixed(tick.value, 0));
  }
  w.Empty("line", {{"class", "axis"},
                   {"x1", Unit(kLeft)},
                   {"x2", Unit(kRight)},
                   {"y1", Unit(kBottom)},
                   {"y2", Unit(kBottom)}});
  w.Leaf("text", {{"class", "mid"}, {"x", Unit((kLeft + kRight) / 2)}, {"y", Unit(kBottom + 32)}},
         chart.x_name);
}

void WriteMarks(HtmlWriter& w, const LineChart& chart, const Axis& x) {
  double free_from =
      0;  // names that would run into the one before are left to the lines' description
  for (const Mark& mark : chart.marks) {
    const double at = mark.x <= 1 ? kLeft : x.At(static_cast<double>(mark.x) - 0.5);
    if (mark.x > 1) {
      w.Empty("line", {{"class", "mark"},
                       {"x1", Unit(at)},
                       {"x2", Unit(at)},
                       {"y1", Unit(kTop - 10)},
                       {"y2", Unit(kBottom)}});
    }
    if (at < free_from) continue;
    w.Leaf("text", {{"class", "phase"}, {"x", Unit(at + 4)}, {"y", Unit(kTop - 6)}}, mark.name);
    free_from = at + 10 + 6.2 * static_cast<double>(mark.name.size());
  }
}

void WriteSeries(HtmlWriter& w, const LineChart& chart, const Series& series, const Axis& x,
                 const Axis& y) {
  const size_t count = series.values.size();
  const size_t step = (count + kPointsMax - 1) / kPointsMax;
  std::string path, dots;
  bool pen_down = false;
  for (size_t i = 0; i < count; i += step) {
    const double value = series.values[i];
    if (!std::isfinite(value)) {
      pen_down = false;
      continue;
    }
    path +=
        (pen_down ? "L" : "M") + Unit(x.At(static_cast<double>(i + 1))) + " " + Unit(y.At(value));
    pen_down = true;
  }
  if (path.empty()) return;
  // A round cap makes a single point visible too.
  if (path.find('L') == std::string::npos) path += "h0.1";
  w.Empty("path", {{"class", "line " + series.style}, {"d", path}});
  if (count > kTooltipsMax) return;
  for (size_t i = 0; i < count; ++i) {
    if (!std::isfinite(series.values[i])) continue;
    Element dot(w, "circle",
                {{"class", "dot " + series.style},
                 {"cx", Unit(x.At(static_cast<double>(i + 1)))},
                 {"cy", Unit(y.At(series.values[i]))},
                 {"r", "3.5"}});
    w.Leaf("title", series.name + ", " + chart.x_name + " " + std::to_string(i + 1) + ": " +
                        chart.format_y(series.values[i], 4));
  }
}

// Names stand where their lines end, pushed apart when those are close.
void WriteSeriesNames(HtmlWriter& w, const LineChart& chart, const Axis& y) {
  struct Name {
    const Series* series;
    double at;
  };
  std::vector<Name> names;
  for (const Series& series : chart.series) {
    const auto last = std::find_if(series.values.rbegin(), series.values.rend(),
                                   [](double value) { return std::isfinite(value); });
    if (last != series.values.rend()) names.push_back({&series, y.At(*last)});
  }
  std::stable_sort(names.begin(), names.end(),
                   [](const Name& a, const Name& b) { return a.at < b.at; });
  for (size_t i = 1; i < names.size(); ++i) {
    names[i].at = std::max(names[i].at, names[i - 1].at + 13);
  }
  for (const Name& name : names) {
    w.Leaf("text",
           {{"class", "name " + name.series->style},
            {"x", Unit(kRight + 6)},
            {"y", Unit(name.at + 3.8)}},
           name.series->name);
  }
}

}  // namespace

void WriteLineChart(HtmlWriter& w, const LineChart& chart) {
  size_t count = 1;
  for (const Series& series : chart.series) count = std::max(count, series.values.size());
  const Axis x{1, std::max(2.0, static_cast<double>(count)), kLeft, kRight, false};
  const Axis y = YAxis(chart);
  const std::string title_id = w.NextId(), description_id = w.NextId();
  Element figure(w, "figure", {{"class", "chart"}});
  w.Leaf("figcaption", chart.title);
  Element svg(w, "svg",
              {{"viewBox", "0 0 " + Fixed(kWidth, 0) + " " + Fixed(kHeight, 0)},
               {"role", "img"},
               {"aria-labelledby", title_id + " " + description_id}});
  w.Leaf("title", {{"id", title_id}}, chart.title);
  w.Leaf("desc", {{"id", description_id}}, chart.description);
  WriteAxes(w, chart, x, y);
  WriteMarks(w, chart, x);
  for (const Series& series : chart.series) WriteSeries(w, chart, series, x, y);
  WriteSeriesNames(w, chart, y);
}

void WriteStrip(HtmlWriter& w, const Strip& strip) {
  const auto place = [&](double rate) {
    const double share = (rate - strip.axis_low) / (1 - strip.axis_low);
    return Fixed(2 + 96 * std::clamp(share, 0.0, 1.0), 2) + "%";
  };
  Element svg(w, "svg", {{"class", "strip"}, {"aria-hidden", "true"}});
  w.Empty("line", {{"class", "grid"}, {"x1", "2%"}, {"x2", "98%"}, {"y1", "9"}, {"y2", "9"}});
  if (strip.mark >= 0) {
    w.Empty("line", {{"class", "limit"},
                     {"x1", place(strip.mark)},
                     {"x2", place(strip.mark)},
                     {"y1", "1"},
                     {"y2", "17"}});
  }
  w.Empty("line", {{"class", "range"},
                   {"x1", place(strip.interval.low)},
                   {"x2", place(strip.interval.high)},
                   {"y1", "9"},
                   {"y2", "9"}});
  w.Empty("circle", {{"class", "point"}, {"cx", place(strip.rate)}, {"cy", "9"}, {"r", "4"}});
}

void WriteShareBar(HtmlWriter& w, double share) {
  Element svg(w, "svg", {{"class", "share"}, {"aria-hidden", "true"}});
  w.Empty("rect",
          {{"width", Fixed(100 * std::clamp(share, 0.0, 1.0), 2) + "%"}, {"height", "100%"}});
}

void WriteWaveform(HtmlWriter& w, const Audio& audio, const std::string& title) {
  constexpr size_t kColumns = 240;
  constexpr double kHalf = 40;
  const size_t count = audio.samples.size();
  int peak = 1;
  for (const int16_t sample : audio.samples) peak = std::max(peak, std::abs(int{sample}));
  std::string upper, lower;
  for (size_t column = 0; column < kColumns && count > 0; ++column) {
    const size_t first = column * count / kColumns;
    const size_t end = std::max(first + 1, (column + 1) * count / kColumns);
    const auto [low, high] =
        std::minmax_element(audio.samples.begin() + static_cast<ptrdiff_t>(first),
                            audio.samples.begin() + static_cast<ptrdiff_t>(end));
    const std::string x = std::to_string(column) + " ";
    upper +=
        (column == 0 ? "M" : "L") + x + Unit(kHalf * (1 - static_cast<double>(*high) / peak) - 0.3);
    lower.insert(0, "L" + x + Unit(kHalf * (1 - static_cast<double>(*low) / peak) + 0.3));
  }
  Element svg(w, "svg",
              {{"class", "wave"},
               {"viewBox", "0 -1 240 82"},
               {"preserveAspectRatio", "none"},
               {"role", "img"},
               {"aria-label", title}});
  w.Empty("path", {{"class", "grid"}, {"d", "M0 40H240"}});
  if (count > 0) w.Empty("path", {{"class", "envelope"}, {"d", upper + lower + "Z"}});
}

}  // namespace kinglet::report
