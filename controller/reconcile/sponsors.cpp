#include "reconcile/sponsors.h"

namespace reconcile {

void Sponsors::set(const std::string& request, const Sponsorship& sponsorship) {
  std::set<std::string> changed;
  {
    const base::MutexLock lock(mutex_);
    const auto known = by_request_.find(request);
    const Sponsorship before = known == by_request_.end() ? Sponsorship{} : known->second;
    if (before == sponsorship) return;
    if (!before.entry.empty()) {
      changed.insert(before.entry);
      auto& waiting = by_entry_[before.entry];
      waiting.erase(request);
      if (waiting.empty()) by_entry_.erase(before.entry);
    }
    by_request_.erase(request);
    if (!sponsorship.entry.empty()) {
      changed.insert(sponsorship.entry);
      by_request_[request] = sponsorship;
      by_entry_[sponsorship.entry].insert(request);
    }
  }
  for (const std::string& entry : changed) changed_(entry);
}

std::map<std::string, Sponsorship> Sponsors::of(const std::string& entry) const {
  std::map<std::string, Sponsorship> found;
  for (const std::string& request : waiting_for(entry)) {
    const base::MutexLock lock(mutex_);
    const auto at = by_request_.find(request);
    if (at != by_request_.end() && at->second.may_buy) found.insert(*at);
  }
  return found;
}

std::vector<std::string> Sponsors::waiting_for(const std::string& entry) const {
  const base::MutexLock lock(mutex_);
  const auto at = by_entry_.find(entry);
  if (at == by_entry_.end()) return {};
  return {at->second.begin(), at->second.end()};
}

}  // namespace reconcile
