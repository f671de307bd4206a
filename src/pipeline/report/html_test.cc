#include "src/pipeline/report/html.h"

#include <gtest/gtest.h>
#include <png.h>

#include "src/base/random.h"
#include "src/pipeline/report/format.h"
#include "src/pipeline/report/picture.h"

namespace kinglet::report {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

std::string Repeated(std::string_view text, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += text;
  return out;
}

TEST(CleanText, KeepsGoodUtf8) {
  for (const std::string text : {"plain", "Grün", "日本語", "🐦", "\xF4\x8F\xBF\xBD", "\xC2\xA0"}) {
    EXPECT_EQ(CleanText(text), text);
  }
}

TEST(CleanText, ReplacesEachBadByte) {
  struct Case {
    std::string_view bytes;
    size_t bad;
  };
  for (const Case& one : {Case{"\xFF", 1},
                          {"\x80", 1},
                          {"\xC3", 1},
                          {"\xC0\xAF", 2},
                          {"\xE0\x80\x80", 3},
                          {"\xED\xA0\x80", 3},
                          {"\xF5\x80\x80\x80", 4},
                          {"\xF0\x9F\x90", 3}}) {
    EXPECT_EQ(CleanText(one.bytes), Repeated(kReplacement, one.bad)) << one.bytes.size();
  }
  EXPECT_EQ(CleanText("\xC3(a"), std::string(kReplacement) + "(a");
}

TEST(CleanText, ReplacesControlsAndTurnsOfDirection) {
  EXPECT_EQ(CleanText(std::string_view("a\0b", 3)), "a" + std::string(kReplacement) + "b");
  EXPECT_EQ(CleanText("\n\x1B\x7F"), Repeated(kReplacement, 3));
  EXPECT_EQ(CleanText("\u202Egpj"), std::string(kReplacement) + "gpj");
  EXPECT_EQ(CleanText("\u2066"), kReplacement);
  EXPECT_EQ(CleanText("\uFFFE"), kReplacement);
}

TEST(CleanText, CutsBetweenCharacters) {
  EXPECT_EQ(CleanText("ééé", 2), "éé…");
  EXPECT_EQ(CleanText("ééé", 3), "ééé");
  EXPECT_EQ(CleanText(std::string(100000, 'x')).size(), kTextCharactersMax + 3);
}

TEST(HtmlWriter, EscapesTextAndAttributesAndLeavesOutEmptyOnes) {
  HtmlWriter w;
  w.Leaf("td", {{"title", "a\"b'c<d>&"}, {"class", ""}}, "<b> & \"'");
  EXPECT_EQ(std::move(w).Finish(),
            "<td title=\"a&quot;b&#39;c&lt;d&gt;&amp;\">&lt;b&gt; &amp; &quot;&#39;</td>\n");
}

TEST(HtmlWriterDeathTest, RefusesAPageWithAnOpenTag) {
  HtmlWriter w;
  w.Open("p");
  EXPECT_DEATH(std::move(w).Finish(), "open_");
}

TEST(Base64, MatchesTheVectorsOfRfc4648) {
  const std::pair<std::string_view, std::string_view> cases[] = {{"", ""},
                                                                 {"f", "Zg=="},
                                                                 {"fo", "Zm8="},
                                                                 {"foo", "Zm9v"},
                                                                 {"foob", "Zm9vYg=="},
                                                                 {"fooba", "Zm9vYmE="},
                                                                 {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : cases) EXPECT_EQ(Base64(AsBytes(plain)), coded);
}

Bytes FromBase64(std::string_view text) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Bytes out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = (bits << 6) | static_cast<uint32_t>(kDigits.find(c));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<uint8_t>(bits >> count));
  }
  return out;
}

Image Noise(uint32_t width, uint32_t height, uint32_t channels) {
  Image image{{}, width, height, channels};
  Random random(3);
  for (size_t i = 0; i < size_t{width} * height * channels; ++i) {
    image.pixels.push_back(static_cast<uint8_t>(random.Next()));
  }
  return image;
}

// The picture back from its URI.
Image Decoded(const std::string& uri, uint32_t channels) {
  constexpr std::string_view kPrefix = "data:image/png;base64,";
  EXPECT_TRUE(uri.starts_with(kPrefix));
  const Bytes png = FromBase64(std::string_view(uri).substr(kPrefix.size()));
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  EXPECT_NE(png_image_begin_read_from_memory(&header, png.data(), png.size()), 0);
  header.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  Image image{Bytes(PNG_IMAGE_SIZE(header)), header.width, header.height, channels};
  EXPECT_NE(png_image_finish_read(&header, nullptr, image.pixels.data(), 0, nullptr), 0);
  return image;
}

TEST(Png, GivesBackTheSamePixels) {
  for (const uint32_t channels : {1U, 3U}) {
    for (const uint32_t width : {1U, 28U, 160U}) {
      const Image image = Noise(width, 17, channels);
      const Image back = Decoded(PngDataUri(image), channels);
      EXPECT_EQ(back.width, width);
      EXPECT_EQ(back.height, 17U);
      EXPECT_EQ(back.pixels, image.pixels);
    }
  }
}

TEST(Png, ThinsOutLargePictures) {
  const Image image = Noise(161, 320, 3);
  const Image back = Decoded(PngDataUri(image), 3);
  EXPECT_EQ(back.width, 81U);
  EXPECT_EQ(back.height, 160U);
  const size_t row = size_t{161} * 3;
  EXPECT_EQ(back.pixels[3 * (81 * 5 + 7)], image.pixels[10 * row + 14 * 3]);
}

TEST(Format, ShowsValuesWithTheirUnits) {
  const std::string glue = "\xC2\xA0";
  EXPECT_EQ(Measure(0.89964, "fraction"), "89.96" + glue + "%");
  EXPECT_EQ(Measure(65536, "bytes"), "64.0 KiB");
  EXPECT_EQ(Measure(12.345, "ms"), "12.3" + glue + "ms");
  EXPECT_EQ(Measure(1234567, ""), "1,234,567");
  EXPECT_EQ(Measure(0.0002, ""), "0.0002");
  EXPECT_EQ(Measure(-1e300 * 1e300, "ms"), "–");
  EXPECT_EQ(Deviation(110, 100), "+10.0" + glue + "%");
  EXPECT_EQ(Deviation(90, 100), "−10.0" + glue + "%");
  EXPECT_EQ(Deviation(100, 100), "0.0" + glue + "%");
  EXPECT_EQ(Deviation(1, 0), "–");
  EXPECT_EQ(GlueUnits("at most 64 KiB"), "at most 64" + glue + "KiB");
  EXPECT_EQ(JoinWords({"a", "b", "c"}), "a, b and c");
}

}  // namespace
}  // namespace kinglet::report
