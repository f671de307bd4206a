#include "src/pipeline/report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>
#include <regex>

#include "src/base/random.h"
#include "src/pipeline/report/html.h"
#include "src/pipeline/report/page_check.h"
#include "src/pipeline/report/sections.h"
#include "src/pipeline/report/style.h"

namespace kinglet::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A report with every part filled.
ReportData FullData() {
  ReportData data;
  data.project = "wardrobe";
  data.board = "ST NUCLEO-L476RG";
  data.model = "cnn, 4 blocks";
  data.created = "2025-06-14 10:32 UTC";
  data.tool_version = "0.1.0";
  data.requirements = {{"accuracy", "at least 90 %", 0.91, 0.93, "fraction", Outcome::kMet},
                       {"flash", "at most 64 KiB", 60000.0, 61000.0, "bytes", Outcome::kMet}};
  data.accuracy_min = 0.9;
  data.float_host = Score{270, 287};
  data.int8_host = Score{267, 287};
  data.int8_emulated = Score{93, 100};
  data.identity = BitIdentity{"mps2-an386 in QEMU", 100, 100, 100};
  data.labels = {"coat", "shirt", "bag"};
  data.confusion = {90, 8, 2, 5, 81, 1, 3, 1, 96};
  Image image{{}, 28, 28, 1};
  image.pixels.resize(28 * 28, 77);
  data.samples = {
      {"test/1.png", "coat", "shirt", 0.93, image},
      {"test/2.wav", "bag", "bag", 0.41, Audio{std::vector<int16_t>(16000, 1000), 16000}},
      {"test/3", "bag", "coat", 0.5, std::monostate{}}};
  for (uint32_t epoch = 1; epoch <= 20; ++epoch) {
    data.history.push_back({epoch > 15 ? "int8" : "float", epoch, 1.0 / epoch, 0.9, 0.88, 0.001});
  }
  data.budgets = {{"Flash", 65536, {{"weights", 40000, 40000}, {"kernels", 20000, 21000}}},
                  {"RAM", 32768, {{"arena", 20000, {}}, {"stack", 2000, {}}}}};
  data.layers = {{"conv_1", "conv_2d", "14x14x16", 112896, 208, 1730112},
                 {"softmax", "softmax", "3", 0, 0, 2100}};
  data.dataset = {"b41f09e27c55",
                  {"train", "test"},
                  {{"coat", {900, 100}}, {"shirt", {800, 87}}, {"bag", {910, 100}}},
                  {{Severity::kWarning, "3 recordings clip"}}};
  data.lineage = {{"cccc", "firmware", "board", "10:05", {"bbbb", "gone"}},
                  {"aaaa", "dataset", "data", "10:00", {}},
                  {"bbbb", "model", "model.tflite", "10:03", {"aaaa"}}};
  data.commands = {"kinglet run", "kinglet report"};
  return data;
}

void ExpectSound(const std::string& page) {
  for (const std::string& breach : Breaches(page)) ADD_FAILURE() << breach;
  for (const std::string& load : Loads(page)) ADD_FAILURE() << "loads " << load;
  EXPECT_THAT(page, Not(HasSubstr("nan")));
}

TEST(Report, TheCheckerSeesWhatIsBroken) {
  const std::string start = "<!DOCTYPE html>\n";
  EXPECT_TRUE(Breaches(start + "<p class=\"a\">x<br /></p>").empty());
  for (const std::string bad :
       {"<p>", "<p></b>", "</p>", "<p a=b></p>", "<p onclick=\"x\"></p>", "<p>a & b</p>",
        "<p>a > b</p>", "<p a=\"1\" a=\"2\"></p>", "<p id=\"a\"></p><p id=\"a\"></p>",
        "<a href=\"#none\"></a>", "<p"}) {
    EXPECT_FALSE(Breaches(start + bad).empty()) << bad;
  }
  EXPECT_FALSE(Loads("<img src=\"//x.org/a\">").empty());
  EXPECT_FALSE(Loads("<style>a{background:url(x)}</style>").empty());
}

TEST(Report, IsWellFormedAndLoadsNothing) {
  const std::string page = RenderReport(FullData());
  ExpectSound(page);
  for (const std::string_view part : {"requirements", "accuracy", "samples", "training", "memory",
                                      "layers", "data", "lineage", "again"}) {
    EXPECT_THAT(page, HasSubstr("<section id=\"" + std::string(part) + "\""));
  }
  EXPECT_THAT(page, Not(HasSubstr("fills this part")));
}

TEST(Report, TheSameDataGivesTheSameBytes) {
  EXPECT_EQ(RenderReport(FullData()), RenderReport(FullData()));
}

