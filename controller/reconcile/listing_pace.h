// ListingPace: when the list of an order's duplicates is worth a call while requests for more are
// being sent. Pure; thread-compatible; `now` must not go backwards.
//
// A list that is read after each request costs a call for each; one that is read now and then shows
// the certificates of all who wait. So a request that is sent alone is looked for at once, and
// those that are sent in a row share looks.
#pragma once

#include <chrono>
#include <optional>

#include "base/clock.h"

namespace reconcile {

// So many requests share one look while they are sent in a row,
inline constexpr int kRequestsPerLook = 20;
// unless they have waited so long for it.
inline constexpr std::chrono::seconds kGatherMax{20};
// Requests that are further apart than this are not in a row.
inline constexpr std::chrono::seconds kPauseInRow{2};

class ListingPace {
 public:
  void begin_request(base::Steady now);
  void end_request(base::Steady now);
  void note_look();

  bool may_look(base::Steady now) const;

 private:
  bool is_pausing(base::Steady now) const;

  int under_way_ = 0;
  int in_a_row_ = 0;
  int since_look_ = 0;
  std::optional<base::Steady> last_end_{};
  std::optional<base::Steady> gathering_since_{};  // the first request that no look can show yet
};

}  // namespace reconcile
