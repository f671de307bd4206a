// For tests: whether a page is well-formed and self-contained.
#pragma once

#include <string>
#include <vector>

namespace kinglet::report {

// What breaks well-formedness, empty when nothing does: every tag closed in order, attributes
// quoted and used once, no loose
// '<', '>' or '&', ids used once, references (#..., aria-labelledby) to ids that exist, no event
// handlers.
std::vector<std::string> Breaches(const std::string& page);

// Every place from which a browser would load or run something, empty when there is none.
std::vector<std::string> Loads(const std::string& page);

}  // namespace kinglet::report