TEST(Report, MissingPartsNameTheCommandThatFillsThem) {
  ReportData data;
  data.project = "empty";
  const std::string page = RenderReport(data);
  ExpectSound(page);
  EXPECT_THAT(page, HasSubstr("No requirements are set, so there is no verdict."));
  for (const std::string_view command : {"kinglet bench", "kinglet train", "kinglet plan",
                                         "kinglet deploy", "kinglet data import"}) {
    EXPECT_THAT(page, HasSubstr(">" + std::string(command) + "</code> fills this part."));
  }
}

TEST(Report, EachPartMayBeMissingAlone) {
  const auto without = [](auto change) {
    ReportData data = FullData();
    change(data);
    ExpectSound(RenderReport(data));
  };
  without([](ReportData& d) { d.requirements.clear(); });
  without([](ReportData& d) { d.accuracy_min.reset(); });
  without([](ReportData& d) { d.float_host.reset(); });
  without([](ReportData& d) { d.int8_host = Score{0, 0}; });
  without([](ReportData& d) { d.identity.reset(); });
  without([](ReportData& d) { d.confusion.clear(); });
  without([](ReportData& d) { d.confusion.assign(9, 0); });
  without([](ReportData& d) { d.samples.clear(); });
  without([](ReportData& d) { d.history.resize(1); });
  without([](ReportData& d) { d.budgets.clear(); });
  without([](ReportData& d) { d.budgets[0] = {"Flash", 0, {}}; });
  without([](ReportData& d) { d.layers[0].instructions.reset(); });
  without([](ReportData& d) { d.dataset.findings.clear(); });
  without([](ReportData& d) { d.lineage.clear(); });
  without([](ReportData& d) { d.commands.clear(); });
}

TEST(Report, DivergedTrainingIsShownAsGaps) {
  ReportData data = FullData();
  data.history[3].loss = std::nan("");
  data.history[4].loss = HUGE_VAL;
  data.history[5].learning_rate = 0;
  for (Epoch& epoch : data.history) epoch.train_accuracy.reset();
  ExpectSound(RenderReport(data));
}

// Puts `text` wherever text from outside goes.
ReportData HostileData(const std::string& text) {
  ReportData data = FullData();
  data.project = data.board = data.model = data.created = data.tool_version = data.dataset.version =
      text;
  data.labels = {text, text + "2", "bag"};
  data.identity->machine = text;
  for (Requirement& one : data.requirements) one.name = one.required = one.unit = text;
  data.requirements[0].outcome = Outcome::kMissed;
  for (Sample& one : data.samples) one.name = one.true_label = one.predicted_label = text;
  data.samples[0].predicted_label = "other";
  for (Epoch& one : data.history) one.phase = text;
  for (Layer& one : data.layers) one.name = one.kind = one.output_shape = text;
  for (Budget& one : data.budgets) one.name = one.parts[0].name = text;
  data.dataset.splits = {text, text};
  for (Dataset::Class& one : data.dataset.classes) one.label = text;
  data.dataset.findings[0].text = text;
  for (LineageNode& one : data.lineage) one.id = one.kind = one.name = one.created = text;
  data.lineage[0].inputs = {text};
  data.commands = {text};
  return data;
}

TEST(Report, HostileTextStaysText) {
  for (const std::string text :
       {"<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)",
        "</title></style></svg>", "<!--", "]]>", "&lt;b&gt;", "&#60;", "{}{0}%s%n", "a\nb\tc"}) {
    const std::string page = RenderReport(HostileData(text));
    for (const std::string& breach : Breaches(page)) ADD_FAILURE() << text << ": " << breach;
    EXPECT_TRUE(Loads(page).empty()) << text;
  }
}

TEST(Report, BytesThatAreNotTextAreReplacedAndLongTextIsCut) {
  const std::string page = RenderReport(HostileData("\xFF\xC3"));
  ExpectSound(page);
  EXPECT_EQ(page.find('\xFF'), std::string::npos);
  const std::string long_page = RenderReport(HostileData(std::string(1 << 20, 'w')));
  ExpectSound(long_page);
  EXPECT_LT(long_page.size(), 100000U);
}

