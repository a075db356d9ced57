// Preflight of the profiles that a plan needs, once each. Reads only.
#pragma once

#include <map>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "plan/plan.h"
#include "plan/world.h"
#include "reconcile/accounts.h"

namespace plan {

class Preflight {
 public:
  // All must outlive it. `api_key`: instead of the profiles' Secrets; empty: not given.
  Preflight(World& world, std::vector<std::string> allowed_hosts, std::string user_agent,
            base::SecretString api_key, const base::Clock& clock);

  // Asks the CA about the profile, unless that was done, and puts the answer into the world's
  // profile states. A profile that does not exist is none of its business.
  void check(const std::string& profile_key, const std::stop_token& stop);
  // Why nothing can be said about requests of the profile: no key, or no answer. "": it can.
  std::string blind(const std::string& profile_key) const;
  std::vector<ProfileItem> items() const;

 private:
  reconcile::ProfileState look(const api::AutomationProfile& profile, const std::stop_token& stop);

  World& world_;
  const base::SecretString api_key_;
  const base::Clock& clock_;
  reconcile::Accounts accounts_;
  std::map<std::string, std::string> blind_{};
  std::map<std::string, ProfileItem> items_{};
};

}  // namespace plan
