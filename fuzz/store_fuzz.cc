// Artifacts as they are read back from the store: the JSON of the stages' results with the report
// that is made from them, feature sets, and pages of the data catalogue. The first byte of the
// input picks the parser.
#include "fuzz/fuzz.h"
#include "src/data/catalog.h"
#include "src/pipeline/feature_set.h"
#include "src/pipeline/records.h"
#include "src/pipeline/report_results.h"

namespace kinglet::fuzz {
namespace {

enum Parser : uint8_t { kPlan, kTraining, kBench, kFirmware, kFeatures, kCatalog, kParsers };

constexpr std::string_view kPlanText = R"({"model": "cnn-4x1", "flash": {"predicted": 50000,
"worst": 60000, "limit": 65536, "unit": "bytes", "lines": {"weights": {"predicted": 9, "worst": 9},
"kernels": {"predicted": 8, "worst": 9}}}, "ram": {"predicted": 5, "limit": null, "lines": {"arena":
{"predicted": 3}}}, "latency": {"predicted": 1.5, "limit": 20, "unit": "ms"}})";

constexpr std::string_view kTrainingText = R"({"model": "cnn-4x1", "model_content":
"bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319", "weights": 1234,
"accuracy_float": 0.75, "test_correct_float": 3, "history": [{"phase": "float", "epoch": 1,
"learning_rate": 0.004, "loss": 1.25, "train_accuracy": 0.5, "validation_accuracy": 0.5}, {"phase":
"int8", "epoch": 2, "loss": 0.5}]})";

constexpr std::string_view kBenchText = R"({"model": "cnn-4x1", "machine": "mps2-an386", "accuracy":
0.5, "accuracy_emulated": 0.5, "samples": 4, "correct": 2, "correct_float": 3, "emulated_samples": 2,
"features_identical": 2, "outputs_identical": 2, "bit_identical": true, "estimated_latency_ms": 1.25,
"flash_bytes": 50000, "ram_bytes": 9000, "arena_bytes": 4000, "stack_bytes": 300, "flash_parts":
{"weights": 9, "libc": 3}, "labels": ["no", "yes"], "confusion": [[1, 1], [1, 1]], "layers": [{"name":
"stem", "kind": "conv_2d", "output_shape": "8x8x4", "macs": 900, "weights_bytes": 60, "instructions":
7000}], "worst_samples": [{"content":
"bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319", "label": 1, "predicted": 0,
"confidence": 0.9}]})";

constexpr std::string_view kFirmwareText = R"({"files": {"model.cc": "int x;\n",
"device/dsp/fft.h": ""}, "sizes": {"flash_bytes": 9, "static_ram_bytes": 8}})";

pipeline::FeatureSet Features() {
  pipeline::FeatureSet set;
  set.shape = {2, 2, 1};
  set.quantization = {0.25F, -4};
  set.classes = {"no", "yes"};
  for (pipeline::FeatureSplit* split : {&set.train, &set.test}) {
    split->sample_count = 2;
    split->copies = 2;
    split->labels = {0, 1};
    split->contents.resize(2);
    split->features.resize(size_t{2} * 2 * 4, 5);
  }
  return set;
}

std::string Catalog() {
  data::CatalogPage page;
  page.previous = HashBytes(AsBytes("the page before"));
  data::Recording recording;
  recording.name = "clips/yes/1.wav";
  recording.label = "yes";
  page.recordings = {recording};
  page.rejected = {{"clips/no/2.wav", "truncated\tor not"}};
  return data::FormatCatalogPage(page);
}

// The report of one result from the input and the others as they should be.
void Report(Parser parser, ByteView json) {
  const auto pick = [&](Parser own, std::string_view sound) {
    return parser == own ? json : AsBytes(sound);
  };
  const auto plan = pipeline::ParsePlanRecord(pick(kPlan, kPlanText));
  const auto training = pipeline::ParseTrainingRecord(pick(kTraining, kTrainingText));
  const auto bench = pipeline::ParseBenchRecord(pick(kBench, kBenchText));
  if (!plan || !training || !bench) return;
  report::ReportData data;
  data.project = "bird";
  pipeline::AddResults({.accuracy_min = 0.5,
                        .flash_bytes_max = 65536,
                        .ram_bytes_max = 65536,
                        .latency_ms_max = 100},
                       *plan, *training, *bench, data);
  KINGLET_ASSERT(report::RenderReport(data).ends_with("</html>\n"));
}

void ReadFeatures(ByteView bytes) {
  const auto set = pipeline::ParseFeatureSet(bytes);
  if (!set) return;
  KINGLET_ASSERT(pipeline::Serialize(*set) == Bytes(bytes.begin(), bytes.end()));
  const train::Dataset data = pipeline::ToDataset(*set, set->train);
  KINGLET_ASSERT(data.features.size() == data.labels.size() * data.shape.size());
}

void ReadCatalog(std::string_view text) {
  const auto page = data::ParseCatalogPage(text);
  if (!page) return;
  const std::string written = data::FormatCatalogPage(*page);
  KINGLET_ASSERT(data::FormatCatalogPage(data::ParseCatalogPage(written).value()) == written);
}

}  // namespace

std::vector<Bytes> Seeds() {
  KINGLET_ASSERT(pipeline::ParseBenchRecord(AsBytes(kBenchText)).has_value());
  return {WithPick(kPlan, AsBytes(kPlanText)),
          WithPick(kTraining, AsBytes(kTrainingText)),
          WithPick(kBench, AsBytes(kBenchText)),
          WithPick(kFirmware, AsBytes(kFirmwareText)),
          WithPick(kFeatures, pipeline::Serialize(Features())),
          WithPick(kCatalog, AsBytes(Catalog()))};
}

}  // namespace kinglet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kinglet;
  if (size == 0) return 0;
  const auto parser = static_cast<fuzz::Parser>(data[0] % fuzz::kParsers);
  const ByteView bytes(data + 1, size - 1);
  switch (parser) {
    case fuzz::kFirmware:
      (void)pipeline::ParseFirmwareRecord(bytes);
      break;
    case fuzz::kFeatures:
      fuzz::ReadFeatures(bytes);
      break;
    case fuzz::kCatalog:
      fuzz::ReadCatalog(AsText(bytes));
      break;
    default:
      fuzz::Report(parser, bytes);
  }
  return 0;
}
