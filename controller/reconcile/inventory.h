// Inventory: what an account's orders are, asked once for all requests of the account.
// Thread-safe. Concurrent needs share one look: a caller says when the look that answers it must
// have begun at the earliest, and waits for one that is under way instead of starting its own.
// Entry points: orders_for, for the rules; order and duplicates for who acts.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/thread_annotations.h"
#include "certcentral/ca_api.h"
#include "reconcile/duplicate_lists.h"
#include "reconcile/shared_looks.h"
#include "rules/match_orders.h"
#include "rules/observed.h"

namespace reconcile {

// How old the list of orders may be for a free duplicate. Money needs a look of its own.
inline constexpr std::chrono::seconds kListingAgeMax{30};
// How old the details may be of an order that allows no duplicates: nothing tells us when an
// administrator changes that. Other details hold until a look shows that something changed.
inline constexpr std::chrono::minutes kDetailsAgeMax{10};
// How long one listing of an order's duplicates serves all who wait for theirs.
inline constexpr std::chrono::seconds kDuplicatesAgeMax{2};
// The same for those who wait for a person to submit their CSR.
inline constexpr std::chrono::seconds kManualAgeMax{60};

struct InventoryOptions {
  // How long looks may be incremental before all orders are listed again (--inventory-interval).
  std::chrono::seconds full_interval{std::chrono::hours{6}};
  // Up to here the whole list costs one call, and nothing is cheaper: it is read at each look.
  std::size_t one_page = 1000;
};

// When the looks began, at the earliest, that may answer.
struct LooksSince {
  base::Steady list{};
  base::Steady details{};
};

// The orders of the account as one look showed them: shared by all, changed by nobody.
struct OrderList {
  base::Steady looked_at{};
  base::TimePoint looked_at_time{};
  base::Steady fully_looked_at{};
  std::vector<certcentral::OrderSummary> rows{};  // newest first
};
using SharedOrders = std::shared_ptr<const OrderList>;
using SharedOrder = std::shared_ptr<const certcentral::Order>;

class Inventory {
 public:
  // `clock` must outlive the inventory.
  explicit Inventory(const base::Clock& clock, const InventoryOptions& options = {})
      : clock_(clock), options_(options), duplicates_(clock) {}

  // What is good enough for a free duplicate.
  LooksSince usual() const;
  // A fresh look, before money is spent: everything it is made of began at `instant` or later.
  static LooksSince begun_after(base::Steady instant) { return {instant, instant}; }

  // In all functions `ca` makes the calls, if any are needed, at the urgency of this caller; errors
  // of the CA pass through; they block for the CA's answers.

  // The orders that share a name with `query`, or are spec.orderID or its renewals, with details of
  // those that may be eligible; newest first.
  base::Result<std::vector<rules::OrderFacts>> orders_for(certcentral::CaApi& ca,
                                                          const rules::MatchQuery& query,
                                                          const LooksSince& since,
                                                          std::stop_token stop);
  // All orders, in any state, without details.
  base::Result<SharedOrders> orders(certcentral::CaApi& ca, base::Steady since,
                                    std::stop_token stop);
  // One order. kNotFound: the account has none, or the key cannot see it.
  base::Result<SharedOrder> order(certcentral::CaApi& ca, std::int64_t id, base::Steady since,
                                  std::stop_token stop);

  DuplicateLists& duplicates() { return duplicates_; }

  // Something happened to the order: its details are asked for again when they are needed next, a
  // look that is under way does not answer. To be called before others hear of what happened.
  void forget(std::int64_t order_id);

 private:
  struct Details {
    SharedOrder order{};
    base::Steady looked_at{};
    std::string state{};  // of its row then
  };

  base::Result<void> look(certcentral::CaApi& ca, std::stop_token stop);
  base::Result<std::vector<certcentral::OrderSummary>> newer(certcentral::CaApi& ca,
                                                             const OrderList& known,
                                                             std::stop_token stop);
  bool holds(const Details& known, base::Steady since) const REQUIRES(mutex_);
  base::Result<rules::OrderFacts> facts(certcentral::CaApi& ca, std::int64_t id,
                                        const LooksSince& since, std::stop_token stop);
  base::Result<void> follow_renewals(certcentral::CaApi& ca, const LooksSince& since,
                                     const OrderList& listed, std::vector<rules::OrderFacts>& found,
                                     std::stop_token stop);
  SharedOrders list() const;

  const base::Clock& clock_;
  const InventoryOptions options_;
  DuplicateLists duplicates_;
  SharedLooks looks_;

  mutable base::Mutex mutex_;
  SharedOrders list_ GUARDED_BY(mutex_);
  std::map<std::int64_t, std::string> states_ GUARDED_BY(mutex_);  // of the rows of list_
  std::map<std::int64_t, Details> details_ GUARDED_BY(mutex_);
  std::map<std::int64_t, base::Steady> forgotten_ GUARDED_BY(mutex_);  // when
};

}  // namespace reconcile
