#include "api/enums.h"

#include <array>

namespace api {
namespace {

template <class E>
constexpr std::array<std::string_view, 0> kNames{};
template <>
constexpr std::array<std::string_view, 3> kNames<Action>{"RequestCertificate", "Renew",
                                                         "SwitchToDigiCert"};
template <>
constexpr std::array<std::string_view, 2> kNames<DeletionPolicy>{"Retain", "Delete"};
template <>
constexpr std::array<std::string_view, 2> kNames<KeyAlgorithm>{"ECDSA", "RSA"};
template <>
constexpr std::array<std::string_view, 3> kNames<SignatureHash>{"sha256", "sha384", "sha512"};
template <>
constexpr std::array<std::string_view, 2> kNames<OnNoRenewedOrder>{"RenewOrder", "Wait"};
template <>
constexpr std::array<std::string_view, 2> kNames<OnNoMatchingOrder>{"Wait", "PlaceOrder"};
template <>
constexpr std::array<std::string_view, 2> kNames<ApprovalPolicy>{"RequireSkipped",
                                                                 "WaitForApproval"};
template <>
constexpr std::array<std::string_view, 4> kNames<PaymentMethod>{"balance", "card", "profile",
                                                                "wire_transfer"};
template <>
constexpr std::array<std::string_view, 3> kNames<NamespacesFrom>{"Same", "All", "Selector"};
template <>
constexpr std::array<std::string_view, 4> kNames<LabelOperator>{"In", "NotIn", "Exists",
                                                                "DoesNotExist"};
template <>
constexpr std::array<std::string_view, 3> kNames<ConditionStatus>{"True", "False", "Unknown"};
template <>
constexpr std::array<std::string_view, 2> kNames<OrderKind>{"Renewal", "New"};
template <>
constexpr std::array<std::string_view, 8> kNames<OrderState>{
    "Open", "Submitted", "Placed", "Issued", "Refused", "Rejected", "Superseded", "Abandoned"};

}  // namespace

template <class E>
std::span<const std::string_view> names_of() {
  static_assert(!kNames<E>.empty());
  return kNames<E>;
}

template std::span<const std::string_view> names_of<Action>();
template std::span<const std::string_view> names_of<DeletionPolicy>();
template std::span<const std::string_view> names_of<KeyAlgorithm>();
template std::span<const std::string_view> names_of<SignatureHash>();
template std::span<const std::string_view> names_of<OnNoRenewedOrder>();
template std::span<const std::string_view> names_of<OnNoMatchingOrder>();
template std::span<const std::string_view> names_of<ApprovalPolicy>();
template std::span<const std::string_view> names_of<PaymentMethod>();
template std::span<const std::string_view> names_of<NamespacesFrom>();
template std::span<const std::string_view> names_of<LabelOperator>();
template std::span<const std::string_view> names_of<ConditionStatus>();
template std::span<const std::string_view> names_of<OrderKind>();
template std::span<const std::string_view> names_of<OrderState>();

bool is_closed(OrderState state) {
  switch (state) {
    case OrderState::kOpen:
    case OrderState::kSubmitted:
    case OrderState::kPlaced:
      return false;
    case OrderState::kIssued:
    case OrderState::kRefused:
    case OrderState::kRejected:
    case OrderState::kSuperseded:
    case OrderState::kAbandoned:
      return true;
  }
  return true;
}

}  // namespace api
