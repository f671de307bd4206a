#include "src/pipeline/report/chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <regex>

#include "src/pipeline/report/format.h"

namespace kinglet::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Draw(const LineChart& chart) {
  HtmlWriter w;
  WriteLineChart(w, chart);
  return std::move(w).Finish();
}

LineChart ChartOf(std::vector<double> values) {
  LineChart chart;
  chart.title = "Loss";
  chart.x_name = "epoch";
  chart.series = {{"training", "b", std::move(values)}};
  chart.format_y = [](double value, int decimals) { return Fixed(value, decimals); };
  return chart;
}

// All numbers of the line's path.
std::vector<double> PathNumbers(const std::string& svg) {
  std::smatch match;
  EXPECT_TRUE(std::regex_search(svg, match, std::regex("class=\"line b\" d=\"([^\"]*)\"")));
  const std::string path = match[1];
  std::vector<double> numbers;
  const std::regex number("-?[0-9.]+");
  for (std::sregex_iterator i(path.begin(), path.end(), number), end; i != end; ++i) {
    numbers.push_back(std::stod(i->str()));
  }
  return numbers;
}

TEST(LineChart, LinesStayInsideTheDrawing) {
  const double huge = 1e30, tiny = 1e-30;
  for (const std::vector<double>& values : {std::vector<double>{1, 2, 3},
                                            {5},
                                            {0, 0, 0},
                                            {-7, -7},
                                            {huge, 1},
                                            {tiny, 2 * tiny},
                                            {0.999999, 1.0}}) {
    const std::vector<double> numbers = PathNumbers(Draw(ChartOf(values)));
    ASSERT_GE(numbers.size(), 2 * values.size());
    for (size_t i = 0; i < 2 * values.size(); ++i) {
      EXPECT_GE(numbers[i], 0);
      EXPECT_LE(numbers[i], i % 2 == 0 ? 340 : 224);
    }
  }
}

TEST(LineChart, HigherValuesAreHigherUp) {
  const std::vector<double> numbers = PathNumbers(Draw(ChartOf({1, 2, 4})));
  EXPECT_GT(numbers[1], numbers[3]);
  EXPECT_NEAR(2 * (numbers[1] - numbers[3]), numbers[3] - numbers[5], 0.3);
  EXPECT_LT(numbers[0], numbers[2]);
}

TEST(LineChart, ALogarithmicAxisSpacesDecadesEvenly) {
  LineChart chart = ChartOf({1e-5, 1e-4, 1e-3});
  chart.logarithmic = true;
  const std::vector<double> numbers = PathNumbers(Draw(chart));
  EXPECT_NEAR(numbers[1] - numbers[3], numbers[3] - numbers[5], 0.2);
}

TEST(LineChart, WhatIsNotFiniteIsAGap) {
  const double gap = std::numeric_limits<double>::quiet_NaN();
  const double infinite = std::numeric_limits<double>::infinity();
  const std::string svg = Draw(ChartOf({1, 2, gap, infinite, 3, 4}));
  EXPECT_TRUE(std::regex_search(svg, std::regex("d=\"M[^M]*L[^M]*M[^M]*L[^M]*\"")));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
  const std::string empty = Draw(ChartOf({gap, gap}));
  EXPECT_THAT(empty, Not(HasSubstr("class=\"line")));
  EXPECT_THAT(empty, Not(HasSubstr("nan")));
}

TEST(LineChart, LongSeriesAreThinnedOut) {
  EXPECT_LT(Draw(ChartOf(std::vector<double>(100000, 0.5))).size(), 20000U);
}

TEST(LineChart, ZeroHasNoMinus) {
  LineChart chart = ChartOf({0.9, 0.1});
  chart.from_zero = true;
  const std::string svg = Draw(chart);
  EXPECT_THAT(svg, HasSubstr(">0.0<"));
  EXPECT_THAT(svg, Not(HasSubstr("-0.0")));
}

TEST(LineChart, NamesOfCloseLinesDoNotOverlap) {
  LineChart chart = ChartOf({1, 2});
  chart.series.push_back({"validation", "a", {1, 2}});
  const std::string svg = Draw(chart);
  const std::regex name("class=\"name [ab]\" x=\"[0-9.]+\" y=\"([0-9.]+)\"");
  std::vector<double> heights;
  for (std::sregex_iterator i(svg.begin(), svg.end(), name), end; i != end; ++i)
    heights.push_back(std::stod((*i)[1]));
  ASSERT_EQ(heights.size(), 2U);
  EXPECT_GE(std::abs(heights[0] - heights[1]), 12);
}

std::string DrawWave(std::vector<int16_t> samples) {
  HtmlWriter w;
  WriteWaveform(w, {std::move(samples), 16000}, "wave");
  return std::move(w).Finish();
}

TEST(Waveform, ShowsAClickOfOneSampleAtItsPlace) {
  std::vector<int16_t> samples(16000, 0);
  samples[8000] = -32768;
  const std::string svg = DrawWave(samples);
  EXPECT_THAT(svg, HasSubstr("L120 80.3"));
  EXPECT_THAT(svg, HasSubstr("L119 40.3"));
  EXPECT_THAT(svg, HasSubstr("L120 39.7"));
}

TEST(Waveform, HoldsForFewAndForNoSamples) {
  EXPECT_THAT(DrawWave({}), Not(HasSubstr("envelope")));
  EXPECT_THAT(DrawWave({100}), HasSubstr("envelope"));
  EXPECT_THAT(DrawWave({0, 0}), Not(HasSubstr("nan")));
}

TEST(Strip, KeepsOrderOnItsAxis) {
  HtmlWriter w;
  WriteStrip(w, {.rate = 0.9, .interval = {0.85, 0.94}, .axis_low = 0.8, .mark = 0.88});
  const std::string svg = std::move(w).Finish();
  std::smatch range, point, mark;
  ASSERT_TRUE(std::regex_search(svg, range,
                                std::regex("class=\"range\" x1=\"([0-9.]+)%\" x2=\"([0-9.]+)%\"")));
  ASSERT_TRUE(std::regex_search(svg, point, std::regex("cx=\"([0-9.]+)%\"")));
  ASSERT_TRUE(std::regex_search(svg, mark, std::regex("class=\"limit\" x1=\"([0-9.]+)%\"")));
  EXPECT_LT(std::stod(range[1]), std::stod(mark[1]));
  EXPECT_LT(std::stod(mark[1]), std::stod(point[1]));
  EXPECT_LT(std::stod(point[1]), std::stod(range[2]));
  EXPECT_NEAR(std::stod(point[1]), 50, 1e-6);
}

}  // namespace
}  // namespace kinglet::report
