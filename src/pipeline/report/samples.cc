#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>

#include "src/pipeline/report/chart.h"
#include "src/pipeline/report/format.h"
#include "src/pipeline/report/picture.h"
#include "src/pipeline/report/sections.h"

namespace kinglet::report {
namespace {

void WriteImage(HtmlWriter& w, const Image& image, const std::string& alternative) {
  Element frame(w, "div", {{"class", "picture"}});
  w.Empty("img", {{"src", PngDataUri(image)}, {"alt", alternative}});
}

// "1.00 s, peak 12 % of full scale"
std::string DescribeAudio(const Audio& audio) {
  int peak = 0;
  for (const int16_t sample : audio.samples) peak = std::max(peak, std::abs(int{sample}));
  const double seconds = Ratio(audio.samples.size(), audio.rate_hz);
  return fmt::format("{} s, peak {} of full scale", Fixed(seconds, 2), Percent(peak / 32768.0, 0));
}

void WriteSample(HtmlWriter& w, const Sample& sample) {
  const bool wrong = sample.true_label != sample.predicted_label;
  Element item(w, "li");
  if (const Image* image = std::get_if<Image>(&sample.data)) {
    WriteImage(w, *image, "Sample of " + sample.true_label);
  }
  if (const Audio* audio = std::get_if<Audio>(&sample.data)) {
    WriteWaveform(w, *audio, "Waveform of " + sample.true_label);
  }
  {
    Element p(w, "p");
    w.Leaf("b", sample.true_label);
    if (wrong) {
      w.Text(" taken for ");
      w.Leaf("b", {{"class", "missed"}}, sample.predicted_label);
    } else {
      w.Text(" found");
    }
    w.Text(", ");
    w.Leaf("span", {{"class", "whole"}}, Percent(sample.confidence, 0) + " sure");
  }
  if (const Audio* audio = std::get_if<Audio>(&sample.data)) {
    w.Leaf("p", {{"class", "note"}}, DescribeAudio(*audio));
  }
  w.Leaf("p", {{"class", "note id"}}, sample.name);
}

}  // namespace

void WriteSamples(HtmlWriter& w, const ReportData& data) {
  Section section(w, "samples", "Hardest samples");
  if (data.samples.empty()) {
    WriteMissing(w, "No samples are kept yet.", "kinglet bench");
    return;
  }
  const size_t shown = std::min(data.samples.size(), kSamplesMax);
  w.Leaf("p", {{"class", "note"}},
         "Test samples on which the model is most wrong or least sure. Look here for wrong labels "
         "and bad recordings first.");
  const bool audio = std::holds_alternative<Audio>(data.samples.front().data);
  Element list(w, "ul", {{"class", audio ? "samples sounds" : "samples"}});
  for (size_t i = 0; i < shown; ++i) WriteSample(w, data.samples[i]);
}

}  // namespace kinglet::report
