// One protocol of measuring: the same samples through the host executor and the emulated board,
// every byte compared, everything counted.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "src/base/bytes.h"
#include "src/base/result.h"
#include "src/bench/board_program.h"
#include "src/board/board.h"
#include "src/ir/graph.h"
#include "src/signal/pipeline.h"

namespace kinglet::bench {

// One operator of the model after the passes.
struct LayerResult {
  std::string name, kind;  // as in ir::Op and ir::OpKindName
  std::vector<int32_t> output_shape;
  int64_t macs = 0;
  uint64_t weights_bytes = 0;  // constants that no earlier layer has brought
  uint64_t instructions = 0;   // mean per inference
  uint64_t cycles = 0;         // estimated, mean per inference
  bool bit_identical = false;
};

// Field names are those of the JSON object (render.h).
struct BenchResult {
  std::string board, core;
  uint64_t samples = 0;
  std::optional<double> accuracy;  // of the emulated board; absent without labels
  bool bit_identical = false;      // every feature and output byte of every sample, host and board
  uint64_t instructions_dsp = 0;   // mean per inference, the whole window; 0 without a front end
  uint64_t instructions = 0;       // mean per inference, the model alone
  uint64_t cycles_dsp = 0;         // estimated, for instructions_dsp
  uint64_t cycles = 0;             // estimated, for instructions
  double cycles_error = 0;         // stated for the core's timing: a fraction either way
  uint64_t flash_bytes = 0;        // of the application image: code, constants, .data
  uint64_t ram_bytes = 0;          // .data, .bss (the arena among them) and stack_bytes
  uint64_t arena_bytes = 0;
  uint64_t stack_bytes = 0;  // high-water mark
  int64_t macs = 0;
  double estimated_latency_ms = 0;  // (cycles_dsp + cycles) / the board's clock
  std::optional<double>
      estimated_energy_uj;  // latency x the board's active power, when it is known
  uint64_t harness_flash_bytes =
      0;  // what measuring added to the image that ran; in no other figure
  std::vector<FlashPart> flash_parts;  // sums to flash_bytes
  std::vector<LayerResult> layers;     // when asked for
};

enum class Layers : uint8_t { kNo, kYes };

struct ModelBenchOptions {
  uint32_t sample_count = 8;  // uniformly random int8 inputs
  uint64_t seed = 1;
  Layers layers = Layers::kNo;  // also a run with the layer hook, which is not in the other figures
  compile::Goal goal = compile::Goal::kFlash;
};

// A model alone. Errors as BoardProgram.
Result<BenchResult> BenchModel(const ir::Graph& graph, const board::Board& board,
                               const ModelBenchOptions& options);

// One labelled raw window.
struct LabelledWindow {
  ByteView raw;
  uint32_t label = 0;  // index into the first output
};

// The deployed whole: raw windows through front end and model.
struct PipelineBench {
  BenchResult result;
  std::vector<BoardRun::Sample> board;  // what the board gave for each window
};
Result<PipelineBench> BenchPipeline(const ir::Graph& graph, const signal::Pipeline& pipeline,
                                    const board::Board& board,
                                    std::span<const LabelledWindow> windows, Layers layers);

// One inference from raw little-endian tensor bytes in the model's order, on the host or on the
// emulated board.
Result<std::vector<Bytes>> InvokeOnHost(const ir::Graph& graph,
                                        const std::vector<ByteView>& inputs);
Result<std::vector<Bytes>> InvokeOnBoard(const ir::Graph& graph, const board::Board& board,
                                         const std::vector<ByteView>& inputs);

}  // namespace kinglet::bench
