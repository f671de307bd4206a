// Whole files in and out. Writes are atomic: a reader sees the old bytes or the new ones, also
// after kill -9 or a full disk.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
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

// Every regular file below `folder`, as paths relative to it, sorted by byte value. Hidden files
// and folders are left out.
Result<std::vector<std::string>> ListFiles(const std::string& folder);

Status MakeFolders(const std::string& path);
bool FileExists(const std::string& path);

// A fresh folder that is removed with everything in it when the object goes.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> Make(std::string_view prefix);
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::move(other.path_)) {
    other.path_.clear();
  }
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();
  const std::string& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace kinglet
