// Result<T>: a value or an Error. Everything that depends on bytes from outside or on the operating
// system returns one; our own mistakes are assertions (KINGLET_ASSERT). Library code never throws.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace kinglet {

// What kind of failure it is; decides the process's exit status (see ExitStatus).
enum class Code : uint8_t {
  kInvalid,      // outside input is malformed or out of range
  kNotFound,     // a file, artifact, board or key does not exist
  kUnsupported,  // well-formed, but beyond what this version can do
  kOverBudget,   // does not fit a limit: flash, RAM, latency
  kIo,           // the operating system refused: disk full, permission, a tool that failed
  kInternal,     // a broken promise of our own that was noticed in time
};

// The name of `code` as it appears in --json output, e.g. "over_budget".
std::string_view CodeName(Code code);

// Exit status for a failure: 2 for bad input, 3 for over budget, 4 for the machine, 70 for ours.
int ExitStatus(Code code);

// `message` is one line: place, what, the limit, the mend.
struct [[nodiscard]] Error {
  Code code = Code::kInternal;
  std::string message;
};

template <typename T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

// Makes the failing arm of a Result: return Fail(Code::kInvalid, "{}: {} channels, at most {}",
// name, n, limit);
template <typename... Args>
tl::unexpected<Error> Fail(Code code, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<Error>(Error{code, fmt::format(format, std::forward<Args>(args)...)});
}

// The same error with "context: " put before its message.
tl::unexpected<Error> Within(std::string_view context, Error error);

// Prints where and stops the process. Not for bytes from outside.
[[noreturn]] void AssertionFailed(const char* condition, const char* file, int line);

}  // namespace kinglet

#define KINGLET_CONCAT_(a, b) a##b
#define KINGLET_CONCAT(a, b) KINGLET_CONCAT_(a, b)

// KINGLET_TRY(const Plan plan, PlanArena(graph)); declares `plan`, or returns the error to the
// caller.
#define KINGLET_TRY(declaration, expression)                                     \
  auto KINGLET_CONCAT(result_, __LINE__) = (expression);                         \
  if (!KINGLET_CONCAT(result_, __LINE__).has_value()) [[unlikely]]               \
    return tl::unexpected(std::move(KINGLET_CONCAT(result_, __LINE__)).error()); \
  declaration = std::move(*KINGLET_CONCAT(result_, __LINE__))

// The same for a Status, which has no value to declare.
#define KINGLET_CHECK(expression)                                                     \
  do {                                                                                \
    if (auto kinglet_status = (expression); !kinglet_status.has_value()) [[unlikely]] \
      return tl::unexpected(std::move(kinglet_status).error());                       \
  } while (false)

// An assertion that stays in release builds: a broken invariant must stop the program before it
// writes anything.
#define KINGLET_ASSERT(condition)                      \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::kinglet::AssertionFailed(#condition, __FILE__, __LINE__))