TEST(Report, StaysSmallHoweverMuchThereIs) {
  ReportData data = FullData();
  Random random(1);
  Image photo{{}, 640, 480, 3};
  for (int i = 0; i < 640 * 480 * 3; ++i)
    photo.pixels.push_back(static_cast<uint8_t>(random.Next()));
  data.samples.assign(60, {"photo", "coat", "bag", 0.9, photo});
  data.history.resize(5000, {"float", 1, 0.5, 0.9, 0.9, 0.001});
  data.layers.resize(5000, {"conv", "conv_2d", "1x1x1", 1, 1, 1});
  data.lineage.resize(3000, {"x", "model", "m", "now", {}});
  data.dataset.findings.resize(5000, {Severity::kNote, "note"});
  const std::string page = RenderReport(data);
  ExpectSound(page);
  EXPECT_LT(page.size(), 3U << 20);
  size_t pictures = 0;
  for (size_t at = page.find("<img"); at != std::string::npos; at = page.find("<img", at + 1))
    ++pictures;
  EXPECT_EQ(pictures, kSamplesMax);
  EXPECT_THAT(page, HasSubstr("4,750 more layers"));
  EXPECT_THAT(page, HasSubstr("and 4950 more"));
}

// The numbers of the matrix's cells, row by row, with the sums.
std::vector<std::vector<uint64_t>> MatrixOf(const std::string& page) {
  const size_t from = page.find("<table class=\"matrix\">");
  const std::string table = page.substr(from, page.find("</table>", from) - from);
  static const std::regex cell("<td[^>]*>([0-9,]+)</td>");
  std::vector<std::vector<uint64_t>> rows;
  size_t at = table.find("<tbody>");
  for (size_t next = table.find("<tr", at); next != std::string::npos;
       next = table.find("<tr", next + 1)) {
    const std::string row = table.substr(next, table.find("</tr>", next) - next);
    rows.emplace_back();
    for (std::sregex_iterator i(row.begin(), row.end(), cell), end; i != end; ++i) {
      std::string digits = (*i)[1];
      std::erase(digits, ',');
      rows.back().push_back(std::stoull(digits));
    }
  }
  return rows;
}

TEST(Report, TheConfusionMatrixAddsUp) {
  ReportData data = FullData();
  data.confusion[0] = 12345;
  const std::vector<std::vector<uint64_t>> rows = MatrixOf(RenderReport(data));
  ASSERT_EQ(rows.size(), 4U);
  uint64_t all = 0;
  for (size_t t = 0; t < 3; ++t) {
    ASSERT_EQ(rows[t].size(), 4U);
    for (size_t p = 0; p < 3; ++p) EXPECT_EQ(rows[t][p], data.confusion[3 * t + p]);
    EXPECT_EQ(rows[t][3], rows[t][0] + rows[t][1] + rows[t][2]);
    all += rows[t][3];
  }
  for (size_t p = 0; p < 3; ++p) EXPECT_EQ(rows[3][p], rows[0][p] + rows[1][p] + rows[2][p]);
  EXPECT_EQ(rows[3][3], all);
}

TEST(Report, RecallAndPrecisionComeFromTheMatrix) {
  const std::string page = RenderReport(FullData());
  // bag: 96 of 100 found; 99 answers of bag, 96 right. Intervals by Wilson.
  EXPECT_THAT(
      page,
      HasSubstr(
          "<th scope=\"row\">bag</th>\n<td class=\"n\">100</td>\n<td class=\"n\">96.0\u00A0%</td>\n"
          "<td class=\"n\">90.2–98.4\u00A0%</td>"));
  EXPECT_THAT(page,
              HasSubstr("<td class=\"n\">97.0\u00A0%</td>\n<td class=\"n\">91.5–99.0\u00A0%</td>"));
  EXPECT_THAT(page, HasSubstr("<b>coat</b> taken for <b>shirt</b>, 8 of 100"));
}

TEST(Report, ManyClassesLeaveOutTheMatrixButNotTheClasses) {
  ReportData data = FullData();
  data.labels.clear();
  for (int i = 0; i < 100; ++i) data.labels.push_back("class " + std::to_string(i));
  data.confusion.assign(10000, 1);
  const std::string page = RenderReport(data);
  ExpectSound(page);
  EXPECT_THAT(page, Not(HasSubstr("class=\"matrix\"")));
  EXPECT_THAT(page, HasSubstr("class 99"));
  EXPECT_LT(page.size(), 1U << 20);
}

TEST(Verdict, SaysInOneSentenceWhetherTheRequirementsAreMet) {
  const Requirement met{"RAM", "at most 64 KiB", 1.0, 1.0, "bytes", Outcome::kMet};
  const Requirement missed{"flash", "at most 1.0 KiB", {}, 2048.0, "bytes", Outcome::kMissed};
  const Requirement hopeless{"latency", "at most 5 ms", 9.0, {}, "ms", Outcome::kMissed};
  const Requirement open{"accuracy", "at least 90 %", {}, {}, "fraction", Outcome::kNotMeasured};
  EXPECT_EQ(Verdict({met}), "Meets its one requirement.");
  EXPECT_EQ(Verdict({met, met}), "Meets all 2 requirements.");
  EXPECT_EQ(Verdict({met, open}),
            "Meets the 1 requirement measured so far; not measured yet: accuracy.");
  EXPECT_EQ(Verdict({open}), "Not measured yet: accuracy.");
  EXPECT_EQ(Verdict({met, missed, open}),
            "Misses 1 of 3 requirements: flash (measured 2.0 KiB, required at most 1.0 KiB).");
  EXPECT_EQ(Verdict({missed, hopeless}),
            "Misses 2 of 2 requirements: flash (measured 2.0 KiB, required at most 1.0 KiB) and "
            "latency (predicted 9.00\u00A0ms, required at most 5 ms).");
  EXPECT_THAT(Verdict(std::vector<Requirement>(6, missed)), HasSubstr(" and 3 more."));
}

