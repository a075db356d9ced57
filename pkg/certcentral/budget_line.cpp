#include "certcentral/budget_line.h"

namespace certcentral {

BudgetLine::Place BudgetLine::join(const Turn& turn) {
  const Place place{turn.urgency, turn.needed_by, arrivals_++};
  waiting_.insert(place);
  return place;
}

std::optional<BudgetLine::Place> BudgetLine::next_to_go(const BudgetCore& core,
                                                        base::Steady now) const {
  std::optional<Place> first;
  for (std::size_t i = 0; i < kUrgencyCount; ++i) {
    const auto urgency = static_cast<Urgency>(i);
    const auto place = waiting_.lower_bound(Place{urgency, base::TimePoint::min(), 0});
    const bool waits = place != waiting_.end() && std::get<Urgency>(*place) == urgency;
    if (!waits || core.wait_for(urgency, now) > std::chrono::milliseconds::zero()) continue;
    if (core.is_below_share(urgency, now)) return *place;
    if (!first) first = *place;
  }
  return first;
}

}  // namespace certcentral
