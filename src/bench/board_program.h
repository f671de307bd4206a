// A model, with or without the signal processing in front of it, as firmware for one board: built
// by the core's cross compiler, measured from the linked image, run on the emulated board.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "src/base/bytes.h"
#include "src/base/result.h"
#include "src/board/board.h"
#include "src/compile/generate.h"
#include "src/emulate/firmware.h"
#include "src/ir/graph.h"
#include "src/signal/pipeline.h"

namespace kinglet::bench {

// Counted work of a stretch of the run. Cycles are estimated: by the core's timing, and by what the
// board's flash makes data wait (board.h).
struct Work {
  uint64_t instructions = 0;
  double cycles = 0;
};

// What a run on the board gave, per sample in the order of the samples.
struct BoardRun {
  struct Sample {
    Bytes features;                      // with a front end
    std::vector<Bytes> outputs;          // in the graph's order
    std::vector<uint32_t> layer_hashes;  // with the layer hook: FNV-1a of each operator's outputs
    Work dsp;                            // front end, the whole window
    Work model;                          // with the layer hook also the hook's
    std::vector<Work> layers;            // with the layer hook
  };
  std::vector<Sample> samples;
  uint64_t stack_bytes = 0;  // the deepest the stack has been; no interrupts
};

// A part of the application's flash: "weights", "kernels", "dsp", "model" (code that calls the
// kernels), "libc", "start-up", "application", "gaps".
struct FlashPart {
  std::string name;
  uint64_t bytes = 0;
};

struct ProgramOptions {
  // What the board's input is: null for raw tensors, else raw windows of this pipeline, whose
  // features are the model's only input.
  const signal::Pipeline* pipeline = nullptr;
  bool layer_hook = false;
  optimize::Options passes{};  // as in compile::CompileOptions
  compile::Goal goal = compile::Goal::kFlash;
};

// One object is used by one thread.
class BoardProgram {
 public:
  // kOverBudget when the application does not fit the board; kInvalid when the pipeline's features
  // are not the model's input; else as compile::Compile and emulate::Firmware.
  static Result<BoardProgram> Build(const ir::Graph& graph, const board::Board& board,
                                    const ProgramOptions& options);

  // `samples`: per sample all bytes of the model's inputs in order, or of one raw window. kInvalid
  // when a length is wrong; else as emulate::Run. kOverBudget when the stack turns out not to fit
  // beside the rest.
  Result<BoardRun> Run(std::span<const ByteView> samples) const;

  // The image without anything that is there for measuring; its sizes are what the board must hold.
  const emulate::Image& application() const { return application_; }
  const compile::ModelNumbers& numbers() const { return numbers_; }
  // The model after the passes, whose layers run on the board.
  const ir::Graph& graph() const { return graph_; }
  // What the measuring needs beside the application; no part of any figure.
  uint64_t harness_flash_bytes() const { return bench_.flash_bytes() - application_.flash_bytes(); }
  std::vector<FlashPart> FlashParts() const;

 private:
  BoardProgram(board::Board board, emulate::Firmware firmware);
  Result<BoardRun> SplitOutput(ByteView output, size_t sample_count) const;

  board::Board board_;
  emulate::Firmware firmware_;
  emulate::Image application_, bench_;
  compile::ModelNumbers numbers_;
  ir::Graph graph_;
  bool layer_hook_ = false;
  size_t sample_bytes_ = 0, feature_bytes_ = 0;
  std::vector<size_t> output_bytes_;
};

}  // namespace kinglet::bench
