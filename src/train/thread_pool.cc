#include "src/train/thread_pool.h"

#include <algorithm>

namespace kinglet::train {

ThreadPool::ThreadPool(int threads) {
  if (threads <= 0) threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this] { Work(); });
}

ThreadPool::~ThreadPool() {
  stop_ = true;
  round_.fetch_add(1);
  round_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::DoTasks() {
  for (int32_t i = next_.fetch_add(1); i < count_; i = next_.fetch_add(1)) (*task_)(i);
}

void ThreadPool::Work() {
  for (uint32_t seen = 0;;) {
    round_.wait(seen);
    ++seen;
    if (stop_) return;
    DoTasks();
    if (busy_.fetch_sub(1) == 1) busy_.notify_one();
  }
}

void ThreadPool::Run(int32_t count, const std::function<void(int32_t)>& task) {
  if (workers_.empty() || count <= 1) {
    for (int32_t i = 0; i < count; ++i) task(i);
    return;
  }
  task_ = &task;
  count_ = count;
  next_ = 0;
  busy_ = static_cast<int32_t>(workers_.size());
  round_.fetch_add(1);
  round_.notify_all();
  DoTasks();
  for (int32_t left = busy_.load(); left != 0; left = busy_.load()) busy_.wait(left);
}

}  // namespace kinglet::train
