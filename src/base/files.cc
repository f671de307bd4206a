#include "src/base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace kinglet {
namespace {

namespace fs = std::filesystem;

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

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
  static std::atomic<uint64_t> serial{0};
  const std::string temporary = fmt::format("{}.tmp.{}.{}", path, getpid(), serial++);
  Status written;
  {
    const FileDescriptor fd(
        open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (fd.get() < 0) return Fail(Code::kIo, "{}: {}", path, std::strerror(errno));
    written = WriteAll(fd.get(), bytes);
  }
  if (written && rename(temporary.c_str(), path.c_str()) != 0) {
    written = Fail(Code::kIo, "{}", std::strerror(errno));
  }
  if (!written) {
    unlink(temporary.c_str());
    return Within(path, written.error());
  }
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

Result<TemporaryFolder> TemporaryFolder::Make(std::string_view prefix) {
  std::string pattern = (fs::temp_directory_path() / fmt::format("{}XXXXXX", prefix)).string();
  if (mkdtemp(pattern.data()) == nullptr) {
    return Fail(Code::kIo, "{}: {}", pattern, std::strerror(errno));
  }
  return TemporaryFolder(std::move(pattern));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace kinglet
