#include "src/train/metrics.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <optional>

#include "src/ir/execute.h"
#include "src/train/evaluate.h"

namespace kinglet::train {
namespace {

constexpr int32_t kBatch = 64;

Status CheckClassifier(const ir::Graph& graph, const Dataset& data) {
  KINGLET_CHECK(data.Check("evaluation data"));
  if (graph.inputs.size() != 1 || graph.outputs.size() != 1) {
    return Fail(Code::kInvalid, "{}: {} inputs and {} outputs; a classifier has one of each",
                graph.name, graph.inputs.size(), graph.outputs.size());
  }
  const ir::Tensor& in = graph.tensor(graph.inputs[0]);
  const ir::Tensor& out = graph.tensor(graph.outputs[0]);
  if (in.type != ir::DataType::kInt8 || in.ElementCount() != data.shape.size()) {
    return Fail(Code::kInvalid, "{}: input '{}' holds {} {}; the data have {} int8 values a sample",
                graph.name, in.name, in.ElementCount(), ir::DataTypeName(in.type),
                data.shape.size());
  }
  if (out.type != ir::DataType::kInt8 || out.ElementCount() != data.classes ||
      !out.quantization.present()) {
    return Fail(Code::kInvalid, "{}: output '{}' holds {} {}; the data have {} classes", graph.name,
                out.name, out.ElementCount(), ir::DataTypeName(out.type), data.classes);
  }
  return {};
}

// One sample's scores.
struct Scored {
  int32_t predicted = 0;
  float confidence = 0;
  double label_probability = 0;
};

Scored Score(const ir::Tensor& out, ByteView bytes, int32_t label) {
  const auto value = [&](size_t c) {
    const int32_t q = static_cast<int8_t>(bytes[c]);
    return out.quantization.scales[0] * static_cast<float>(q - out.quantization.zero_points[0]);
  };
  Scored scored;
  for (size_t c = 1; c < bytes.size(); ++c) {
    if (value(c) > value(static_cast<size_t>(scored.predicted))) {
      scored.predicted = static_cast<int32_t>(c);
    }
  }
  scored.confidence = value(static_cast<size_t>(scored.predicted));
  scored.label_probability = value(static_cast<size_t>(label));
  return scored;
}

}  // namespace

int64_t Evaluation::correct() const {
  int64_t sum = 0;
  for (int32_t c = 0; c < classes; ++c) sum += confusion[static_cast<size_t>(c) * (classes + 1)];
  return sum;
}

double Evaluation::accuracy() const {
  return count() == 0 ? 0 : static_cast<double>(correct()) / static_cast<double>(count());
}

Interval Evaluation::accuracy_interval() const {
  return WilsonInterval(static_cast<uint64_t>(correct()), static_cast<uint64_t>(count()));
}

double Evaluation::recall(int32_t label) const {
  int64_t samples = 0;
  const auto row = static_cast<size_t>(label) * classes;
  for (int32_t c = 0; c < classes; ++c) samples += confusion[row + c];
  return samples == 0 ? 0
                      : static_cast<double>(confusion[row + label]) / static_cast<double>(samples);
}

double Evaluation::balanced_accuracy() const {
  double sum = 0;
  int32_t seen = 0;
  for (int32_t label = 0; label < classes; ++label) {
    const auto row = confusion.begin() + static_cast<ptrdiff_t>(label) * classes;
    if (std::all_of(row, row + classes, [](int64_t n) { return n == 0; })) continue;
    sum += recall(label);
    ++seen;
  }
  return seen == 0 ? 0 : sum / seen;
}

Evaluation EvaluateFloat(const Network& network, const Dataset& data, int threads) {
  ThreadPool pool(threads);
  Engine engine(network.architecture, kBatch, pool);
  return Evaluate(engine, kBatch, {.network = &network}, data, pool);
}

Result<Evaluation> EvaluateInt8(const QuantizedNetwork& quantized, const Dataset& data,
                                int threads) {
  KINGLET_TRY(const Int8Plan plan, MakeInt8Plan(quantized));
  ThreadPool pool(threads);
  Engine engine(quantized.network.architecture, kBatch, pool);
  return Evaluate(engine, kBatch, {.plan = &plan}, data, pool);
}

Result<Evaluation> EvaluateGraph(const ir::Graph& graph, const Dataset& data, int threads) {
  KINGLET_CHECK(CheckClassifier(graph, data));
  ThreadPool pool(threads);
  std::vector<Scored> scores(static_cast<size_t>(data.count()));
  std::mutex mutex;
  std::optional<Error> error;
  // Each task takes a stretch of the samples with an executor of its own.
  const int64_t tasks = std::min<int64_t>(data.count(), 4 * int64_t{pool.threads()});
  pool.Run(static_cast<int32_t>(tasks), [&](int32_t task) {
    const auto run = [&]() -> Status {
      KINGLET_TRY(ir::Executor executor, ir::Executor::Make(graph));
      const ir::Tensor& out = graph.tensor(graph.outputs[0]);
      for (int64_t i = data.count() * task / tasks; i < data.count() * (task + 1) / tasks; ++i) {
        const std::span<const int8_t> sample = data.Sample(i);
        const ByteView input(reinterpret_cast<const uint8_t*>(sample.data()), sample.size());
        KINGLET_TRY(const std::vector<Bytes> outputs, executor.Run({input}));
        const auto at = static_cast<size_t>(i);
        scores[at] = Score(out, outputs[0], data.labels[at]);
      }
      return {};
    };
    const Status status = run();
    const std::lock_guard lock(mutex);
    if (!status && !error) error = status.error();
  });
  if (error) return tl::unexpected(std::move(*error));

  Evaluation evaluation;
  evaluation.classes = data.classes;
  evaluation.confusion.assign(static_cast<size_t>(data.classes) * data.classes, 0);
  for (size_t i = 0; i < scores.size(); ++i) {
    // A probability that the output's grid rounds to 0 counts as half a step.
    const double floor = graph.tensor(graph.outputs[0]).quantization.scales[0] / 2;
    evaluation.loss -= std::log(std::max(scores[i].label_probability, floor));
    evaluation.predicted.push_back(scores[i].predicted);
    evaluation.confidence.push_back(scores[i].confidence);
    const auto row = static_cast<size_t>(data.labels[i]) * data.classes;
    ++evaluation.confusion[row + scores[i].predicted];
  }
  evaluation.loss /= static_cast<double>(data.count());
  return evaluation;
}

}  // namespace kinglet::train
