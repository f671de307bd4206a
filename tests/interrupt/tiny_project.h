// A project that runs through all stages in seconds, with data made from a seed.
#pragma once

#include <map>
#include <string>

#include "src/base/hash.h"
#include "src/base/result.h"

namespace kinglet::testing {

// Writes kinglet.toml and `pictures` training pictures with a tenth as many for testing.
void WriteTinyProject(const std::string& folder, int pictures);

// Every file of the project, hidden ones, too, by its path.
std::map<std::string, Digest> AllFiles(const std::string& folder);

// The files of out/ whose bytes follow from the project alone; the report tells the time.
std::map<std::string, Digest> Results(const std::string& folder);

// The results of such a project after one run that nothing disturbs. kNotFound when the board's
// compiler or emulator is not installed.
Result<std::map<std::string, Digest>> UndisturbedResults(int pictures);

// The paths that only one of them has, or that have other bytes.
std::string Difference(const std::map<std::string, Digest>& a,
                       const std::map<std::string, Digest>& b);

// Files that only a run that is still going on may have.
std::string Leftovers(const std::string& folder);

}  // namespace kinglet::testing
