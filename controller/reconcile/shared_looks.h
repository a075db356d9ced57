// SharedLooks: of all who need the same answer at the same time one asks, and the others wait for
// that answer. Thread-safe.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "base/result.h"
#include "base/thread_annotations.h"

namespace reconcile {

class SharedLooks {
 public:
  // Returns at once if is_fresh(). Else runs `look`, which stores what it found where is_fresh()
  // sees it; or, if another caller looks at `what` already, waits for that and begins anew. Only
  // the caller whose look failed gets its error; those who waited try for themselves. `is_fresh`
  // must not call back, and may take locks of its own.
  base::Result<void> once(const std::string& what, const std::function<bool()>& is_fresh,
                          const std::function<base::Result<void>()>& look);

 private:
  // Ends a look whichever way it ends: an exception, too, lets the others go on.
  class Look {
   public:
    Look(SharedLooks& looks, const std::string& what) : looks_(looks), what_(what) {}
    ~Look() { looks_.end(what_); }
    Look(const Look&) = delete;
    Look& operator=(const Look&) = delete;

   private:
    SharedLooks& looks_;
    const std::string& what_;
  };

  bool begin(const std::string& what, const std::function<bool()>& is_fresh);
  void end(const std::string& what);

  base::Mutex mutex_;
  base::ConditionVariable changed_;
  std::set<std::string> looking_ GUARDED_BY(mutex_);
};

}  // namespace reconcile
