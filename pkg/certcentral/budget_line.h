// BudgetLine: those who wait for a call, and who of them goes next. The pure part of rate_budget.h,
// beside budget_core.h: no clock, no threads.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <tuple>

#include "base/clock.h"
#include "certcentral/budget_core.h"

namespace certcentral {

// A caller's place in the line.
struct Turn {
  Urgency urgency = Urgency::kBackground;
  // Within an urgency the earliest goes first: when the certificate in question expires.
  base::TimePoint needed_by{base::TimePoint::max()};
};

// Thread-compatible.
class BudgetLine {
 public:
  // Sorted as callers go: urgency, needed_by, arrival.
  using Place = std::tuple<Urgency, base::TimePoint, std::uint64_t>;

  Place join(const Turn& turn);
  void leave(const Place& place) { waiting_.erase(place); }
  std::size_t size() const { return waiting_.size(); }

  // Whose call may go now, if any: first those whose urgency has used less than its share, then all
  // the others, the most urgent and soonest first; what the more urgent may not use holds up
  // nobody.
  std::optional<Place> next_to_go(const BudgetCore& core, base::Steady now) const;

 private:
  std::set<Place> waiting_{};
  std::uint64_t arrivals_ = 0;
};

}  // namespace certcentral
