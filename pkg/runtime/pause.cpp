#include "runtime/pause.h"

#include "base/thread_annotations.h"

namespace runtime {

bool pause(std::chrono::milliseconds duration, const std::stop_token& stop) {
  base::Mutex mutex;
  base::ConditionVariable never;
  const base::MutexLock lock(mutex);
  never.wait_for(mutex, stop, duration, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace runtime
