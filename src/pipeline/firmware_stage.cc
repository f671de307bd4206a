#include <nlohmann/json.hpp>

#include "src/base/files.h"
#include "src/bench/board_program.h"
#include "src/board/board.h"
#include "src/compile/generate.h"
#include "src/pipeline/records.h"
#include "src/pipeline/stages.h"
#include "src/signal/emit.h"
#include "src/tflite/read.h"

namespace kinglet::pipeline {
namespace {

using nlohmann::json;

json SizesJson(const bench::BoardProgram& program) {
  const emulate::Image& image = program.application();
  json parts = json::object();
  for (const bench::FlashPart& part : program.FlashParts()) parts[part.name] = part.bytes;
  return {{"flash_bytes", image.flash_bytes()},
          {"static_ram_bytes", image.static_ram_bytes()},
          {"weights_bytes", program.numbers().weights_bytes},
          {"arena_bytes", program.numbers().arena_bytes},
          {"macs", program.numbers().macs},
          {"flash_parts", parts}};
}

}  // namespace

Result<StageResult> MakeFirmware(Workspace& workspace, const store::Artifact& model) {
  const Project& project = workspace.project;
  KINGLET_TRY(const signal::Pipeline pipeline, signal::Pipeline::Make(project.SignalOptions()));
  KINGLET_TRY(const board::Board board, board::LoadBoard(project.board));
  // What is written, rather than the options: firmware also depends on those that features do not,
  // such as how often a window is taken.
  Hasher front_end;
  for (const signal::SourceFile& file : signal::EmitFrontEnd(pipeline).files) {
    front_end.AddField(file.text);
  }
  const json parameters = {{"board", board::CanonicalText(board)},
                           {"front_end", front_end.Finish().Hex()},
                           {"name", project.name}};
  const Stage stage{"firmware", "firmware", parameters.dump(), {model}};
  KINGLET_TRY(const StageResult result, RunStage(workspace, stage, [&]() -> Result<Bytes> {
                KINGLET_TRY(const Bytes bytes, workspace.store.GetBlob(model.content));
                KINGLET_TRY(const ir::Graph graph, tflite::ReadModel(bytes));
                KINGLET_TRY(const compile::CompiledModel compiled,
                            compile::Compile(graph, {.name = project.name,
                                                     .target = compile::TargetOf(board.core),
                                                     .front_end = &pipeline}));
                // Linking it for the board proves that it fits; the sizes are kept.
                KINGLET_TRY(const bench::BoardProgram program,
                            bench::BoardProgram::Build(graph, board, {.pipeline = &pipeline}));
                const json object = {{"files", compiled.files}, {"sizes", SizesJson(program)}};
                const std::string text =
                    object.dump(-1, ' ', false, json::error_handler_t::replace);
                return Bytes(text.begin(), text.end());
              }));
  KINGLET_TRY(const Bytes bytes, workspace.store.GetBlob(result.artifact.content));
  KINGLET_TRY(const FirmwareRecord record, ParseFirmwareRecord(bytes));
  KINGLET_CHECK(compile::WriteFolder(record.files, workspace.OutFolder() + "/firmware"));
  return result;
}

}  // namespace kinglet::pipeline
