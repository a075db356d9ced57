#include "rules/explain.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/names.h"
#include "rules/adoption.h"
#include "rules/decide.h"
#include "rules/standing.h"

namespace rules {
namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

std::string names_text(const Observed& seen) {
  const NamesWanted wanted = names_wanted(seen);
  std::vector<std::string> parts;
  if (wanted.common_name) parts.push_back("commonName " + *wanted.common_name);
  if (!wanted.dns_names.empty()) {
    parts.push_back(fmt::format("dnsNames {}", fmt::join(wanted.dns_names, ", ")));
  }
  if (seen.request.spec.order_id) {
    parts.push_back(fmt::format("order {} or its renewal", *seen.request.spec.order_id));
  }
  return parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, "; "));
}

std::string profile_text(const Observed& seen) {
  if (!seen.profile) return "there is none";
  const ProfileFacts& profile = *seen.profile;
  std::string text = fmt::format("{}: {}, product {}", profile.name,
                                 profile.unusable ? "cannot be used" : "usable", profile.product);
  if (!profile.account.empty()) text += ", account " + profile.account;
  if (profile.organization_id != 0)
    text += fmt::format(", organization {}", profile.organization_id);
  if (!profile.namespace_allowed) text += "; does not allow this namespace";
  if (!profile.problem.empty()) text += "; " + profile.problem;
  return text;
}

std::string owner_text(SecretOwner owner) {
  switch (owner) {
    case SecretOwner::kThisRequest:
      return "this request's";
    case SecretOwner::kNobody:
      return "of a request that no longer wants it";
    case SecretOwner::kOtherRequest:
      return "another request's";
    case SecretOwner::kUnclaimed:
      return "claimed by nobody";
    case SecretOwner::kForeign:
      return "somebody else's";
  }
  return "";
}

std::string secret_text(const Observed& seen) {
  if (!seen.installed) return seen.request.spec.secret_name + " does not exist";
  const InstalledFacts& installed = *seen.installed;
  std::string text =
      fmt::format("{}, {}", seen.request.spec.secret_name, owner_text(installed.owner));
  if (!installed.leaf) return text + ": no certificate; " + installed.problem;
  text += fmt::format(": {} valid until {}", installed.leaf->common_name,
                      base::format_time(installed.leaf->not_after));
  if (installed.order_id != 0) text += fmt::format(", of order {}", installed.order_id);
  if (!installed.key_matches) text += "; the key is not its key";
  return text;
}

std::string need_text(const Observed& seen) {
  const Standing standing = standing_of(seen);
  const std::string usable = standing.usable ? "the pair is usable" : standing.problem;
  switch (standing.need) {
    case Need::kNone:
      return usable + "; no new one is needed";
    case Need::kReplace:
      return fmt::format("{}; a free exchange is needed: {}", usable, standing.need_text);
    case Need::kExpiring:
      return fmt::format("{}; {}", usable, standing.need_text);
  }
  return usable;
}

std::string renewal_text(const Observed& seen) {
  const Standing standing = standing_of(seen);
  if (!seen.renewal.automatic) return "by hand only (renewal.auto is false)";
  const std::string before =
      seen.renewal.before_percentage
          ? fmt::format("when less than {} % of the lifetime is left",
                        *seen.renewal.before_percentage)
          : fmt::format("when less than {} is left", base::format_duration(seen.renewal.before));
  const std::string at =
      standing.renewal_time ? ": " + base::format_time(*standing.renewal_time) : "";
  return fmt::format("{}{}; if nobody has renewed the order: {}", before, at,
                     api::name_of(seen.renewal.on_no_renewed_order));
}

std::string pending_text(const Observed& seen) {
  if (!seen.pending) return "none";
  const PendingFacts& pending = *seen.pending;
  std::string text = pending.entry.empty() ? fmt::format("for order {}", pending.order_id)
                                           : "for CertificateOrder " + pending.entry;
  text += pending.submitted_at ? fmt::format(", sent {} time(s), last at {}", pending.sends,
                                             base::format_time(*pending.submitted_at))
                               : ", not sent";
  if (pending.refusal) text += "; the CA said no: " + pending.refusal->message;
  return text;
}

std::string ledger_text(const Observed& seen) {
  std::vector<std::string> entries;
  for (const LedgerEntry& entry : seen.ledger) {
    entries.push_back(fmt::format("{} is {}", entry.name, api::name_of(entry.state)));
  }
  return entries.empty() ? "nothing about these names"
                         : fmt::format("{}", fmt::join(entries, ", "));
}

