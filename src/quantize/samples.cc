#include "src/quantize/samples.h"

#include <fmt/ranges.h>

#include <cmath>
#include <filesystem>

#include "src/base/files.h"
#include "src/data/npy.h"

namespace kinglet::quantize {
namespace {

constexpr uint64_t kFileBytesMax = uint64_t{1} << 30;
constexpr size_t kValuesMax = size_t{1} << 29;

// The shapes of [samples, input's shape...], with the input's own batch of 1 or without it.
bool ShapeFits(const std::vector<int64_t>& shape, const std::vector<int32_t>& input) {
  if (shape.empty()) return false;
  const auto rest_is = [&](size_t from) {
    return std::equal(shape.begin() + 1, shape.end(),
                      input.begin() + static_cast<std::ptrdiff_t>(from), input.end());
  };
  return rest_is(0) || (!input.empty() && input[0] == 1 && rest_is(1));
}

Result<std::vector<float>> ReadNpy(const Bytes& file, const ir::Tensor& input) {
  KINGLET_TRY(data::NpyArray array, data::ParseNpy(file));
  if (ShapeFits(array.shape, input.shape)) return std::move(array.values);
  return Fail(Code::kInvalid, "holds an array of shape [{}]: must be [samples,{}] for input '{}'",
              fmt::join(array.shape, ","), fmt::join(input.shape, ","), input.name);
}

Result<std::vector<float>> ReadRaw(const Bytes& file, const ir::Tensor& input) {
  const auto sample_bytes = static_cast<uint64_t>(input.ByteCount());
  if (file.size() % sample_bytes != 0) {
    return Fail(Code::kInvalid,
                "holds {} bytes: must be a multiple of {}, one sample of input '{}' as float32",
                file.size(), sample_bytes, input.name);
  }
  std::vector<float> values(file.size() / sizeof(float));
  if (!values.empty()) std::memcpy(values.data(), file.data(), file.size());
  return values;
}

Status AppendFile(const std::string& path, const ir::Tensor& input, std::vector<float>& values) {
  KINGLET_TRY(const Bytes file, ReadFile(path, kFileBytesMax));
  auto read = path.ends_with(".npy") ? ReadNpy(file, input) : ReadRaw(file, input);
  if (!read) return Within(path, std::move(read).error());
  for (size_t i = 0; i < read->size(); ++i) {
    if (std::isfinite((*read)[i])) continue;
    return Fail(Code::kInvalid, "{}: value {} is not finite", path, i);
  }
  if (read->size() > kValuesMax - values.size()) {
    return Fail(Code::kUnsupported, "{}: more than {} calibration values", path, kValuesMax);
  }
  values.insert(values.end(), read->begin(), read->end());
  return {};
}

Result<std::vector<float>> ReadPath(const std::string& path, const ir::Tensor& input) {
  std::vector<float> values;
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) {
    KINGLET_CHECK(AppendFile(path, input, values));
  } else {
    KINGLET_TRY(const std::vector<std::string> files, ListFiles(path));
    for (const std::string& file : files) {
      if (!file.ends_with(".npy") && !file.ends_with(".bin")) continue;
      KINGLET_CHECK(AppendFile(fmt::format("{}/{}", path, file), input, values));
    }
  }
  if (values.empty()) {
    return Fail(Code::kInvalid, "{}: no samples; needs .npy or raw float32 .bin files", path);
  }
  return values;
}

}  // namespace

std::vector<std::span<const float>> Samples::At(size_t index) const {
  std::vector<std::span<const float>> inputs;
  for (const std::vector<float>& all : values) {
    const size_t size = all.size() / count;
    inputs.push_back(std::span(all).subspan(index * size, size));
  }
  return inputs;
}

Result<Samples> ReadSamples(const ir::Graph& graph, const std::vector<std::string>& paths) {
  if (paths.size() != graph.inputs.size()) {
    return Fail(Code::kInvalid, "the model has {} input(s), {} --data were given: one for each",
                graph.inputs.size(), paths.size());
  }
  Samples samples;
  for (size_t i = 0; i < paths.size(); ++i) {
    const ir::Tensor& input = graph.tensor(graph.inputs[i]);
    KINGLET_TRY(std::vector<float> values, ReadPath(paths[i], input));
    const size_t count = values.size() / static_cast<size_t>(input.ElementCount());
    if (i > 0 && count != samples.count) {
      return Fail(Code::kInvalid, "{}: {} samples, {} has {}", paths[i], count, paths[0],
                  samples.count);
    }
    samples.count = count;
    samples.values.push_back(std::move(values));
  }
  return samples;
}

}  // namespace kinglet::quantize
