#include <nlohmann/json.hpp>

#include "src/base/files.h"
#include "src/bench/board_program.h"
#include "src/board/board.h"
#include "src/compile/generate.h"
#include "src/pipeline/stages.h"
#include "src/signal/emit.h"
#include "src/tflite/read.h"

namespace kinglet::pipeline {
namespace {

using nlohmann::json;

// The generated folder: model, front end and the device sources of both.
Result<compile::FileTexts> FirmwareFiles(const Project& project, const ir::Graph& graph,
                                         const signal::Pipeline& pipeline) {
  KINGLET_TRY(compile::CompiledModel model, compile::Compile(graph, {.name = project.name}));
  compile::FileTexts files = std::move(model.files);
  const signal::FrontEnd front_end = signal::EmitFrontEnd(pipeline);
  for (const signal::SourceFile& file : front_end.files) files[file.path] = file.text;
  KINGLET_TRY(const compile::FileTexts sources,
              compile::ReadDeviceSources(front_end.device_sources));
  files.insert(sources.begin(), sources.end());
  return files;
}

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
  const json parameters = {{"board", board::CanonicalText(board)},
                           {"signal", signal::CanonicalText(project.SignalOptions())},
                           {"name", project.name}};
  const Stage stage{"firmware", "firmware", parameters.dump(), {model}};
  KINGLET_TRY(const StageResult result, RunStage(workspace, stage, [&]() -> Result<Bytes> {
                KINGLET_TRY(const Bytes bytes, workspace.store.GetBlob(model.content));
                KINGLET_TRY(const ir::Graph graph, tflite::ReadModel(bytes));
                KINGLET_TRY(const auto files, FirmwareFiles(project, graph, pipeline));
                // Linking it for the board proves that it fits; the sizes are kept.
                KINGLET_TRY(const bench::BoardProgram program,
                            bench::BoardProgram::Build(graph, board, {.pipeline = &pipeline}));
                const json object = {{"files", files}, {"sizes", SizesJson(program)}};
                const std::string text =
                    object.dump(-1, ' ', false, json::error_handler_t::replace);
                return Bytes(text.begin(), text.end());
              }));
  KINGLET_TRY(const Bytes bytes, workspace.store.GetBlob(result.artifact.content));
  const json object = json::parse(bytes, nullptr, false);
  if (!object.is_object() || !object["files"].is_object()) {
    return Fail(Code::kInvalid, "the firmware in the store is damaged; run 'kinglet run' again");
  }
  KINGLET_CHECK(compile::WriteFolder(object["files"].get<compile::FileTexts>(),
                                     workspace.OutFolder() + "/firmware"));
  return result;
}

}  // namespace kinglet::pipeline
