// Sponsors: which requests wait for which entry of the ledger, and which of them may buy.
// Thread-safe. Memory only: it follows from the last decision of each request, and every request
// has a pass after a start.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/thread_annotations.h"

namespace reconcile {

// What a request's last decision says about an entry.
struct Sponsorship {
  std::string entry{};    // its name; empty: the request waits for none
  std::string profile{};  // "namespace/name", which the request uses
  bool may_buy = false;
  bool urgent = false;  // the request's certificate is about to end

  bool operator==(const Sponsorship&) const = default;
};

class Sponsors {
 public:
  // `changed` hears of each entry whose sponsors have changed.
  explicit Sponsors(std::function<void(const std::string& entry)> changed)
      : changed_(std::move(changed)) {}

  void set(const std::string& request, const Sponsorship& sponsorship);
  void remove(const std::string& request) { set(request, {}); }

  // Those that may buy, by request.
  std::map<std::string, Sponsorship> of(const std::string& entry) const;
  // All that wait for the entry.
  std::vector<std::string> waiting_for(const std::string& entry) const;

 private:
  const std::function<void(const std::string& entry)> changed_;
  mutable base::Mutex mutex_;
  std::map<std::string, Sponsorship> by_request_ GUARDED_BY(mutex_);
  std::map<std::string, std::set<std::string>> by_entry_ GUARDED_BY(mutex_);
};

}  // namespace reconcile
