// RevocationLooks: what the CA's lists have shown of one certificate, and when to look again. Pure;
// thread-compatible.
//
// One look proves little, since lists are wrong at times: a certificate counts as revoked when two
// looks that are some time apart show it so, and none between them shows it as good. That a list
// does not show the certificate at all never counts.
#pragma once

#include <chrono>
#include <optional>

#include "base/clock.h"

namespace reconcile {

// So far apart are two looks that prove it, or as far as looks are (--inventory-interval).
inline constexpr std::chrono::minutes kProofSpacing{10};
// How soon to ask again when the CA did not answer, or as soon as looks are.
inline constexpr std::chrono::minutes kAskAgain{30};

enum class ListedAs { kNotAtAll, kGood, kRevoked };

class RevocationLooks {
 public:
  RevocationLooks(base::Steady first_look, std::chrono::seconds interval)
      : interval_(interval), next_look_(first_look) {}

  void note(ListedAs listed, base::Steady began);
  void note_failure(base::Steady now);

  bool is_revoked() const;
  base::Steady next_look() const { return next_look_; }

 private:
  std::chrono::seconds spacing() const;

  std::chrono::seconds interval_;
  base::Steady next_look_;
  std::optional<base::Steady> first_revoked_{};
  base::Steady last_revoked_{};
};

}  // namespace reconcile
