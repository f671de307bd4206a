#include <cstdio>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/kinglet/command_line.h"
#include "apps/kinglet/commands.h"
#include "src/pipeline/workspace.h"

namespace kinglet::apps {
namespace {

using store::Artifact;

struct Options {
  std::string artifact;
  std::string folder = ".";
  bool json = false;
};

// When it was made, and by which build.
std::string OriginText(const Artifact& artifact) {
  const std::time_t seconds = artifact.created_unix_s;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &utc);
  return artifact.made_by.empty() ? text : fmt::format("{}, kinglet {}", text, artifact.made_by);
}

using Step = Result<std::vector<Artifact>> (store::Store::*)(const Digest&) const;

// Walks one way from `artifact`, depth first; an artifact reached twice is printed once in full.
Status PrintTree(const store::Store& store, const Artifact& artifact, Step step, int depth,
                 std::set<Digest>& seen) {
  KINGLET_TRY(const std::vector<Artifact> next, (store.*step)(artifact.id));
  for (const Artifact& other : next) {
    const bool again = !seen.insert(other.id).second;
    std::printf("%*s%s  %-9s %s  %s%s\n", 2 * depth, "", other.id.Short().c_str(),
                other.kind.c_str(), other.name.c_str(), OriginText(other).c_str(),
                again ? "  (shown above)" : "");
    if (!again) KINGLET_CHECK(PrintTree(store, other, step, depth + 1, seen));
  }
  if (next.empty() && depth == 1) std::printf("  nothing\n");
  return {};
}

Status Collect(const store::Store& store, const Artifact& artifact, Step step,
               std::set<Digest>& seen, nlohmann::json& out) {
  KINGLET_TRY(const std::vector<Artifact> next, (store.*step)(artifact.id));
  for (const Artifact& other : next) {
    if (!seen.insert(other.id).second) continue;
    nlohmann::json inputs = nlohmann::json::array();
    for (const Digest& input : other.inputs) inputs.push_back(input.Hex());
    out.push_back({{"id", other.id.Hex()},
                   {"kind", other.kind},
                   {"name", other.name},
                   {"created_unix_s", other.created_unix_s},
                   {"made_by", other.made_by},
                   {"content", other.content.Hex()},
                   {"inputs", inputs}});
    KINGLET_CHECK(Collect(store, other, step, seen, out));
  }
  return {};
}

Result<int> Lineage(const Options& options) {
  KINGLET_TRY(const pipeline::Workspace workspace,
              pipeline::OpenWorkspaceToRead(options.folder, "kinglet run"));
  const store::Store& store = workspace.store;
  KINGLET_TRY(const Artifact artifact, store.Find(options.artifact));
  std::set<Digest> up{artifact.id};
  std::set<Digest> down{artifact.id};
  if (options.json) {
    nlohmann::json inputs = nlohmann::json::array();
    nlohmann::json users = nlohmann::json::array();
    KINGLET_CHECK(Collect(store, artifact, &store::Store::Inputs, up, inputs));
    KINGLET_CHECK(Collect(store, artifact, &store::Store::Users, down, users));
    const nlohmann::json object = {{"id", artifact.id.Hex()},
                                   {"kind", artifact.kind},
                                   {"name", artifact.name},
                                   {"created_unix_s", artifact.created_unix_s},
                                   {"made_by", artifact.made_by},
                                   {"content", artifact.content.Hex()},
                                   {"parameters", artifact.parameters},
                                   {"made_from", inputs},
                                   {"used_for", users}};
    std::printf("%s\n",
                object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
    return 0;
  }
  std::printf("%s  %s %s  %s\n", artifact.id.Short().c_str(), artifact.kind.c_str(),
              artifact.name.c_str(), OriginText(artifact).c_str());
  if (!artifact.parameters.empty()) std::printf("with  %s\n", artifact.parameters.c_str());
  std::printf("\nmade from\n");
  KINGLET_CHECK(PrintTree(store, artifact, &store::Store::Inputs, 1, up));
  std::printf("\nused for\n");
  KINGLET_CHECK(PrintTree(store, artifact, &store::Store::Users, 1, down));
  return 0;
}

}  // namespace

void AddLineage(CommandLine& cli) {
  auto options = std::make_shared<Options>();
  Command& command =
      cli.Add("lineage", "What an artifact was made from, and what was made from it");
  command.Positional("ARTIFACT", &options->artifact,
                     "Its id (the first 4 or more digits) or name, e.g. model.tflite");
  command.Option("--project", &options->folder, "DIR", "Folder of kinglet.toml");
  command.Flag("--json", &options->json, "Print one JSON object");
  command.Run([options] { return Lineage(*options); });
}

}  // namespace kinglet::apps
