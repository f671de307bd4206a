#include "src/pipeline/run.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

namespace kinglet::pipeline {
namespace {

// Held while stages run; the system lets go of it when the process ends, however it ends.
class ProjectLock {
 public:
  static Result<ProjectLock> Take(const Workspace& workspace) {
    const std::string path = workspace.StoreFolder() + "/lock";
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return Fail(Code::kIo, "{}: {}", path, std::strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
      close(fd);
      return Fail(Code::kIo, "{}: another kinglet is at work in this project; wait for it", path);
    }
    return ProjectLock(fd);
  }
  ProjectLock(ProjectLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  ProjectLock& operator=(ProjectLock&&) = delete;
  ~ProjectLock() {
    if (fd_ >= 0) close(fd_);
  }

 private:
  explicit ProjectLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace

Result<RunResult> RunTo(Workspace& workspace, Goal goal, const StageObserver& observer) {
  KINGLET_TRY(const ProjectLock lock, ProjectLock::Take(workspace));
  RunResult run;
  // Runs one stage, keeps its artifact in `slot` and tells the observer.
  const auto step = [&](std::string_view word, std::optional<store::Artifact>& slot,
                        const std::function<Result<StageResult>()>& stage) -> Status {
    const auto start = std::chrono::steady_clock::now();
    KINGLET_TRY(StageResult result, stage());
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    observer(word, result, took.count());
    slot = std::move(result.artifact);
    return {};
  };

  if (goal == Goal::kPlan) {
    // Works before there is any data; with data the number of classes is known.
    KINGLET_TRY(const int classes, KnownClasses(workspace));
    KINGLET_CHECK(step("plan", run.plan, [&] { return MakePlanStage(workspace, classes); }));
    return run;
  }
  KINGLET_CHECK(step("data", run.dataset, [&] { return MakeDatasetVersion(workspace); }));
  if (goal == Goal::kData) return run;
  KINGLET_TRY(const int classes, KnownClasses(workspace));
  KINGLET_CHECK(step("plan", run.plan, [&] { return MakePlanStage(workspace, classes); }));
  KINGLET_CHECK(
      step("features", run.features, [&] { return MakeFeatures(workspace, *run.dataset); }));
  if (goal == Goal::kFeatures) return run;
  KINGLET_CHECK(step("train", run.training,
                     [&] { return MakeTraining(workspace, *run.features, *run.plan); }));
  KINGLET_CHECK(step("model", run.model, [&] { return MakeModel(workspace, *run.training); }));
  if (goal == Goal::kTrain) return run;
  KINGLET_CHECK(
      step("firmware", run.firmware, [&] { return MakeFirmware(workspace, *run.model); }));
  if (goal == Goal::kFirmware) return run;
  KINGLET_CHECK(step("bench", run.bench, [&] {
    return MakeBench(workspace,
                     {*run.dataset, *run.features, *run.training, *run.model, *run.firmware});
  }));
  if (goal == Goal::kBench) return run;
  KINGLET_CHECK(step("report", run.report, [&] {
    return MakeReport(workspace, {*run.dataset, *run.plan, *run.training, *run.bench});
  }));
  return run;
}

}  // namespace kinglet::pipeline
