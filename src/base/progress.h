// Progress of long work on standard error: a bar with rate and time left on a terminal, a plain
// line now and then elsewhere. Not for sharing between threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace kinglet {

class Progress {
 public:
  enum class Show : uint8_t { kAuto, kNever };

  // `total` steps of `unit`; 0 when it is not known.
  Progress(std::string_view label, uint64_t total, std::string_view unit, Show show = Show::kAuto);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  // `done` steps are finished; `note` is shown behind the bar ("loss 0.412").
  void Update(uint64_t done, std::string_view note = {});
  // Ends the line, leaving `summary` on it.
  void Finish(std::string_view summary = {});

 private:
  using Clock = std::chrono::steady_clock;
  void Draw(std::string_view note);

  std::string label_, unit_;
  uint64_t total_, done_ = 0;
  bool terminal_, visible_, finished_ = false;
  Clock::time_point start_, drawn_;
};

// "1 h 02 min", "3 min 05 s", "12 s".
std::string FormatDuration(double seconds);
// "12,345": for sentences people read.
std::string FormatCount(uint64_t value);
// "31.3 KiB" or "312 B".
std::string FormatBytes(uint64_t bytes);

}  // namespace kinglet
