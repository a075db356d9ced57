// The closed sets of words in the API of Duplicert, and their spelling in JSON.
// Pure. What each word means to a user stands in the comment of the field that carries it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

namespace api {

enum class Action { kRequestCertificate, kRenew, kSwitchToDigiCert };
enum class DeletionPolicy { kRetain, kDelete };
enum class KeyAlgorithm { kEcdsa, kRsa };
enum class SignatureHash { kSha256, kSha384, kSha512 };
enum class OnNoRenewedOrder { kRenewOrder, kWait };
enum class OnNoMatchingOrder { kWait, kPlaceOrder };
enum class ApprovalPolicy { kRequireSkipped, kWaitForApproval };
enum class PaymentMethod { kBalance, kCard, kProfile, kWireTransfer };
enum class NamespacesFrom { kSame, kAll, kSelector };
enum class LabelOperator { kIn, kNotIn, kExists, kDoesNotExist };
enum class ConditionStatus { kTrue, kFalse, kUnknown };
enum class OrderKind { kRenewal, kNew };
enum class OrderState {
  kOpen,
  kSubmitted,
  kPlaced,
  kIssued,
  kRefused,
  kRejected,
  kSuperseded,
  kAbandoned,
};

// All spellings of E, in the order of its enumerators. Instantiated for the enums above only.
template <class E>
std::span<const std::string_view> names_of();

// The spelling in JSON, for example "RequestCertificate".
template <class E>
  requires std::is_enum_v<E>
std::string_view name_of(E value) {
  return names_of<E>()[static_cast<std::size_t>(value)];
}

// The enumerator of that spelling (case matters); nullopt if there is none.
template <class E>
std::optional<E> parse_enum(std::string_view name) {
  const auto names = names_of<E>();
  for (std::size_t index = 0; index < names.size(); ++index) {
    if (names[index] == name) return static_cast<E>(index);
  }
  return std::nullopt;
}

// True for the states from which a ledger entry never moves again.
bool is_closed(OrderState state);

}  // namespace api
