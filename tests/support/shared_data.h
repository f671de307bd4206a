// Where tests find outside data, the sources and the built programs.
#pragma once

#include <gtest/gtest.h>

#include <string>

namespace kinglet::testing {

// `name` below the folder of outside data (KINGLET_SHARED_DIR), e.g. "models/golden.json"; "" when
// it is absent.
std::string SharedPath(const std::string& name);
// `name` below the source tree / the build tree.
std::string SourcePath(const std::string& name);
std::string BinaryPath(const std::string& name);

}  // namespace kinglet::testing

// Declares `path` or skips the test with a plain message.
#define KINGLET_SHARED_OR_SKIP(path, name)                       \
  const std::string path = ::kinglet::testing::SharedPath(name); \
  if (path.empty()) GTEST_SKIP() << "outside data not present: " << (name)
