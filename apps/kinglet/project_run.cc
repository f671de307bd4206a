#include "apps/kinglet/project_run.h"

#include <cstdio>

#include "apps/kinglet/build_version.h"
#include "src/base/progress.h"

namespace kinglet::apps {
namespace {

struct Met {
  bool accuracy = false, flash = false, ram = false, latency = false;
};

// What is not asked is met.
Met Compare(const pipeline::Project::Requirements& asked, const pipeline::BenchRecord& bench) {
  return {
      bench.accuracy >= asked.accuracy_min,
      asked.flash_bytes_max == 0 || bench.flash_bytes <= asked.flash_bytes_max,
      asked.ram_bytes_max == 0 || bench.ram_bytes <= asked.ram_bytes_max,
      asked.latency_ms_max <= 0 || bench.estimated_latency_ms <= asked.latency_ms_max,
  };
}

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

bool MeetsRequirements(const pipeline::Project& project, const pipeline::BenchRecord& bench) {
  const Met met = Compare(project.requirements, bench);
  return met.accuracy && met.flash && met.ram && met.latency && bench.bit_identical;
}

void PrintResults(const pipeline::Project& project, const pipeline::BenchRecord& bench) {
  const pipeline::Project::Requirements& asked = project.requirements;
  const Met met = Compare(asked, bench);
  std::printf("\n%s on %s\n", bench.model.c_str(), project.board.c_str());
  PrintRow("accuracy", Percent(bench.accuracy), "at least " + Percent(asked.accuracy_min),
           met.accuracy, asked.accuracy_min > 0);
  PrintRow("flash", FormatBytes(bench.flash_bytes), "at most " + FormatBytes(asked.flash_bytes_max),
           met.flash, asked.flash_bytes_max > 0);
  PrintRow("ram", FormatBytes(bench.ram_bytes), "at most " + FormatBytes(asked.ram_bytes_max),
           met.ram, asked.ram_bytes_max > 0);
  PrintRow("latency", fmt::format("about {:.1f} ms", bench.estimated_latency_ms),
           fmt::format("at most {:g} ms", asked.latency_ms_max), met.latency,
           asked.latency_ms_max > 0);
  std::printf("  %-10s %14s   on %s test recordings; the same network in float: %s\n", "", "",
              FormatCount(bench.samples).c_str(), Percent(bench.accuracy_float).c_str());
  std::printf("  %-10s %14s   %s of %s features and outputs equal on the emulated board\n",
              "identical", bench.bit_identical ? "yes" : "NO",
              bench.bit_identical ? "all" : "not all", FormatCount(bench.emulated_samples).c_str());
}

Result<pipeline::Workspace> OpenProject(const std::string& folder) {
  return pipeline::OpenWorkspace(folder, kBuildVersion);
}

Result<pipeline::RunResult> RunProject(pipeline::Workspace& workspace, pipeline::Goal goal) {
  return pipeline::RunTo(
      workspace, goal,
      [&workspace](std::string_view stage, const pipeline::StageResult& result, double seconds) {
        std::string what = "done in " + FormatDuration(seconds);
        if (result.up_to_date) {
          what = "up to date";
          const std::string& made_by = result.artifact.made_by;
          if (made_by != workspace.build) what += ", made by kinglet " + made_by;
        }
        std::fprintf(stderr, "%-9s %s\n", std::string(stage).c_str(), what.c_str());
      });
}

}  // namespace kinglet::apps
