#include <cctype>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "apps/kinglet/command_line.h"
#include "apps/kinglet/commands.h"
#include "src/base/files.h"
#include "src/pipeline/project.h"

namespace kinglet::apps {
namespace {

struct Options {
  std::string folder;
  std::string task;
  std::vector<std::string> data;
};

Result<int> New(const Options& options) {
  pipeline::Task task;
  if (options.task == "keyword") {
    task = pipeline::Task::kKeyword;
  } else if (options.task == "image") {
    task = pipeline::Task::kImage;
  } else {
    return Fail(Code::kInvalid, "template '{}': must be keyword or image", options.task);
  }
  std::string name = options.folder;
  while (name.ends_with('/')) name.pop_back();
  name = name.substr(name.rfind('/') + 1);
  const auto is_name = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; };
  if (name.empty() || name.size() > 64 ||
      std::find_if_not(name.begin(), name.end(), is_name) != name.end()) {
    return Fail(Code::kInvalid, "'{}' is not a project name: use letters, digits, - and _", name);
  }
  const std::string path = options.folder + "/kinglet.toml";
  if (FileExists(path)) {
    return Fail(Code::kInvalid, "{}: exists already; choose another name or edit it", path);
  }
  std::vector<std::string> sources = {"data"};
  if (!options.data.empty()) {
    sources.clear();
    for (const std::string& source : options.data) {
      if (!FileExists(source)) {
        return Fail(Code::kNotFound, "--data {}: does not exist", source);
      }
      sources.push_back(std::filesystem::absolute(source).string());
    }
  } else {
    KINGLET_CHECK(MakeFolders(options.folder + "/data"));
  }
  KINGLET_CHECK(WriteFileAtomic(path, pipeline::ProjectTemplate(task, name, sources)));
  std::printf(
      "%s\n\nNext: cd %s%s, then\n"
      "  kinglet plan      what fits the board, before any training\n"
      "  kinglet run       everything from the data to a verified firmware\n",
      path.c_str(), options.folder.c_str(),
      options.data.empty() ? ", put recordings in data/ (or set [data] sources)" : "");
  return 0;
}

}  // namespace

void AddNew(CommandLine& cli) {
  auto options = std::make_shared<Options>();
  Command& command = cli.Add("new", "Make a project: a folder with a commented kinglet.toml");
  command.Positional("NAME", &options->folder, "Folder to make; its last part names the project");
  command.Option("--template", &options->task, "image|keyword", "What the model is to do",
                 Command::Need::kRequired);
  command.Options("--data", &options->data, "PATH", "Recordings to use where they lie");
  command.Run([options] { return New(*options); });
}

}  // namespace kinglet::apps
