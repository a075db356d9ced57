#include "reconcile/listing_pace.h"

namespace reconcile {

bool ListingPace::is_pausing(base::Steady now) const {
  return under_way_ == 0 && (!last_end_ || now - *last_end_ >= kPauseInRow);
}

void ListingPace::begin_request(base::Steady now) {
  in_a_row_ = is_pausing(now) ? 1 : in_a_row_ + 1;
  ++under_way_;
  if (!gathering_since_) gathering_since_ = now;
}

void ListingPace::end_request(base::Steady now) {
  --under_way_;
  ++since_look_;
  last_end_ = now;
  if (!gathering_since_) gathering_since_ = now;  // a look came while it was under way
}

void ListingPace::note_look() {
  since_look_ = 0;
  gathering_since_.reset();
}

bool ListingPace::may_look(base::Steady now) const {
  const bool is_alone = in_a_row_ <= 1 && under_way_ == 0;
  return is_alone || is_pausing(now) || since_look_ >= kRequestsPerLook || !gathering_since_ ||
         now - *gathering_since_ >= kGatherMax;
}

}  // namespace reconcile
