#include "tests/support/shared_data.h"

#include <filesystem>

namespace kinglet::testing {

std::string SharedPath(const std::string& name) {
  std::string path = std::string(KINGLET_SHARED_DIR) + "/" + name;
  return std::filesystem::exists(path) ? path : "";
}

std::string SourcePath(const std::string& name) {
  return std::string(KINGLET_SOURCE_DIR) + "/" + name;
}

std::string BinaryPath(const std::string& name) {
  return std::string(KINGLET_BINARY_DIR) + "/" + name;
}

}  // namespace kinglet::testing
