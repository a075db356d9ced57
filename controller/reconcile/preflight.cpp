#include "reconcile/preflight.h"

#include <algorithm>

#include <fmt/format.h>

#include "certcentral/client.h"

namespace reconcile {
namespace {

using certcentral::Organization;

std::string rejection_of(const api::AutomationProfile& profile, const Account& account) {
  const std::string rejection = account.rejection();
  const auto& ref = profile.spec.account.api_key_secret_ref;
  return rejection.empty() ? "" : fmt::format("{} {} (key {})", rejection, ref.name, ref.key);
}

// A refused key speaks for itself; everything else is "no usable answer".
void note_failure(const api::AutomationProfile& profile, Account& account, const base::Error& error,
                  rules::PreflightFacts& facts) {
  if (error.code == base::Code::kUnauthenticated) {
    account.reject_credentials(error);
    facts.credentials_problem = rejection_of(profile, account);
    return;
  }
  facts.unreachable = fmt::format(
      "account.url {}: {}. Check the address and the network, and account.caBundle if the CA's own "
      "certificate is private",
      profile.spec.account.url, error.message);
}

void ask_user(const api::AutomationProfile& profile, Account& account, rules::PreflightFacts& facts,
              std::stop_token stop) {
  const auto user = account.ca({})->user_me(stop);
  if (!user) return note_failure(profile, account, user.error(), facts);
  facts.account_id = user->account_id;
  facts.key_can_approve = user->can_approve();
  account.set_can_approve(facts.key_can_approve);
  if (const auto host = certcentral::host_of(profile.spec.account.url)) {
    facts.account = fmt::format("{}/{}", *host, user->account_id);
    account.set_name(facts.account);
  }
}

// The type of validation that certificates of the product need of the organization, or "".
std::string validation_of(const certcentral::Product& product) {
  return product.is_dv() || product.name_id.starts_with("private_") ? "" : product.validation_type;
}

void note_validation(const Organization& organization, const std::string& needed,
                     rules::PreflightFacts& facts) {
  for (const auto& validation : organization.validations) {
    if (needed.empty() || validation.type != needed || !validation.validated_until) continue;
    facts.organization_validated_until =
        std::max(facts.organization_validated_until, validation.validated_until);
  }
}

void ask_product(const api::AutomationProfile& profile, Account& account, std::string& needed,
                 rules::PreflightFacts& facts, std::stop_token stop) {
  const auto product = account.ca({})->product(profile.spec.product, stop);
  if (!product && product.error().code == base::Code::kNotFound) {
    facts.product_exists = false;
    return;
  }
  if (!product) return note_failure(profile, account, product.error(), facts);
  facts.product_exists = true;
  needed = validation_of(*product);
  facts.duplicates_allowed = product->duplicates_allowed.value_or(true) && !product->is_dv();
}

void ask_organization_by_id(const api::AutomationProfile& profile, std::int64_t id,
                            const std::string& needed, Account& account,
                            rules::PreflightFacts& facts, std::stop_token stop) {
  const auto organization = account.ca({})->organization(id, stop);
  if (organization && !organization->is_active) {
    facts.organization_problem = fmt::format(
        "organization.id {} ({}) is not active; activate it in CertCentral, or use another", id,
        organization->name);
    return;
  }
  // A key restricted to orders may not read organizations; the id is enough to go on.
  if (organization || organization.error().code == base::Code::kPermissionDenied) {
    facts.organization_id = id;
    if (organization) note_validation(*organization, needed, facts);
    return;
  }
  if (organization.error().code == base::Code::kNotFound) {
    facts.organization_problem =
        fmt::format("organization.id {}: the account has no such organization; correct it", id);
    return;
  }
  note_failure(profile, account, organization.error(), facts);
}

void ask_organization_by_name(const api::AutomationProfile& profile, const std::string& name,
                              const std::string& needed, Account& account,
                              rules::PreflightFacts& facts, std::stop_token stop) {
  const auto found =
      account.ca({})->list_organizations({.search = name, .active_only = true}, stop);
  if (!found && found.error().code == base::Code::kPermissionDenied) {
    facts.organization_problem = fmt::format(
        "organization.name {}: the API key may not read organizations; give organization.id", name);
    return;
  }
  if (!found) return note_failure(profile, account, found.error(), facts);
  const auto is_it = [&](const Organization& one) { return one.name == name; };
  const auto count = std::ranges::count_if(*found, is_it);
  if (count != 1) {
    facts.organization_problem = fmt::format(
        "organization.name {} fits {} active organizations of the account; give organization.id",
        name, count);
    return;
  }
  const auto it = std::ranges::find_if(*found, is_it);
  facts.organization_id = it->id;
  note_validation(*it, needed, facts);
}

}  // namespace

void ask_account(const api::AutomationProfile& profile, Account& account,
                 rules::PreflightFacts& facts, std::stop_token stop) {
  facts.credentials_problem = rejection_of(profile, account);
  const auto troubled = [&] {
    return !facts.credentials_problem.empty() || !facts.unreachable.empty();
  };
  if (!troubled()) ask_user(profile, account, facts, stop);
  std::string needed;
  if (!troubled()) ask_product(profile, account, needed, facts, stop);
  if (troubled()) return;
  const auto& organization = profile.spec.organization;
  if (organization.id) {
    ask_organization_by_id(profile, *organization.id, needed, account, facts, stop);
  } else {
    ask_organization_by_name(profile, organization.name.value_or(""), needed, account, facts, stop);
  }
}

}  // namespace reconcile
