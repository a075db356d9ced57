// The words that people read beside those of the decision tables: what a status says in its own
// words, what the conditions of a profile say, and Events. And that every reason has words.
#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "api/names.h"
#include "api/validate.h"
#include "rules/decide.h"
#include "rules/profile.h"
#include "rules/report.h"
#include "rules/schedule.h"
#include "support/golden.h"
#include "support/observed_builder.h"
#include "support/order_states.h"

namespace golden {
namespace {

using rules::Observed;
using support::kNow;
using support::leaf;
using support::observed;
using namespace std::chrono_literals;
using std::chrono::days;

constexpr const char* kFile = "tests/golden/words.txt";

// A line for each text, "where, reason: text", sorted within their part.
using Lines = std::set<std::string>;

void add(Lines& lines, std::string_view where, std::string_view reason, std::string_view text) {
  lines.insert(fmt::format("{}, {}: {}", where, reason, text));
}

// Reconciling and Stalled repeat what Ready says.
template <class Status>
void add_conditions(Lines& lines, const Status& status) {
  for (const auto& condition : status.conditions) {
    if (condition.type == api::kReconciling || condition.type == api::kStalled) continue;
    add(lines, fmt::format("{}={}", condition.type, api::name_of(condition.status)),
        condition.reason, condition.message);
  }
}

Observed refused_for(api::Reason reason, const std::string& words) {
  Observed seen = observed().with_pending(support::submitted(1h)).refused(1h);
  seen.pending->refusal->reason = reason;
  seen.pending->refusal->message = words;
  seen.ca.orders = {support::order()};
  return seen;
}

Observed with_invalid_spec() {
  Observed seen = observed();
  auto& spec = seen.request.spec;
  spec.renewal.before = 5min;
  spec.schedule.windows = {{"0 2 31 2 *", "Europe/Bern", 4h}};
  for (const auto& found : api::validate(spec)) {
    seen.spec_problems.push_back(fmt::format("{}: {}", found.field, found.message));
  }
  for (auto& problem : rules::window_problems(spec.schedule.windows)) {
    seen.spec_problems.push_back(std::move(problem));
  }
  return seen;
}

// A copy that is due, whose renewal stands at an entry that says what is decided about it.
Observed waiting_for_entry(const rules::OrderObserved& order) {
  const rules::OrderDecision decided = rules::decide_order(order);
  rules::LedgerEntry entry = order.entry;
  entry.reason = decided.reason;
  entry.message = decided.message;
  return observed()
      .with_secret(leaf(days{20}))
      .with_order(support::ending_order(days{20}))
      .with_entry(entry);
}

rules::OrderObserved used_up() {
  rules::OrderObserved order = support::order_observed(support::sent_entry(2));
  order.look.emplace();
  order.settling = {support::kOrderWindow, rules::kSettleLooksMin};
  return order;
}

rules::OrderObserved awaiting_approval() {
  rules::OrderObserved order = support::order_observed(support::placed_entry());
  order.look = rules::OrderLook{.ours = support::our_order("needs_approval")};
  return order;
}

Observed asking_for_order(std::int64_t id, const std::vector<rules::OrderFacts>& orders) {
  Observed seen = observed().asking_for_order(id);
  seen.ca.orders = orders;
  return seen;
}

rules::OrderFacts order_without_duplicates() {
  rules::OrderFacts order = support::order();
  order.allow_duplicates = false;
  return order;
}

rules::OrderFacts pending_order() {
  rules::OrderFacts order = support::order();
  order.status = "pending";
  return order;
}

// States that the decision table leaves out: their facts are of no use to the enumerations.
std::vector<Observed> further_states() {
  Observed lapsed = refused_for(api::Reason::kValidationExpired, "organization_not_validated: no");
  lapsed.profile->validation_problem =
      "the validation of organization 7 ended at 2026-04-01T00:00:00Z; submit it for validation in "
      "CertCentral (Certificates > Organizations)";
  return {
      with_invalid_spec(),
      observed()
          .asking_for("shop.example.com", {"shop.example.com", "pay.example.com"})
          .with_order(support::order()),
      observed()
          .with_product("ssl_wildcard")
          .asking_for("*.example.com", {"*.example.com", "a.other.org"})
          .with_order({.id = 12345,
                       .status = "issued",
                       .common_name = "*.example.com",
                       .dns_names = {"*.example.com", "example.com"},
                       .product = "ssl_wildcard",
                       .organization_id = 7,
                       .order_valid_till = kNow + days{300},
                       .certificate_valid_till = kNow + days{300}}),
      observed().with_order(order_without_duplicates()),
      asking_for_order(support::kOrderId, {pending_order()}),
      asking_for_order(99, {}),
      refused_for(api::Reason::kOrderNotEligible, "not_found|order: no such order"),
      refused_for(api::Reason::kValidationExpired, "domain_not_validated: example.com"),
      lapsed,
      waiting_for_entry(used_up()),
      waiting_for_entry(awaiting_approval()),
  };
}

// What report() adds to the words of a decision, and what it says in words of its own.
std::vector<Observed> reported_states() {
  Observed without_order = observed().with_secret(leaf());
  without_order.installed->order_id = 0;
  Observed found = observed().acting(api::Action::kSwitchToDigiCert);
  found.installed = support::unclaimed_secret(leaf());
  found.ca.ownership = rules::OwnershipFacts{support::kOrderId, 1};
  found.installed->order_id = support::kOrderId;
  return {observed().with_secret(leaf()),
          without_order,
          found,
          observed().with_secret(leaf(days{3})).without_orders(),
          observed().with_secret(leaf(days{3})).without_automatic_renewal(),
          observed().with_secret(leaf(-1h)).without_orders(),
          observed().with_secret(leaf(-1h)).suspended().without_orders(),
          observed().with_secret(leaf(-1h)).waiting_for_renewals().with_order(
              support::ending_order(-1h))};
}

Lines request_words() {
  Lines lines;
  for (const Observed& seen : further_states()) {
    const rules::Decision made = rules::decide(seen);
    add(lines, "request", api::name_of(made.reason), made.message);
    for (const auto& candidate : rules::candidates_of(made)) {
      add(lines, "candidate", candidate.eligible ? "eligible" : "refused", candidate.reason);
    }
  }
  return lines;
}

Lines status_words() {
  Lines lines;
  for (const Observed& seen : reported_states()) {
    add_conditions(lines, rules::report(seen, rules::decide(seen)));
  }
  rules::Decision made = rules::decide(observed().with_order(support::order()));
  made.trouble = "secrets is forbidden: exceeded quota: objects";
  add_conditions(lines, rules::report(observed(), made));
  return lines;
}

rules::PreflightFacts good_facts() {
  return {.account_id = 1234567,
          .account = support::kAccount,
          .key_can_approve = true,
          .product_exists = true,
          .duplicates_allowed = true,
          .organization_id = 7,
          .now = kNow};
}

// What is found, one thing in each.
std::vector<rules::PreflightFacts> preflights() {
  std::vector<rules::PreflightFacts> all;
  const auto with = [&all](void (*change)(rules::PreflightFacts&)) {
    change(all.emplace_back(good_facts()));
  };
  with([](auto& /*facts*/) {});
  with([](auto& facts) { facts.spec_problems = {"spec.renewal.before: 5m is out of range"}; });
  with([](auto& facts) { facts.credentials_problem = "account.apiKeySecretRef: no Secret corp"; });
  with([](auto& facts) { facts.unreachable = "account.url https://ca.example: no route"; });
  with([](auto& facts) {
    facts.unreachable = "account.url https://ca.example: no route";
    facts.organization_id.reset();
  });
  with([](auto& facts) { facts.key_can_approve = false; });
  with([](auto& facts) { facts.approval_skipped = true; });
  with([](auto& facts) { facts.approval_skipped = false; });
  with([](auto& facts) { facts.product_exists.reset(); });
  with([](auto& facts) { facts.product_exists = false; });
  with([](auto& facts) { facts.duplicates_allowed = false; });
  with([](auto& facts) { facts.organization_problem = "organization.id 7 is not active"; });
  with([](auto& facts) { facts.organization_validated_until = kNow + days{3}; });
  with([](auto& facts) { facts.organization_validated_until = kNow - days{3}; });
  return all;
}

Lines profile_words() {
  api::AutomationProfile profile;
  profile.spec.product = "ssl_basic";
  Lines lines;
  for (rules::PreflightFacts facts : preflights()) {
    const auto report = rules::report_profile(profile, facts);
    add_conditions(lines, report.status);
    api::AutomationProfile later = profile;
    later.status = report.status;
    facts.now += rules::kUnreachableGrace;
    add_conditions(lines, rules::report_profile(later, facts).status);
  }
  return lines;
}

Lines event_words() {
  Lines lines;
  Observed seen = observed().with_secret(leaf(days{3})).ca_returned(support::issued());
  add(lines, "Normal", "Issued", rules::issued_text(seen, {support::kOrderId, 123452}));
  seen.windows = {{"0 0 8 * *", "UTC", 4h}};
  add(lines, "Warning", "WindowIgnored", rules::ignored_window(seen).value_or(""));
  return lines;
}

std::string document() {
  std::string text =
      "# Written by hack/update.sh; tests/golden compares it. where, reason: words.\n";
  const auto part = [&text](std::string_view title, const Lines& lines) {
    text += fmt::format("\n# {}\n", title);
    for (const std::string& line : lines) text += line + "\n";
  };
  part("Requests, beside messages.txt", request_words());
  part("Conditions of requests, in words of their own", status_words());
  part("Conditions of profiles", profile_words());
  part("Events, beside those that repeat a condition", event_words());
  return text;
}

// The lines of all files of words.
std::vector<std::string> all_lines() {
  std::vector<std::string> lines;
  for (const char* name : {"tests/golden/messages.txt", "tests/golden/order_messages.txt", kFile}) {
    std::istringstream in(support::read_text(std::filesystem::path(DUPLICERT_SOURCE_DIR) / name));
    for (std::string line; std::getline(in, line);) {
      if (!line.empty() && line.front() != '#') lines.push_back(line);
    }
  }
  return lines;
}

TEST(Words, AreAsReviewed) {
  support::expect_golden(kFile, document());
}

bool is_told(const std::vector<std::string>& lines, api::Reason reason) {
  const std::string part = fmt::format(", {}: ", api::name_of(reason));
  return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
    const auto at = line.find(part);
    return at != line.npos && at + part.size() < line.size();
  });
}

TEST(Words, StandInTheFilesForEachReasonOfTheApi) {
  const auto lines = all_lines();

  for (const api::Reason reason : api::all_reasons()) {
    EXPECT_TRUE(is_told(lines, reason))
        << api::name_of(reason) << ": no test shows what a person reads";
  }
}

// Texts are put together from parts: nothing is left empty between them.
TEST(Words, FitTogether) {
  for (const std::string& line : all_lines()) {
    for (const char* slip : {"  ", ". .", "..;", ";;", ": ;", "()", " .", " ,", "{}"}) {
      EXPECT_EQ(line.find(slip), line.npos) << "'" << slip << "' in: " << line;
    }
  }
}

}  // namespace
}  // namespace golden
