// Every set of conditions that a request can show, as objects: hack/chart-check.sh asks kstatus and
// Argo CD's script about each. The rules that Flux holds conditions to are checked here
// (fluxcd/pkg, runtime/conditions/check).
#include <map>
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "api/names.h"
#include "rules/decide.h"
#include "rules/report.h"
#include "support/abstract_states.h"
#include "support/golden.h"

namespace golden {
namespace {

using api::Condition;
using nlohmann::json;
using rules::Observed;
using Status = api::DuplicateCertificateRequestStatus;
using State = std::array<const char*, support::kFactCount>;

bool is_true(const Status& status, std::string_view type) {
  const Condition* condition = api::find_condition(status.conditions, type);
  return condition != nullptr && condition->status == api::ConditionStatus::kTrue;
}

// "Ready=False/SecretConflict Stalled=True/SecretConflict"
std::string key_of(const Status& status) {
  const json encoded = api::encode_status(status);
  std::string key;
  for (const json& condition : encoded.at("conditions")) {
    key += fmt::format(
        "{}{}={}/{}", key.empty() ? "" : " ", condition.at("type").get<std::string>(),
        condition.at("status").get<std::string>(), condition.at("reason").get<std::string>());
  }
  return key;
}

void expect_flux_is_content(const Observed& seen, const Status& status) {
  const Condition* ready = api::find_condition(status.conditions, api::kReady);
  ASSERT_NE(ready, nullptr) << "F2: Ready is always there";
  const bool reconciling = is_true(status, api::kReconciling);
  const bool stalled = is_true(status, api::kStalled);
  EXPECT_FALSE(reconciling && stalled) << "F5";
  if (is_true(status, api::kReady)) {
    EXPECT_FALSE(reconciling || stalled) << "F1";
    EXPECT_EQ(ready->observed_generation, status.observed_generation) << "F9";
  } else {
    EXPECT_TRUE(reconciling || stalled) << "a request that is not Ready tells who must act";
  }
  EXPECT_LE(status.observed_generation, seen.request.meta.generation) << "F6";
}

// What a person would expect of the reason, whatever the conditions say.
struct Expected {
  std::string kstatus{};
  std::string argo{};
};

Expected expected(const Status& status) {
  const Condition* ready = api::find_condition(status.conditions, api::kReady);
  if (is_true(status, api::kReady)) return {"Current", "Healthy"};
  const api::Reason reason = *api::parse_reason(ready->reason);
  if (reason == api::Reason::kSuspended) return {"Failed", "Suspended"};
  switch (api::class_of(reason)) {
    case api::ReasonClass::kPerson:
      return {"Failed", "Degraded"};
    case api::ReasonClass::kGrace:
    case api::ReasonClass::kPersonAfterADay:
      if (is_true(status, api::kStalled)) return {"Failed", "Degraded"};
      return {"InProgress", "Progressing"};
    case api::ReasonClass::kNone:
    case api::ReasonClass::kProgress:
    case api::ReasonClass::kEventOnly:
      return {"InProgress", "Progressing"};
  }
  return {};
}

json object_of(const std::string& key, const Status& status) {
  const Expected expect = expected(status);
  json conditions = api::encode_status(status).at("conditions");
  for (json& condition : conditions) {
    condition.erase("lastTransitionTime");
    condition["message"] = "a message";
    condition["observedGeneration"] = 1;
  }
  return {{"apiVersion", api::kApiVersion},
          {"kind", api::kDuplicateCertificateRequestKind},
          {"metadata",
           {{"name", "shop"},
            {"namespace", "team-a"},
            {"generation", 1},
            {"annotations",
             {{"conditions", key}, {"kstatus", expect.kstatus}, {"argo", expect.argo}}}}},
          {"status", {{"observedGeneration", 1}, {"conditions", conditions}}}};
}

class States {
 public:
  // The state as it is found, and what the same state shows later, when patience has ended.
  void add(Observed seen) {
    for (const auto later :
         {std::chrono::minutes{0}, std::chrono::minutes{6}, std::chrono::minutes{1500}}) {
      seen.now += later;
      if (seen.request.meta.deletion_time) return;
      const Status status = rules::report(seen, rules::decide(seen));
      expect_flux_is_content(seen, status);
      const std::string key = key_of(status);
      if (!objects_.contains(key)) objects_.emplace(key, object_of(key, status));
      seen.request.status = status;
    }
  }

  std::string text() const {
    json list = json::array();
    for (const auto& [key, object] : objects_) list.push_back(object);
    return list.dump(1) + "\n";
  }

 private:
  std::map<std::string, json> objects_;
};

// Any three facts at all of their values, the others at rest.
void add_triples(States& states) {
  const support::Facts all = support::all_facts();
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = i + 1; j < all.size(); ++j) {
      for (std::size_t k = j + 1; k < all.size(); ++k) {
        support::Facts facts = all;
        for (std::size_t at = 0; at < facts.size(); ++at) {
          if (at != i && at != j && at != k) facts[at] = facts[at].first(1);
        }
        support::for_each_state(
            facts, [&](const State& /*names*/, const Observed& seen) { states.add(seen); });
      }
    }
  }
}

TEST(HealthStates, AreThoseThatTheOraclesAreAskedAbout) {
  States states;
  add_triples(states);
  support::expect_golden("tests/golden/health_states.json", states.text());
}

}  // namespace
}  // namespace golden
