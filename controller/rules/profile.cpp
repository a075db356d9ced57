#include "rules/profile.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/names.h"

namespace rules {
namespace {

using api::ConditionStatus;

class Writer {
 public:
  Writer(const api::AutomationProfile& profile, const PreflightFacts& facts)
      : profile_(profile), facts_(facts), conditions_(profile.status.conditions) {}

  void set(std::string_view type, ConditionStatus status, std::string reason, std::string message) {
    api::set_condition(conditions_, {.type = std::string(type),
                                     .status = status,
                                     .reason = std::move(reason),
                                     .message = std::move(message),
                                     .observed_generation = profile_.meta.generation,
                                     .last_transition_time =
                                         std::chrono::floor<std::chrono::seconds>(facts_.now)});
  }
  void unknown(std::string_view type, std::string message) {
    set(type, ConditionStatus::kUnknown, "NotAsked", std::move(message));
  }

  const api::Conditions& conditions() const { return conditions_; }

 private:
  const api::AutomationProfile& profile_;
  const PreflightFacts& facts_;
  api::Conditions conditions_;
};

std::string no_such_product(const api::AutomationProfile& profile) {
  return fmt::format(
      "spec.product {}: the account has no such product; correct it: name_ids are "
      "listed in CertCentral under Products",
      profile.spec.product);
}

struct Trouble {
  api::Reason reason{};
  std::string text{};
};

void report_account(const api::AutomationProfile& profile, const PreflightFacts& facts,
                    Writer& writer) {
  const std::string& url = profile.spec.account.url;
  if (!facts.spec_problems.empty()) {
    writer.unknown(api::kAccountReachable, "the spec must be corrected first");
  } else if (!facts.credentials_problem.empty()) {
    writer.set(api::kAccountReachable, ConditionStatus::kFalse, "CredentialsRejected",
               facts.credentials_problem);
  } else if (!facts.unreachable.empty()) {
    writer.set(api::kAccountReachable, ConditionStatus::kFalse, "CAUnavailable", facts.unreachable);
  } else {
    writer.set(api::kAccountReachable, ConditionStatus::kTrue, "Answered",
               fmt::format("{} accepts the API key", url));
  }
}

void report_product(const api::AutomationProfile& profile, const PreflightFacts& facts,
                    Writer& writer) {
  const std::string& product = profile.spec.product;
  if (!facts.product_exists) {
    writer.unknown(api::kProductAvailable, "the CA has not answered yet");
    writer.unknown(api::kDuplicatesEnabled, "the CA has not answered yet");
    return;
  }
  if (!*facts.product_exists) {
    writer.set(api::kProductAvailable, ConditionStatus::kFalse, "NotFound",
               no_such_product(profile));
    writer.unknown(api::kDuplicatesEnabled, "the product must be corrected first");
    return;
  }
  writer.set(api::kProductAvailable, ConditionStatus::kTrue, "Available",
             fmt::format("the account may order {}", product));
  if (facts.duplicates_allowed.value_or(true)) {
    writer.set(api::kDuplicatesEnabled, ConditionStatus::kTrue, "Enabled",
               fmt::format("{} can be duplicated", product));
  } else {
    writer.set(api::kDuplicatesEnabled, ConditionStatus::kFalse, "Disabled",
               fmt::format("spec.product {}: duplicates are off; an administrator enables the "
                           "duplicate certificate feature for the account (DV products have none)",
                           product));
  }
}

void report_organization(const PreflightFacts& facts, Writer& writer) {
  if (!facts.organization_problem.empty()) {
    writer.set(api::kOrganizationActive, ConditionStatus::kFalse, "NotUsable",
               facts.organization_problem);
  } else if (const std::string lapsed = validation_problem(facts); !lapsed.empty()) {
    writer.set(api::kOrganizationActive, ConditionStatus::kFalse, "ValidationExpired", lapsed);
  } else if (facts.organization_id) {
    const auto& until = facts.organization_validated_until;
    writer.set(
        api::kOrganizationActive, ConditionStatus::kTrue, "Active",
        fmt::format(
            "organization {} is used{}", *facts.organization_id,
            until ? fmt::format("; its validation ends at {}", base::format_time(*until)) : ""));
  } else {
    writer.unknown(api::kOrganizationActive, "the CA has not answered yet");
  }
}

void report_approval(const PreflightFacts& facts, Writer& writer) {
  if (facts.approval_skipped) {
    writer.set(api::kApprovalStepSkipped,
               *facts.approval_skipped ? ConditionStatus::kTrue : ConditionStatus::kFalse,
               *facts.approval_skipped ? "ApprovedAtOnce" : "ApprovalAsked",
               *facts.approval_skipped
                   ? "a request was approved at once"
                   : "a request waits for an approver; choose Settings > Preferences > Advanced "
                     "Settings > Certificate Requests > Approval Steps > Skip approval step");
    return;
  }
  writer.unknown(api::kApprovalStepSkipped,
                 facts.account_id && !facts.key_can_approve
                     ? "the user of the API key is neither administrator nor manager; requests of "
                       "such users always need an approval"
                     : "the next request will show it");
}

std::optional<Trouble> find_trouble(const api::AutomationProfile& profile,
                                    const PreflightFacts& facts) {
  if (!facts.spec_problems.empty()) {
    return Trouble{api::Reason::kProfileNotReady,
                   fmt::format("{}", fmt::join(facts.spec_problems, "; "))};
  }
  if (!facts.credentials_problem.empty()) {
    return Trouble{api::Reason::kCredentialsRejected, facts.credentials_problem};
  }
  if (facts.product_exists && !*facts.product_exists) {
    return Trouble{api::Reason::kProfileNotReady, no_such_product(profile)};
  }
  if (!facts.organization_problem.empty()) {
    return Trouble{api::Reason::kProfileNotReady, facts.organization_problem};
  }
  const bool complete = facts.account_id && facts.organization_id && facts.product_exists;
  if (!facts.unreachable.empty() && !complete) {
    return Trouble{api::Reason::kCaUnavailable, facts.unreachable};
  }
  return std::nullopt;
}

// Unreachable for longer than the grace, as the condition of the last report tells.
bool is_long_unreachable(const api::Conditions& conditions, base::TimePoint now) {
  const auto* reachable = api::find_condition(conditions, api::kAccountReachable);
  return reachable != nullptr && reachable->status == ConditionStatus::kFalse &&
         now - reachable->last_transition_time >= kUnreachableGrace;
}

void report_ready(const api::AutomationProfile& profile, const std::optional<Trouble>& trouble,
                  const PreflightFacts& facts, Writer& writer) {
  if (trouble) {
    writer.set(api::kReady, ConditionStatus::kFalse, std::string(api::name_of(trouble->reason)),
               trouble->text);
  } else if (!facts.duplicates_allowed.value_or(true)) {
    writer.set(api::kReady, ConditionStatus::kFalse, "DuplicatesNotAllowed",
               "duplicates are off for the product; see the condition DuplicatesEnabled");
  } else if (const std::string lapsed = validation_problem(facts); !lapsed.empty()) {
    writer.set(api::kReady, ConditionStatus::kFalse, "ValidationExpired", lapsed);
  } else if (facts.approval_skipped == false &&
             profile.spec.approval == api::ApprovalPolicy::kRequireSkipped) {
    writer.set(api::kReady, ConditionStatus::kFalse, "ApprovalStepEnabled",
               "the account asks for an approval of each request, and spec.approval is "
               "RequireSkipped; see the condition ApprovalStepSkipped");
  } else if (is_long_unreachable(writer.conditions(), facts.now)) {
    writer.set(api::kReady, ConditionStatus::kFalse, "CAUnavailable", facts.unreachable);
  } else {
    writer.set(api::kReady, ConditionStatus::kTrue, "Ready", "requests can use this profile");
  }
}

}  // namespace

std::string validation_problem(const PreflightFacts& facts) {
  const auto& until = facts.organization_validated_until;
  if (!until || *until > facts.now) return {};
  return fmt::format(
      "the validation of organization {} ended at {}; submit it for validation in CertCentral "
      "(Certificates > Organizations)",
      facts.organization_id.value_or(0), base::format_time(*until));
}

ProfileReport report_profile(const api::AutomationProfile& profile, const PreflightFacts& facts) {
  Writer writer(profile, facts);
  report_account(profile, facts, writer);
  report_product(profile, facts, writer);
  report_organization(facts, writer);
  report_approval(facts, writer);
  const auto trouble = find_trouble(profile, facts);
  report_ready(profile, trouble, facts, writer);

  ProfileReport report;
  report.status.observed_generation = profile.meta.generation;
  report.status.account_id = facts.account_id;
  report.status.organization_id = facts.organization_id;
  report.status.conditions = writer.conditions();
  if (trouble) {
    report.unusable = trouble->reason;
    report.problem = trouble->text;
  }
  return report;
}

std::optional<std::vector<std::string>> allowed_names(
    const api::AutomationProfileSpec& profile,
    const std::map<std::string, std::string>& namespace_labels) {
  if (profile.name_constraints.empty()) return std::nullopt;
  std::vector<std::string> patterns;
  for (const api::NameConstraint& entry : profile.name_constraints) {
    if (entry.namespace_selector && !api::matches(*entry.namespace_selector, namespace_labels)) {
      continue;
    }
    patterns.insert(patterns.end(), entry.dns_names.begin(), entry.dns_names.end());
  }
  return patterns;
}

}  // namespace rules
