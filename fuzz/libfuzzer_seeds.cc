// Puts the harness's seeds into the corpus folder that libFuzzer is given, if it is empty.
#include <cstdio>
#include <filesystem>
#include <string>

#include "fuzz/fuzz.h"
#include "src/base/files.h"

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  for (int i = 1; i < *argc; ++i) {
    const std::string folder = (*argv)[i];
    if (!std::filesystem::is_directory(folder) || !std::filesystem::is_empty(folder)) continue;
    const std::vector<kinglet::Bytes> seeds = kinglet::fuzz::Seeds();
    for (size_t seed = 0; seed < seeds.size(); ++seed) {
      const auto written =
          kinglet::WriteFileAtomic(folder + "/seed_" + std::to_string(seed), seeds[seed]);
      if (!written.has_value()) std::fprintf(stderr, "%s\n", written.error().message.c_str());
    }
  }
  return 0;
}
