// Lifecycle: what an order or a certificate looks like at an instant. Pure: rows and `now` in.
// Nothing runs in the background; time alone turns pending into issued.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "simulator/model.h"

namespace simulator {

enum class Stage {
  kAwaitingApproval,  // a person must approve the request
  kRejected,
  kProcessing,  // approved, but the certificate is not there yet
  kIssued,
  kRevoked,
};

// Whether the certificate exists and can be downloaded.
bool is_out(Stage stage);

// `request_status` is that of the request which the certificate belongs to.
Stage stage_of(const Certificate& certificate, std::string_view request_status,
               base::TimePoint now);

// One certificate together with the status of its request.
struct Copy {
  Certificate certificate{};
  std::string request_status{};
};

// An order with its primary certificates (the first one and its reissues), oldest first, and its
// duplicates as numbers: there may be thousands.
struct OrderView {
  Order order{};
  std::vector<Copy> primaries{};
  std::size_t duplicates_count = 0;    // not rejected
  std::size_t pending_duplicates = 0;  // waiting for approval

  // The newest primary that is issued or revoked, else the newest one; nullptr if none.
  const Copy* primary(base::TimePoint now) const;
  // A reissue that waits, or nullptr.
  const Copy* pending_reissue(base::TimePoint now) const;
  std::size_t reissues_count() const;  // not rejected
  bool has_pending_request(base::TimePoint now) const;
};

// The word in `status` of order info (order-info page): issued, pending, needs_approval, rejected,
// revoked, canceled, expired, reissue_pending, reissue_processing.
std::string order_status(const OrderView& view, base::TimePoint now);

// The word in the list of duplicates: approved (issued, or approved and on its way), pending,
// rejected, revoked.
std::string_view duplicate_status(Stage stage);

// Whether the list of duplicates shows it: issued ones after their lag, waiting ones at once
// unless they are hidden.
bool is_listed(const Certificate& certificate, std::string_view request_status,
               base::TimePoint now);

// The last instant at which the order's status changed, not later than `now`.
base::TimePoint last_change(const OrderView& view, base::TimePoint now);

}  // namespace simulator
