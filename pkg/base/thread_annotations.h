// Lock discipline written in the type: checked by clang (-Wthread-safety), documentation under g++.
// Also the annotated Mutex and MutexLock, because std::mutex carries no annotations in libstdc++.
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define DUPLICERT_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define DUPLICERT_THREAD_ATTRIBUTE(x)
#endif
#define GUARDED_BY(x) DUPLICERT_THREAD_ATTRIBUTE(guarded_by(x))
#define REQUIRES(x) DUPLICERT_THREAD_ATTRIBUTE(requires_capability(x))

namespace base {

class DUPLICERT_THREAD_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void lock() DUPLICERT_THREAD_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void unlock() DUPLICERT_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

 private:
  std::mutex mutex_;
};

class DUPLICERT_THREAD_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) DUPLICERT_THREAD_ATTRIBUTE(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() DUPLICERT_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Works with Mutex; wait with a stop_token, a deadline and a predicate.
using ConditionVariable = std::condition_variable_any;

}  // namespace base
