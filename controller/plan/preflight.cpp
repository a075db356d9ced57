#include "plan/preflight.h"

#include <fmt/format.h>

#include "http/curl_transport.h"
#include "plan/read_only_transport.h"
#include "reconcile/preflight.h"
#include "reconcile/profile_access.h"
#include "rules/profile.h"

namespace plan {
namespace {

reconcile::AccountsOptions accounts_options(std::vector<std::string> allowed_hosts,
                                            std::string user_agent) {
  reconcile::AccountsOptions options{.allowed_hosts = std::move(allowed_hosts),
                                     .user_agent = user_agent,
                                     .on_call = [](std::string_view, std::string_view, double) {}};
  options.connect = [agent = std::move(user_agent)](const reconcile::AccountAccess& access)
      -> base::Result<std::unique_ptr<http::Transport>> {
    auto curl = TRY(
        http::CurlTransport::create({.extra_ca_pem = access.ca_bundle_pem, .user_agent = agent}));
    return std::make_unique<ReadOnlyTransport>(std::move(curl));
  };
  return options;
}

}  // namespace

Preflight::Preflight(World& world, std::vector<std::string> allowed_hosts, std::string user_agent,
                     base::SecretString api_key, const base::Clock& clock)
    : world_(world),
      api_key_(std::move(api_key)),
      clock_(clock),
      accounts_(accounts_options(std::move(allowed_hosts), std::move(user_agent)), clock) {}

void Preflight::check(const std::string& profile_key, const std::stop_token& stop) {
  const auto profile = world_.caches().profiles.get(profile_key);
  if (!profile || items_.contains(profile_key)) return;
  reconcile::ProfileState state = look(*profile, stop);
  state.preflight.now = clock_.now();
  if (state.account) state.preflight.approval_skipped = state.account->approval_skipped();
  const rules::ProfileReport report = rules::report_profile(*profile, state.preflight);
  state.unusable = report.unusable;
  state.problem = report.problem;
  if (!state.preflight.unreachable.empty()) blind_[profile_key] = state.preflight.unreachable;
  const std::string problem = blind(profile_key).empty() ? state.problem : blind(profile_key);
  items_[profile_key] = {.name = profile_key,
                         .place = world_.place_of_profile(profile_key),
                         .usable = problem.empty() && !state.unusable,
                         .problem = problem};
  world_.profile_states().put(profile_key, std::move(state));
}

reconcile::ProfileState Preflight::look(const api::AutomationProfile& profile,
                                        const std::stop_token& stop) {
  reconcile::ProfileState state;
  state.preflight.spec_problems = reconcile::spec_problems(profile.spec);
  if (!state.preflight.spec_problems.empty()) return state;
  const std::string key = api::key_of(profile.meta);
  reconcile::Credentials credentials{.api_key = api_key_, .version = "given"};
  if (api_key_.expose().empty()) {
    auto read = reconcile::read_credentials(profile, world_.client(), stop);
    if (!read) {
      blind_[key] = fmt::format("{}; give the key by --api-key-file or $DUPLICERT_API_KEY",
                                read.error().message);
      return state;
    }
    credentials = *std::move(read);
  }
  state.fingerprint = reconcile::fingerprint_of(profile, credentials);
  state.preflight.credentials_problem = credentials.problem;
  if (!credentials.problem.empty() && !world_.has_cluster()) {
    blind_[key] = fmt::format(
        "there is no API key for account {}: give it by --api-key-file or $DUPLICERT_API_KEY, or "
        "give the cluster that has Secret {}",
        profile.spec.account.url, profile.spec.account.api_key_secret_ref.name);
  }
  if (!credentials.problem.empty()) return state;
  const auto access = reconcile::access_of(profile, credentials.api_key);
  const auto account = access ? accounts_.get(*access) : std::unexpected(access.error());
  if (!account) {
    state.preflight.spec_problems.push_back("account: " + account.error().message);
    return state;
  }
  state.account = *account;
  reconcile::recall_approval(profile, **account);
  const auto& limit = profile.spec.account.rate_limit;
  (*account)->keep_below(key, {.requests_per_3_minutes = limit.requests_per_3_minutes,
                               .requests_per_5_seconds = limit.requests_per_5_seconds});
  state.asked_at = clock_.now();
  reconcile::ask_account(profile, **account, state.preflight, stop);
  return state;
}

std::string Preflight::blind(const std::string& profile_key) const {
  const auto at = blind_.find(profile_key);
  return at == blind_.end() ? "" : at->second;
}

std::vector<ProfileItem> Preflight::items() const {
  std::vector<ProfileItem> items;
  for (const auto& [key, item] : items_) items.push_back(item);
  return items;
}

}  // namespace plan
