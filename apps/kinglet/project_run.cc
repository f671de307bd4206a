#include "apps/kinglet/project_run.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "src/base/progress.h"

namespace kinglet::apps {
namespace {

using nlohmann::json;

// One line of the table of requirements; `limit` below or equal to 0 is not asked.
void PrintRow(const char* name, const std::string& measured, const std::string& asked, bool met,
              bool is_asked) {
  std::printf("  %-10s %14s   %-22s %s\n", name, measured.c_str(), is_asked ? asked.c_str() : "",
              !is_asked ? ""
              : met     ? "met"
                        : "MISSED");
}

}  // namespace

std::string Percent(double fraction) { return fmt::format("{:.2f} %", 100 * fraction); }

std::string JsonText(const json& object) {
  return object.dump(2, ' ', false, json::error_handler_t::replace);
}

// Prints results against requirements; true when all are met.
bool PrintResults(const pipeline::Project& project, const json& bench) {
  const pipeline::Project::Requirements& asked = project.requirements;
  const double accuracy = bench.value("accuracy", 0.0);
  const auto flash = bench.value("flash_bytes", uint64_t{0});
  const auto ram = bench.value("ram_bytes", uint64_t{0});
  const double latency = bench.value("estimated_latency_ms", 0.0);
  const bool identical = bench.value("bit_identical", false);
  std::printf("\n%s on %s\n", bench.value("model", "").c_str(), project.board.c_str());
  const bool accurate = accuracy >= asked.accuracy_min;
  const bool small = asked.flash_bytes_max == 0 || flash <= asked.flash_bytes_max;
  const bool lean = asked.ram_bytes_max == 0 || ram <= asked.ram_bytes_max;
  const bool quick = asked.latency_ms_max <= 0 || latency <= asked.latency_ms_max;
  PrintRow("accuracy", Percent(accuracy), "at least " + Percent(asked.accuracy_min), accurate,
           asked.accuracy_min > 0);
  PrintRow("flash", FormatBytes(flash), "at most " + FormatBytes(asked.flash_bytes_max), small,
           asked.flash_bytes_max > 0);
  PrintRow("ram", FormatBytes(ram), "at most " + FormatBytes(asked.ram_bytes_max), lean,
           asked.ram_bytes_max > 0);
  PrintRow("latency", fmt::format("about {:.1f} ms", latency),
           fmt::format("at most {:g} ms", asked.latency_ms_max), quick, asked.latency_ms_max > 0);
  std::printf("  %-10s %14s   on %s test recordings; the same network in float: %s\n", "", "",
              FormatCount(bench.value("samples", uint64_t{0})).c_str(),
              Percent(bench.value("accuracy_float", 0.0)).c_str());
  std::printf("  %-10s %14s   %s of %s features and outputs equal on the emulated board\n",
              "identical", identical ? "yes" : "NO", identical ? "all" : "not all",
              FormatCount(bench.value("emulated_samples", uint64_t{0})).c_str());
  return accurate && small && lean && quick && identical;
}

Result<pipeline::RunResult> RunProject(pipeline::Workspace& workspace, pipeline::Goal goal) {
  return pipeline::RunTo(
      workspace, goal, [](std::string_view stage, bool up_to_date, double seconds) {
        const std::string what = up_to_date ? "up to date" : "done in " + FormatDuration(seconds);
        std::fprintf(stderr, "%-9s %s\n", std::string(stage).c_str(), what.c_str());
      });
}

Result<nlohmann::json> LoadJson(const pipeline::Workspace& workspace,
                                const store::Artifact& artifact) {
  KINGLET_TRY(const Bytes bytes, workspace.store.GetBlob(artifact.content));
  nlohmann::json object = nlohmann::json::parse(bytes, nullptr, false);
  if (!object.is_object()) {
    return Fail(Code::kInvalid, "{} in the store is damaged; run 'kinglet run' again",
                artifact.name);
  }
  return object;
}

}  // namespace kinglet::apps
