// A fixed set of threads that run numbered tasks. The results must not depend on who runs what:
// tasks share nothing but read-only data. Owned and used by one thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace kinglet::train {

class ThreadPool {
 public:
  // `threads` in all, the caller's included; 0: as many as the machine has.
  explicit ThreadPool(int threads);
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool();

  // Calls task(0) .. task(count - 1), in any order and on any thread, and waits for all of them.
  void Run(int32_t count, const std::function<void(int32_t)>& task);

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

 private:
  void Work();
  void DoTasks();

  std::vector<std::thread> workers_;
  const std::function<void(int32_t)>* task_ = nullptr;
  int32_t count_ = 0;
  std::atomic<int32_t> next_{0};
  std::atomic<uint32_t> round_{0};  // counts calls of Run; the workers sleep on it
  std::atomic<int32_t> busy_{0};    // workers that have not finished the round
  bool stop_ = false;
};

}  // namespace kinglet::train
