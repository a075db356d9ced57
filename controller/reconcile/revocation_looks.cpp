#include "reconcile/revocation_looks.h"

#include <algorithm>

namespace reconcile {

std::chrono::seconds RevocationLooks::spacing() const {
  return std::min<std::chrono::seconds>(kProofSpacing, interval_);
}

void RevocationLooks::note(ListedAs listed, base::Steady began) {
  if (listed == ListedAs::kRevoked) {
    if (!first_revoked_) first_revoked_ = began;
    last_revoked_ = began;
  }
  if (listed == ListedAs::kGood) first_revoked_.reset();
  const bool in_doubt = first_revoked_ && !is_revoked();
  next_look_ = began + (in_doubt ? spacing() : interval_);
}

void RevocationLooks::note_failure(base::Steady now) {
  next_look_ = now + std::min<std::chrono::seconds>(kAskAgain, interval_);
}

bool RevocationLooks::is_revoked() const {
  return first_revoked_ && last_revoked_ - *first_revoked_ >= spacing();
}

}  // namespace reconcile
