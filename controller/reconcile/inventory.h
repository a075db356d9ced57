// Inventory: what an account's orders are, asked once for all requests of the account.
// Thread-safe. Concurrent needs share one look: a caller says how old an answer may be, and waits
// for a look that is under way instead of starting its own.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/thread_annotations.h"
#include "certcentral/ca_api.h"
#include "rules/match_orders.h"
#include "rules/observed.h"

namespace reconcile {

// How old a listing may be for a free duplicate. Money needs a look of its own.
inline constexpr std::chrono::seconds kListingAgeMax{30};
// How old an order's details may be: nothing tells us when an administrator allows duplicates.
inline constexpr std::chrono::minutes kDetailsAgeMax{10};
// How long one listing of an order's duplicates serves all who wait for theirs.
inline constexpr std::chrono::seconds kDuplicatesAgeMax{2};

class Inventory {
 public:
  // `clock` must outlive the inventory.
  explicit Inventory(const base::Clock& clock) : clock_(clock) {}

  // `ca` makes the calls, if any are needed, at the urgency of this caller.
  // The orders that share a name with `query`, or are spec.orderID or its renewals, with details
  // of those that may be eligible. Errors of the CA pass through. Blocks for the CA's answers.
  base::Result<std::vector<rules::OrderFacts>> orders_for(certcentral::CaApi& ca,
                                                          const rules::MatchQuery& query,
                                                          std::stop_token stop);

  // One order by its number, listed or not, at most kDetailsAgeMax old. kNotFound if there is none.
  base::Result<rules::OrderFacts> order(certcentral::CaApi& ca, std::int64_t order_id,
                                        std::stop_token stop);

  // The duplicates of `order_id` that carry this public key, from a look that began at
  // `not_before` or later.
  base::Result<std::vector<rules::ListedDuplicate>> duplicates_of(
      certcentral::CaApi& ca, std::int64_t order_id, const std::string& public_key_sha256,
      base::Steady not_before, std::stop_token stop);

  // The order changed: its details are asked for again when they are needed next.
  void forget(std::int64_t order_id);

 private:
  struct Details {
    rules::OrderFacts facts{};
    base::Steady looked_at{};
  };
  struct KnownDuplicate {
    std::string public_key_sha256{};  // empty: no CSR, or it does not parse
    rules::ListedDuplicate listed{};
  };
  struct Listing {
    base::Steady looked_at{};
    std::vector<KnownDuplicate> entries{};
    std::map<std::int64_t, std::string> keys{};  // certificate id -> public key, kept across looks
  };

  base::Result<std::vector<certcentral::OrderSummary>> summaries(certcentral::CaApi& ca,
                                                                 std::stop_token stop);
  base::Result<rules::OrderFacts> details(certcentral::CaApi& ca, std::int64_t order_id,
                                          std::stop_token stop);
  base::Result<void> follow_renewals(certcentral::CaApi& ca, std::vector<rules::OrderFacts>& found,
                                     std::stop_token stop);
  base::Result<void> look_at_duplicates(certcentral::CaApi& ca, std::int64_t order_id,
                                        std::stop_token stop);
  std::vector<rules::ListedDuplicate> with_key(std::int64_t order_id,
                                               const std::string& public_key_sha256);

  // Waits until nobody looks at `what`, then takes the look; false if `fresh` became true
  // meanwhile.
  template <class Fresh>
  bool take_look(const std::string& what, const Fresh& fresh);
  void end_look(const std::string& what);

  const base::Clock& clock_;

  base::Mutex mutex_;
  base::ConditionVariable changed_;
  std::set<std::string> looking_ GUARDED_BY(mutex_);
  std::optional<base::Steady> listed_at_ GUARDED_BY(mutex_);
  std::vector<certcentral::OrderSummary> summaries_ GUARDED_BY(mutex_);
  std::map<std::int64_t, Details> details_ GUARDED_BY(mutex_);
  std::map<std::int64_t, Listing> duplicates_ GUARDED_BY(mutex_);
};

}  // namespace reconcile
