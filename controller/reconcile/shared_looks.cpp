#include "reconcile/shared_looks.h"

namespace reconcile {

bool SharedLooks::begin(const std::string& what, const std::function<bool()>& is_fresh) {
  const base::MutexLock lock(mutex_);
  while (true) {
    if (is_fresh()) return false;
    if (looking_.insert(what).second) return true;
    changed_.wait(mutex_);
  }
}

base::Result<void> SharedLooks::once(const std::string& what, const std::function<bool()>& is_fresh,
                                     const std::function<base::Result<void>()>& look) {
  if (!begin(what, is_fresh)) return {};
  const Look under_way(*this, what);
  return look();
}

void SharedLooks::end(const std::string& what) {
  const base::MutexLock lock(mutex_);
  looking_.erase(what);
  changed_.notify_all();
}

}  // namespace reconcile
