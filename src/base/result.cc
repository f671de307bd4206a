#include "src/base/result.h"

#include <cstdio>
#include <cstdlib>

namespace kinglet {
namespace {

struct CodeRow {
  Code code;
  std::string_view name;
  int exit_status;
};

constexpr CodeRow kCodes[] = {
    {Code::kInvalid, "invalid", 2},
    {Code::kNotFound, "not_found", 2},
    {Code::kUnsupported, "unsupported", 2},
    {Code::kOverBudget, "over_budget", 3},
    {Code::kIo, "io", 4},
    {Code::kInternal, "internal", 70},
};

const CodeRow& Row(Code code) {
  for (const CodeRow& row : kCodes) {
    if (row.code == code) return row;
  }
  KINGLET_ASSERT(false && "unlisted error code");
  return kCodes[0];
}

}  // namespace

std::string_view CodeName(Code code) { return Row(code).name; }

int ExitStatus(Code code) { return Row(code).exit_status; }

tl::unexpected<Error> Within(std::string_view context, Error error) {
  error.message = fmt::format("{}: {}", context, error.message);
  return tl::unexpected<Error>(std::move(error));
}

void AssertionFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "kinglet: internal error: %s at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace kinglet
