// Whole files in and out. Writes are atomic: a reader sees the old bytes or the new ones, also
// after kill -9 or a full disk.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/bytes.h"
#include "src/base/result.h"

namespace kinglet {

// Errors name the path. kInvalid if the file is longer than `bytes_max`.
Result<Bytes> ReadFile(const std::string& path, uint64_t bytes_max = uint64_t{1} << 32);
Result<std::string> ReadTextFile(const std::string& path, uint64_t bytes_max = uint64_t{1} << 26);

// Writes beside `path`, syncs, renames over it. Creates missing parent folders. kIo when the disk
// is full; then nothing changed.
Status WriteFileAtomic(const std::string& path, ByteView bytes);
inline Status WriteFileAtomic(const std::string& path, std::string_view text) {
  return WriteFileAtomic(path, AsBytes(text));
}

// Removes the files below `folder` that WriteFileAtomic was writing when its process was killed;
// those of processes that are still at it stay. Nothing to do when there is no such folder.
void RemoveAbandonedFiles(const std::string& folder);

// Every regular file below `folder`, as paths relative to it, sorted by byte value. Hidden files
// and folders are left out.
Result<std::vector<std::string>> ListFiles(const std::string& folder);

Status MakeFolders(const std::string& path);
bool FileExists(const std::string& path);
// No error when it does not exist.
Status RemoveFile(const std::string& path);

// A fresh folder that is removed with everything in it when the object goes. When the process is
// killed before, the next Make with the same prefix removes it.
class TemporaryFolder {
 public:
  // `prefix` begins with "kinglet-", for what else lies in the system's temporary folder is not
  // ours.
  static Result<TemporaryFolder> Make(std::string_view prefix);
  TemporaryFolder(TemporaryFolder&& other) noexcept
      : path_(std::move(other.path_)), lock_fd_(std::exchange(other.lock_fd_, -1)) {
    other.path_.clear();
  }
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();
  const std::string& path() const { return path_; }

 private:
  TemporaryFolder(std::string path, int lock_fd) : path_(std::move(path)), lock_fd_(lock_fd) {}
  std::string path_;
  int lock_fd_;
};

}  // namespace kinglet
