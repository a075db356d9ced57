#include "certcentral/types.h"

#include <algorithm>
#include <array>
#include <utility>

namespace certcentral {
namespace {

template <class Status>
struct Word {
  Status status;
  std::string_view text;
};

constexpr std::array<Word<OrderStatus>, 14> kOrderWords{{
    {OrderStatus::kPending, "pending"},
    {OrderStatus::kProcessing, "processing"},
    {OrderStatus::kIssued, "issued"},
    {OrderStatus::kExpired, "expired"},
    {OrderStatus::kRejected, "rejected"},
    {OrderStatus::kDenied, "denied"},
    {OrderStatus::kRevoked, "revoked"},
    {OrderStatus::kCanceled, "canceled"},
    {OrderStatus::kNeedsCsr, "needs_csr"},
    {OrderStatus::kNeedsApproval, "needs_approval"},
    {OrderStatus::kReissuePending, "reissue_pending"},
    {OrderStatus::kReissueProcessing, "reissue_processing"},
    {OrderStatus::kWaitingPickup, "waiting_pickup"},
    {OrderStatus::kUnknown, "unknown"},
}};

constexpr std::array<Word<RequestStatus>, 5> kRequestWords{{
    {RequestStatus::kSubmitted, "submitted"},
    {RequestStatus::kPending, "pending"},
    {RequestStatus::kApproved, "approved"},
    {RequestStatus::kRejected, "rejected"},
    {RequestStatus::kUnknown, "unknown"},
}};

template <class Words>
auto status_of(const Words& words, std::string_view text) {
  const auto word = std::ranges::find(words, text, &Words::value_type::text);
  return word == words.end() ? words.back().status : word->status;
}

template <class Words, class Status>
std::string_view text_of(const Words& words, Status status) {
  const auto word = std::ranges::find(words, status, &Words::value_type::status);
  return word == words.end() ? words.back().text : word->text;
}

}  // namespace

bool User::can_approve() const {
  constexpr std::int64_t kAdministrator = 1;
  constexpr std::int64_t kManager = 4;
  return std::ranges::any_of(access_roles, [](const AccessRole& role) {
    return role.id == kAdministrator || role.id == kManager;
  });
}

std::string_view name_of(OrderStatus status) {
  return text_of(kOrderWords, status);
}
OrderStatus order_status_of(std::string_view text) {
  return status_of(kOrderWords, text);
}

bool is_closed(OrderStatus status) {
  switch (status) {
    case OrderStatus::kExpired:
    case OrderStatus::kRejected:
    case OrderStatus::kDenied:
    case OrderStatus::kRevoked:
    case OrderStatus::kCanceled:
      return true;
    case OrderStatus::kPending:
    case OrderStatus::kProcessing:
    case OrderStatus::kIssued:
    case OrderStatus::kNeedsCsr:
    case OrderStatus::kNeedsApproval:
    case OrderStatus::kReissuePending:
    case OrderStatus::kReissueProcessing:
    case OrderStatus::kWaitingPickup:
    case OrderStatus::kUnknown:
      return false;
  }
  return false;
}

std::string_view name_of(RequestStatus status) {
  return text_of(kRequestWords, status);
}
RequestStatus request_status_of(std::string_view text) {
  return status_of(kRequestWords, text);
}

}  // namespace certcentral
