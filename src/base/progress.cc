#include "src/base/progress.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace kinglet {

Progress::Progress(std::string_view label, uint64_t total, std::string_view unit, Show show)
    : label_(label),
      unit_(unit),
      total_(total),
      terminal_(isatty(STDERR_FILENO) == 1),
      visible_(show == Show::kAuto),
      start_(Clock::now()),
      drawn_(start_ - std::chrono::hours(1)) {}

Progress::~Progress() { Finish(); }

void Progress::Update(uint64_t done, std::string_view note) {
  done_ = done;
  const auto now = Clock::now();
  // A log gets a line every 15 s; a terminal is redrawn ten times a second.
  const auto interval = terminal_ ? std::chrono::milliseconds(100) : std::chrono::seconds(15);
  if (!visible_ || finished_ || now - drawn_ < interval) return;
  if (!terminal_ && drawn_ < start_) {
    drawn_ = now;
    return;
  }
  drawn_ = now;
  Draw(note);
}

void Progress::Draw(std::string_view note) {
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  const double rate = seconds > 0 ? static_cast<double>(done_) / seconds : 0;
  std::string line = fmt::format("{}  ", label_);
  if (total_ > 0) {
    const double part = std::min(1.0, static_cast<double>(done_) / static_cast<double>(total_));
    constexpr int kWidth = 28;
    const int full = static_cast<int>(part * kWidth);
    if (terminal_) line += fmt::format("[{:=<{}}{:<{}}] ", "", full, "", kWidth - full);
    line += fmt::format("{:3.0f} %  {}/{} {}", part * 100, FormatCount(done_), FormatCount(total_),
                        unit_);
    if (done_ > 0 && done_ < total_) {
      line += fmt::format("  {} left", FormatDuration(static_cast<double>(total_ - done_) / rate));
    }
  } else {
    line += fmt::format("{} {}", FormatCount(done_), unit_);
  }
  if (!note.empty()) line += fmt::format("  {}", note);
  std::fputs(terminal_ ? fmt::format("\r\x1b[K{}", line).c_str() : (line + "\n").c_str(), stderr);
  std::fflush(stderr);
}

void Progress::Finish(std::string_view summary) {
  if (finished_) return;
  finished_ = true;
  if (!visible_) return;
  if (terminal_) std::fputs("\r\x1b[K", stderr);
  if (!summary.empty()) {
    const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    std::fputs(fmt::format("{}  {} ({})\n", label_, summary, FormatDuration(seconds)).c_str(),
               stderr);
  }
}

std::string FormatDuration(double seconds) {
  const auto whole = static_cast<uint64_t>(std::max(0.0, seconds) + 0.5);
  if (whole < 10) return fmt::format("{:.1f} s", std::max(0.0, seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

std::string FormatCount(uint64_t value) {
  std::string digits = std::to_string(value);
  for (int i = static_cast<int>(digits.size()) - 3; i > 0; i -= 3) {
    digits.insert(static_cast<size_t>(i), ",");
  }
  return digits;
}

std::string FormatBytes(uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  if (bytes < 1024 * 1024) return fmt::format("{:.1f} KiB", static_cast<double>(bytes) / 1024);
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1024 * 1024));
}

}  // namespace kinglet
