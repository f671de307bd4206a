#include "src/base/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace kinglet {
namespace {

namespace fs = std::filesystem;

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.Release()) {}
  FileDescriptor& operator=(FileDescriptor&&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

Status WriteAll(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Fail(Code::kIo, "{}", std::strerror(errno));
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  if (fsync(fd) != 0) return Fail(Code::kIo, "{}", std::strerror(errno));
  return {};
}

// Temporary files and folders are locked while they are in use. The system lets go of a lock when
// the process ends, however it ends: what can be locked by somebody else was abandoned.
constexpr int kLockAttempts = 100;
constexpr std::string_view kTemporaryMark = ".tmp.";

bool IsAbandoned(int fd) { return fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0; }

// Locks what was just made at `path`. False when another process took it for abandoned in between
// and removes it. Where the file system knows no locks, nothing is ever taken for abandoned.
bool LockOwn(int fd, const std::string& path) {
  if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return false;
  return FileExists(path);
}

// "x.tmp.PID.SERIAL"
std::string TemporaryName(const std::string& path) {
  static std::atomic<uint64_t> serial{0};
  return fmt::format("{}{}{}.{}", path, kTemporaryMark, getpid(), serial++);
}

bool IsTemporaryName(std::string_view name) {
  const size_t mark = name.rfind(kTemporaryMark);
  return mark != std::string_view::npos && mark + kTemporaryMark.size() < name.size() &&
         name.find_first_not_of("0123456789.", mark + kTemporaryMark.size()) ==
             std::string_view::npos;
}

Result<FileDescriptor> OpenTemporary(const std::string& path) {
  for (int attempt = 0; attempt < kLockAttempts; ++attempt) {
    FileDescriptor fd(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (fd.get() < 0) return Fail(Code::kIo, "{}", std::strerror(errno));
    if (LockOwn(fd.get(), path)) return fd;
  }
  return Fail(Code::kIo, "another process keeps {} locked", path);
}

// Writes `bytes` to a file beside `path` and gives it that name.
Status WriteAndRename(const std::string& path, ByteView bytes) {
  const std::string temporary = TemporaryName(path);
  KINGLET_TRY(const FileDescriptor fd, OpenTemporary(temporary));
  Status written = WriteAll(fd.get(), bytes);
  if (written && rename(temporary.c_str(), path.c_str()) != 0) {
    written = Fail(Code::kIo, "{}", std::strerror(errno));
  }
  if (!written) unlink(temporary.c_str());
  return written;
}

// Folders in the system's temporary folder whose process was killed.
void RemoveAbandonedFolders(const fs::path& parent, std::string_view prefix, size_t name_length) {
  std::error_code error;
  fs::directory_iterator it(parent, error);
  for (const fs::directory_iterator end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.size() != name_length || !name.starts_with(prefix)) continue;
    const FileDescriptor fd(
        open(it->path().c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat info {};
    if (fd.get() < 0 || fstat(fd.get(), &info) != 0 || info.st_uid != geteuid()) continue;
    std::error_code ignored;
    if (IsAbandoned(fd.get())) fs::remove_all(it->path(), ignored);
  }
}

}  // namespace

Result<Bytes> ReadFile(const std::string& path, uint64_t bytes_max) {
  const FileDescriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) {
    return Fail(errno == ENOENT ? Code::kNotFound : Code::kIo, "{}: {}", path,
                std::strerror(errno));
  }
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) return Fail(Code::kIo, "{}: {}", path, std::strerror(errno));
  if (!S_ISREG(info.st_mode)) return Fail(Code::kInvalid, "{}: is not a regular file", path);
  const auto size = static_cast<uint64_t>(info.st_size);
  if (size > bytes_max) {
    return Fail(Code::kInvalid, "{}: {} bytes, at most {} are read", path, size, bytes_max);
  }
  Bytes bytes(size);
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = read(fd.get(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Fail(Code::kIo, "{}: {}", path, std::strerror(errno));
    if (count == 0) break;
    done += static_cast<size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

Result<std::string> ReadTextFile(const std::string& path, uint64_t bytes_max) {
  KINGLET_TRY(const Bytes bytes, ReadFile(path, bytes_max));
  return std::string(AsText(bytes));
}

Status WriteFileAtomic(const std::string& path, ByteView bytes) {
  const fs::path target(path);
  if (target.has_parent_path()) KINGLET_CHECK(MakeFolders(target.parent_path().string()));
  if (auto written = WriteAndRename(path, bytes); !written) return Within(path, written.error());
  // The new name is safe from a power cut only once its folder is on the disk too.
  const std::string folder = target.has_parent_path() ? target.parent_path().string() : ".";
  const FileDescriptor fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || fsync(fd.get()) != 0) {
    return Fail(Code::kIo, "{}: {}", folder, std::strerror(errno));
  }
  return {};
}

Result<std::vector<std::string>> ListFiles(const std::string& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return Fail(Code::kNotFound, "{}: is not a folder", folder);
  }
  std::vector<std::string> files;
  fs::recursive_directory_iterator it(folder, error);
  for (const fs::recursive_directory_iterator end; !error && it != end; it.increment(error)) {
    if (it->path().filename().string().starts_with('.')) {
      if (it->is_directory(error)) it.disable_recursion_pending();
      continue;
    }
    if (it->is_regular_file(error)) files.push_back(fs::relative(it->path(), folder).string());
  }
  if (error) return Fail(Code::kIo, "{}: {}", folder, error.message());
  std::sort(files.begin(), files.end());
  return files;
}

Status MakeFolders(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return Fail(Code::kIo, "{}: {}", path, error.message());
  return {};
}

bool FileExists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

Status RemoveFile(const std::string& path) {
  if (unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return Fail(Code::kIo, "{}: {}", path, std::strerror(errno));
}

void RemoveAbandonedFiles(const std::string& folder) {
  std::error_code error;
  fs::recursive_directory_iterator it(folder, error);
  for (const fs::recursive_directory_iterator end; !error && it != end; it.increment(error)) {
    if (!IsTemporaryName(it->path().filename().string())) continue;
    const FileDescriptor fd(open(it->path().c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (IsAbandoned(fd.get())) unlink(it->path().c_str());
  }
}

Result<TemporaryFolder> TemporaryFolder::Make(std::string_view prefix) {
  KINGLET_ASSERT(prefix.starts_with("kinglet-"));
  std::error_code error;
  const fs::path parent = fs::temp_directory_path(error);
  if (error) return Fail(Code::kIo, "{}: {}; TMPDIR names it", parent.string(), error.message());
  const std::string name = fmt::format("{}XXXXXX", prefix);
  RemoveAbandonedFolders(parent, prefix, name.size());
  for (int attempt = 0; attempt < kLockAttempts; ++attempt) {
    std::string path = (parent / name).string();
    if (mkdtemp(path.data()) == nullptr) {
      return Fail(Code::kIo, "{}: {}", path, std::strerror(errno));
    }
    FileDescriptor lock(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (lock.get() < 0 && errno != ENOENT) {
      return Fail(Code::kIo, "{}: {}", path, std::strerror(errno));
    }
    if (lock.get() >= 0 && LockOwn(lock.get(), path)) {
      return TemporaryFolder(std::move(path), lock.Release());
    }
  }
  return Fail(Code::kIo, "{}: other processes keep removing it", (parent / name).string());
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
  if (lock_fd_ >= 0) close(lock_fd_);
}

}  // namespace kinglet