std::string orders_text(const Observed& seen) {
  if (seen.ca_error) return "did not answer: " + seen.ca_error->message;
  if (!seen.ca.orders) return "not asked";
  std::vector<std::string> orders;
  for (const OrderFacts& order : *seen.ca.orders) {
    orders.push_back(fmt::format("{} ({}, {}, paid until {})", order.id, order.common_name,
                                 order.status, base::format_date(paid_until(order))));
  }
  return orders.empty() ? "no order shares a name" : fmt::format("{}", fmt::join(orders, ", "));
}

void try_change(const Observed& changed, std::string text, const Decision& made,
                std::vector<WhatIf>& found) {
  Decision then = decide(changed);
  if (then.rule != made.rule) found.push_back({std::move(text), std::move(then)});
}

std::optional<base::TimePoint> until_of(const Decision& made) {
  if (const auto* nothing = std::get_if<Nothing>(&made.action)) return nothing->until;
  if (const auto* wait = std::get_if<Wait>(&made.action)) return wait->until;
  return std::nullopt;
}

}  // namespace

std::vector<FactLine> describe(const Observed& seen) {
  std::vector<FactLine> facts{
      {"action", std::string(api::name_of(seen.request.spec.action))},
      {"names", names_text(seen)},
      {"profile", profile_text(seen)},
      {"Secret", secret_text(seen)},
      {"need", need_text(seen)},
      {"renewal", renewal_text(seen)},
      {"schedule",
       seen.windows.empty() ? "any time" : fmt::format("{} window(s)", seen.windows.size())},
      {"pending key", pending_text(seen)},
      {"ledger", ledger_text(seen)},
      {"CA", orders_text(seen)},
  };
  if (!seen.spec_problems.empty()) {
    facts.push_back({"spec", fmt::format("{}", fmt::join(seen.spec_problems, "; "))});
  }
  if (seen.older_claim) facts.push_back({"claim", "the older request " + *seen.older_claim});
  return facts;
}

std::vector<WhatIf> what_would_change(const Observed& seen, const Decision& made) {
  std::vector<WhatIf> found;
  if (const auto until = until_of(made); until && *until > seen.now) {
    Observed later = seen;
    later.now = *until;
    try_change(later, "at " + base::format_time(*until), made, found);
  }
  Observed asked = seen;
  asked.request.meta.annotations[std::string(api::kRenewRequestedAtAnnotation)] =
      base::format_time(seen.now);
  try_change(asked, "with a new value of " + std::string(api::kRenewRequestedAtAnnotation), made,
             found);
  Observed suspended = seen;
  suspended.request.spec.suspend = !seen.request.spec.suspend;
  try_change(suspended, fmt::format("with spec.suspend: {}", suspended.request.spec.suspend), made,
             found);
  Observed automatic = seen;
  automatic.renewal.automatic = !seen.renewal.automatic;
  try_change(automatic, fmt::format("with renewal.auto: {}", automatic.renewal.automatic), made,
             found);
  return found;
}

std::string describe(const Action& action) {
  const auto until = [](const std::optional<base::TimePoint>& time) {
    return time ? "before " + base::format_time(*time) : "before something changes";
  };
  return std::visit(
      Overloaded{
          [&](const Nothing& it) { return "nothing is done " + until(it.until); },
          [&](const Wait& it) { return "it waits: no other look " + until(it.until); },
          [](const AskOrders&) -> std::string { return "the CA is asked for its orders"; },
          [](const AskDuplicates& it) {
            return fmt::format("the CA is asked for the duplicates of order {}", it.order_id);
          },
          [](const AskCertificate& it) {
            return fmt::format("certificate {} is fetched", it.certificate_id);
          },
          [](const AskOwnership&) -> std::string {
            return "the CA is asked whose the certificate in the Secret is";
          },
          [](const AskApproval& it) {
            return fmt::format("the CA is asked for its request {}", it.request_id);
          },
          [](const AskRevocation&) -> std::string {
            return "the CA is asked whether the certificate was revoked";
          },
          [](const SubmitDuplicate& it) {
            return fmt::format("a duplicate of order {} is requested", it.order_id);
          },
          [](const InstallCertificate& it) {
            return fmt::format("the duplicate of order {} is installed", it.order_id);
          },
          [](const DropPending&) -> std::string { return "the pending key is dropped"; },
          [](const BackUpForeignSecret&) -> std::string { return "the old pair is copied"; },
          [](const ApplyMarks&) -> std::string { return "labels and annotations are written"; },
          [](const OpenLedger& it) {
            return it.renewal_of == 0 ? std::string("an order is bought")
                                      : fmt::format("order {} is renewed", it.renewal_of);
          },
          [](const RememberNoGain&) -> std::string { return "it is noted that nothing is gained"; },
          [](const UpdateKeystore&) -> std::string { return "the keystore is written anew"; },
          [](const PrepareKey&) -> std::string { return "a key and its CSR are made"; },
          [](const RecordRejection&) -> std::string { return "the rejection is noted"; },
      },
      action);
}

}  // namespace rules
