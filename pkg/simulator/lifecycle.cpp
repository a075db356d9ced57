#include "simulator/lifecycle.h"

#include <algorithm>

namespace simulator {

Stage stage_of(const Certificate& certificate, std::string_view request_status,
               base::TimePoint now) {
  if (certificate.revoked_at <= now) return Stage::kRevoked;
  if (request_status == "rejected") return Stage::kRejected;
  if (request_status != "approved") return Stage::kAwaitingApproval;
  return certificate.issued_at <= now ? Stage::kIssued : Stage::kProcessing;
}

namespace {

Stage stage_of(const Copy& copy, base::TimePoint now) {
  return stage_of(copy.certificate, copy.request_status, now);
}

bool waits(Stage stage) {
  return stage == Stage::kAwaitingApproval || stage == Stage::kProcessing;
}

}  // namespace

bool is_out(Stage stage) {
  return stage == Stage::kIssued || stage == Stage::kRevoked;
}

const Copy* OrderView::primary(base::TimePoint now) const {
  const Copy* best = nullptr;
  bool best_is_out = false;
  for (const Copy& copy : primaries) {
    const bool out = is_out(stage_of(copy, now));
    if (best_is_out && !out) continue;
    best = &copy;
    best_is_out = out;
  }
  return best;
}

const Copy* OrderView::pending_reissue(base::TimePoint now) const {
  const auto found = std::ranges::find_if(primaries, [&](const Copy& copy) {
    return copy.certificate.is_reissue && waits(stage_of(copy, now));
  });
  return found == primaries.end() ? nullptr : &*found;
}

std::size_t OrderView::reissues_count() const {
  return static_cast<std::size_t>(std::ranges::count_if(primaries, [](const Copy& copy) {
    return copy.certificate.is_reissue && copy.request_status != "rejected";
  }));
}

bool OrderView::has_pending_request(base::TimePoint now) const {
  return pending_duplicates > 0 || std::ranges::any_of(primaries, [&](const Copy& copy) {
           return stage_of(copy, now) == Stage::kAwaitingApproval;
         });
}

std::string order_status(const OrderView& view, base::TimePoint now) {
  if (!view.order.forced_status.empty()) return view.order.forced_status;
  const Copy* primary = view.primary(now);
  if (primary == nullptr) return "pending";
  switch (stage_of(*primary, now)) {
    case Stage::kAwaitingApproval:
      return "needs_approval";
    case Stage::kRejected:
      return "rejected";
    case Stage::kProcessing:
      return "pending";
    case Stage::kRevoked:
      return "revoked";
    case Stage::kIssued:
      break;
  }
  if (view.order.valid_till < now) return "expired";
  const Copy* reissue = view.pending_reissue(now);
  if (reissue == nullptr) return "issued";
  return stage_of(*reissue, now) == Stage::kProcessing ? "reissue_processing" : "reissue_pending";
}

std::string_view duplicate_status(Stage stage) {
  switch (stage) {
    case Stage::kAwaitingApproval:
      return "pending";
    case Stage::kRejected:
      return "rejected";
    case Stage::kRevoked:
      return "revoked";
    case Stage::kProcessing:
    case Stage::kIssued:
      break;
  }
  return "approved";
}

bool is_listed(const Certificate& certificate, std::string_view request_status,
               base::TimePoint now) {
  if (now < certificate.listed_at) return false;
  if (!certificate.hidden_until_issued) return true;
  return !waits(stage_of(certificate, request_status, now));
}

base::TimePoint last_change(const OrderView& view, base::TimePoint now) {
  base::TimePoint last = view.order.created_at;
  const auto take = [&](base::TimePoint time) {
    if (time <= now) last = std::max(last, time);
  };
  take(view.order.valid_till);
  for (const Copy& copy : view.primaries) {
    take(copy.certificate.created_at);
    take(copy.certificate.issued_at);
    take(copy.certificate.revoked_at);
  }
  return last;
}

}  // namespace simulator