TEST(Report, OneDifferentSampleIsNotBitIdentical) {
  ReportData data = FullData();
  EXPECT_THAT(RenderReport(data), HasSubstr(">Bit-identical. <"));
  data.identity->outputs_equal = 99;
  const std::string page = RenderReport(data);
  EXPECT_THAT(page, HasSubstr(">Not bit-identical. <"));
  EXPECT_THAT(page, HasSubstr("on the outputs of 99"));
}

TEST(Report, LineageIsListedFromItsSources) {
  const std::string page = RenderReport(FullData());
  const size_t data = page.find("<code>aaaa</code></th>"),
               model = page.find("<code>bbbb</code></th>"),
               firmware = page.find("<code>cccc</code></th>");
  EXPECT_LT(data, model);
  EXPECT_LT(model, firmware);
  EXPECT_NE(firmware, std::string::npos);
  EXPECT_THAT(page, HasSubstr("<code>gone</code>"));
  ReportData circle = FullData();
  circle.lineage[1].inputs = {"cccc", "aaaa"};
  ExpectSound(RenderReport(circle));
}

// WCAG 2.1's relative luminance of an sRGB colour.
double Luminance(const std::array<double, 3>& rgb) {
  std::array<double, 3> linear{};
  for (size_t i = 0; i < 3; ++i) {
    const double c = rgb[i] / 255;
    linear[i] = c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  }
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

double Contrast(const std::array<double, 3>& a, const std::array<double, 3>& b) {
  const double la = Luminance(a), lb = Luminance(b);
  return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

// The colours of one :root rule.
std::map<std::string, std::array<double, 3>> Palette(const std::string& css) {
  std::map<std::string, std::array<double, 3>> colours;
  static const std::regex hex_colour("--([a-z0-9]+):#([0-9a-f]+)"),
      triple("--([a-z]+):([0-9]+) ([0-9]+) ([0-9]+)");
  for (std::sregex_iterator i(css.begin(), css.end(), hex_colour), end; i != end; ++i) {
    std::string hex = (*i)[2];
    if (hex.size() == 3) hex = {hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]};
    for (size_t c = 0; c < 3; ++c)
      colours[(*i)[1]][c] = std::stoi(hex.substr(2 * c, 2), nullptr, 16);
  }
  for (std::sregex_iterator i(css.begin(), css.end(), triple), end; i != end; ++i) {
    for (size_t c = 0; c < 3; ++c) colours[(*i)[1]][c] = std::stod((*i)[c + 2]);
  }
  return colours;
}

TEST(Style, TextAndMarksKeepTheContrastOfWcagAa) {
  const std::string css(StyleSheet());
  const size_t dark = css.find("@media (prefers-color-scheme:dark)");
  for (const std::string& rule :
       {css.substr(0, dark), css.substr(dark, css.find("}}", dark) - dark)}) {
    std::map<std::string, std::array<double, 3>> colours = Palette(rule);
    ASSERT_GE(colours.size(), 19U);
    for (const std::string ground : {"ground", "raised"}) {
      for (const std::string text : {"ink", "soft", "moss", "gold", "brick", "slate"}) {
        EXPECT_GE(Contrast(colours[text], colours[ground]), 4.5) << text << " on " << ground;
      }
      for (int i = 0; i < 8; ++i) {
        const std::string mark = "s" + std::to_string(i);
        EXPECT_GE(Contrast(colours[mark], colours[ground]), 3) << mark << " on " << ground;
      }
    }
    // The deepest shade of the confusion matrix.
    for (const std::string mixed : {"hit", "slip"}) {
      std::array<double, 3> cell{};
      for (size_t c = 0; c < 3; ++c)
        cell[c] = 0.62 * colours[mixed][c] + 0.38 * colours["ground"][c];
      EXPECT_GE(Contrast(colours["ink"], cell), 4.5) << mixed;
    }
  }
}

}  // namespace
}  // namespace kinglet::report
