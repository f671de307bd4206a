// Charts as inline SVG, drawn by hand. Colours come from the style sheet through classes, so that
// they follow light and dark.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "src/base/wilson.h"
#include "src/pipeline/report/html.h"
#include "src/pipeline/report/report.h"

namespace kinglet::report {

struct Series {
  std::string name;            // stands at the end of its line
  std::string style;           // class of the line: "a" or "b"
  std::vector<double> values;  // one for each x = 1, 2, ...; not finite is a gap
};

// A vertical mark before x, e.g. where a phase of training begins.
struct Mark {
  size_t x = 1;
  std::string name;
};

struct LineChart {
  std::string title, description, x_name;
  std::vector<Series> series;
  std::vector<Mark> marks;
  bool logarithmic = false;  // the y axis; all values are above 0
  bool from_zero = false;    // the y axis begins at 0
  double y_max = 0;          // the y axis does not go beyond it; 0 for no limit
  std::function<std::string(double value, int decimals)> format_y;
};

void WriteLineChart(HtmlWriter& writer, const LineChart& chart);

// A rate with its interval on an axis from `axis_low` to 1, as wide as its place; `mark` is a
// vertical line unless negative.
struct Strip {
  double rate = 0;
  Interval interval;
  double axis_low = 0;
  double mark = -1;
};

void WriteStrip(HtmlWriter& writer, const Strip& strip);

// A bar over `share` (0 to 1) of its place.
void WriteShareBar(HtmlWriter& writer, double share);

// The lowest and highest sample of each column; the height is the clip's own peak.
void WriteWaveform(HtmlWriter& writer, const Audio& audio, const std::string& title);

}  // namespace kinglet::report
