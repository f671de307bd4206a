// The MLPerf Tiny keyword model quantised with real speech, compared with its float original on
// speakers that the calibration did not hear, beside the int8 model that its authors made of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "src/base/files.h"
#include "src/data/csv.h"
#include "src/data/decode.h"
#include "src/ir/float_execute.h"
#include "src/quantize/compare.h"
#include "src/quantize/quantize.h"
#include "src/tflite/read.h"
#include "src/tflite/write.h"
#include "tests/quantize/keyword_features.h"
#include "tests/support/shared_data.h"

namespace kinglet {
namespace {

// In the order of the model's outputs; only some of them are in the recordings.
constexpr std::string_view kClasses[] = {"down",  "go",   "left", "no",  "off",     "on",
                                         "right", "stop", "up",   "yes", "silence", "unknown"};

struct Clips {
  quantize::Samples samples{0, {{}}};
  std::vector<size_t> labels;
};

// Speakers whose name begins with a digit calibrate, the others are held out.
struct Speech {
  Clips calibration, held_out;
};

Speech ReadSpeech(const std::string& folder) {
  const data::CsvTable table =
      data::ParseCsv(ReadTextFile(folder + "/manifest.csv").value(), "manifest.csv").value();
  Speech speech;
  for (const auto& row : table.rows) {
    const std::string &path = row[0], &label = row[1], &speaker = row[3];
    const auto place = std::ranges::find(kClasses, label);
    if (place == std::end(kClasses)) continue;
    // Silence has no speaker.
    const char first = speaker.empty() ? path[path.size() - 5] : speaker[0];
    Clips& clips = first <= '9' ? speech.calibration : speech.held_out;
    const data::Audio audio = data::DecodeWav(ReadFile(folder + "/" + path).value()).value();
    const std::vector<float> features = testing::KeywordFeatures(audio.samples);
    std::vector<float>& values = clips.samples.values[0];
    values.insert(values.end(), features.begin(), features.end());
    ++clips.samples.count;
    clips.labels.push_back(static_cast<size_t>(place - std::begin(kClasses)));
  }
  return speech;
}

double Accuracy(const ir::Graph& graph, const Clips& clips) {
  ir::FloatExecutor executor = ir::FloatExecutor::Make(graph).value();
  size_t right = 0;
  for (size_t i = 0; i < clips.samples.count; ++i) {
    const std::vector<float> scores = executor.Run(clips.samples.At(i))[0];
    const auto largest = std::ranges::max_element(scores) - scores.begin();
    right += static_cast<size_t>(largest) == clips.labels[i] ? 1 : 0;
  }
  return static_cast<double>(right) / static_cast<double>(clips.samples.count);
}

struct Quality {
  double sqnr_db = 0, agreement = 0;
};

Quality Report(std::string_view name, const ir::Graph& floats, const ir::Graph& int8,
               const quantize::Samples& samples) {
  const quantize::Comparison comparison =
      quantize::Compare(floats, int8, samples, Progress::Show::kNever).value();
  const quantize::OutputDifference& output = comparison.outputs[0];
  const Quality quality = {
      output.difference.sqnr_db().value(),
      static_cast<double>(output.rows_agreeing) / static_cast<double>(output.rows)};
  std::printf("%-12s scores %.2f dB, same class %.2f %% of %zu", std::string(name).c_str(),
              quality.sqnr_db, 100 * quality.agreement, output.rows);
  for (const quantize::LayerDifference& layer : comparison.layers) {
    if (layer.kind == "fully_connected") {
      std::printf(", logits %.2f dB", layer.difference.sqnr_db().value());
    }
  }
  std::printf("\n");
  return quality;
}

TEST(QuantizeSpeech, IsAsGoodAsTheGivenInt8Model) {
  KINGLET_SHARED_OR_SKIP(float_path, "models/kws_ref_model_float32.tflite");
  KINGLET_SHARED_OR_SKIP(twin_path, "models/kws_ref_model.tflite");
  KINGLET_SHARED_OR_SKIP(recordings, "data/speech_commands");
  const ir::Graph floats = tflite::ReadFloatModelFile(float_path).value();
  const Speech speech = ReadSpeech(recordings);
  std::printf("calibration %zu clips, held out %zu\n", speech.calibration.samples.count,
              speech.held_out.samples.count);
  // That the features are those the model was trained with.
  const double accuracy = Accuracy(floats, speech.held_out);
  std::printf("float accuracy %.4f\n", accuracy);
  EXPECT_GT(accuracy, 0.85);

  const ir::Graph twin = tflite::ReadModelFile(twin_path).value();
  const Quality given = Report("given int8", floats, twin, speech.held_out.samples);
  for (const quantize::RangeMethod method :
       {quantize::RangeMethod::kMinMax, quantize::RangeMethod::kPercentile,
        quantize::RangeMethod::kMse}) {
    const auto int8 = quantize::Quantize(floats, speech.calibration.samples,
                                         {.ranges = method, .progress = Progress::Show::kNever});
    ASSERT_TRUE(int8.has_value()) << int8.error().message;
    const Quality ours =
        Report(quantize::RangeMethodName(method), floats, *int8, speech.held_out.samples);
    EXPECT_GT(ours.agreement, given.agreement - 0.005);
    EXPECT_GT(ours.sqnr_db, given.sqnr_db - 0.5);
  }
}

}  // namespace
}  // namespace kinglet
