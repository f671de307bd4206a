#include "src/emulate/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace kinglet::emulate {
namespace {

using Clock = std::chrono::steady_clock;

void LimitSelf(int resource, uint64_t value) {
  const rlimit limit{value, value};
  setrlimit(static_cast<__rlimit_resource>(resource), &limit);
}

// Between fork and exec: only calls that are safe there. `report_fd` carries errno to the parent
// when exec fails.
[[noreturn]] void BecomeProgram(char* const* arguments, char* const* environment,
                                const ProcessOptions& options, int output_fd, int report_fd,
                                pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  LimitSelf(RLIMIT_CORE, 0);
  LimitSelf(RLIMIT_FSIZE, options.file_bytes_max);
  signal(SIGXFSZ, SIG_IGN);  // beyond the limit a write fails, which programs can tell
  const int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(null_fd, STDIN_FILENO);
  dup2(output_fd, STDOUT_FILENO);
  dup2(output_fd, STDERR_FILENO);
  if (options.folder.empty() || chdir(options.folder.c_str()) == 0) {
    execvpe(arguments[0], arguments, environment);
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t written = write(report_fd, &error, sizeof error);
  _exit(127);
}

// Our environment, with TMPDIR set to `folder` unless that is empty.
std::vector<std::string> Environment(const std::string& folder) {
  constexpr std::string_view kName = "TMPDIR=";
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (folder.empty() || !std::string_view(*entry).starts_with(kName)) {
      environment.emplace_back(*entry);
    }
  }
  if (!folder.empty()) environment.push_back(fmt::format("{}{}", kName, folder));
  return environment;
}

// What exec takes: pointers into `texts`, ended by a null.
std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Reads until the program closes its output or the time is up; true when it closed it.
bool ReadText(int fd, Clock::time_point deadline, size_t bytes_max, std::string& text) {
  char buffer[4096];
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd wait{fd, POLLIN, 0};
    const int ready = poll(&wait, 1, static_cast<int>(std::min<int64_t>(left, 60'000)));
    if (ready <= 0) continue;
    const ssize_t count = read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return true;
    const size_t room = bytes_max - text.size();
    text.append(buffer, std::min(room, static_cast<size_t>(count)));
  }
}

// A program may close its output and go on running, so the deadline holds here too.
int WaitForEnd(pid_t pid, Clock::time_point deadline, bool& timed_out) {
  int status = 0;
  for (;;) {
    const pid_t ended = waitpid(pid, &status, timed_out ? 0 : WNOHANG);
    if (ended == pid) return status;
    if (ended < 0 && errno != EINTR) return status;
    if (ended != 0) continue;
    if (Clock::now() >= deadline) {
      timed_out = true;
      kill(pid, SIGKILL);
    } else {
      usleep(1000);
    }
  }
}

}  // namespace

Result<ProcessOutput> RunProcess(const std::vector<std::string>& arguments,
                                 const ProcessOptions& options) {
  KINGLET_ASSERT(!arguments.empty());
  std::vector<std::string> words = arguments;
  std::vector<std::string> variables = Environment(options.folder);
  const std::vector<char*> word_pointers = Pointers(words);
  const std::vector<char*> variable_pointers = Pointers(variables);
  int output[2];
  int report[2];
  if (pipe2(output, O_CLOEXEC) != 0) return Fail(Code::kIo, "pipe: {}", std::strerror(errno));
  if (pipe2(report, O_CLOEXEC) != 0) {
    const int error = errno;
    close(output[0]);
    close(output[1]);
    return Fail(Code::kIo, "pipe: {}", std::strerror(error));
  }
  const pid_t self = getpid();
  const pid_t pid = fork();
  if (pid == 0) {
    BecomeProgram(word_pointers.data(), variable_pointers.data(), options, output[1], report[1],
                  self);
  }
  const int fork_error = errno;
  close(output[1]);
  close(report[1]);

  ProcessOutput result;
  int exec_error = 0;
  bool started = false;
  if (pid > 0) {
    started = read(report[0], &exec_error, sizeof exec_error) != sizeof exec_error;
    const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                             std::chrono::duration<double>(options.seconds_max));
    if (started && !ReadText(output[0], deadline, options.text_bytes_max, result.text)) {
      result.timed_out = true;
      kill(pid, SIGKILL);
    }
    const int status = WaitForEnd(pid, deadline, result.timed_out);
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }
  close(output[0]);
  close(report[0]);
  if (pid < 0) return Fail(Code::kIo, "{}: {}", arguments[0], std::strerror(fork_error));
  if (!started) {
    return Fail(exec_error == ENOENT ? Code::kNotFound : Code::kIo, "{}: {}", arguments[0],
                exec_error == ENOENT ? "is not installed" : std::strerror(exec_error));
  }
  return result;
}

}  // namespace kinglet::emulate
