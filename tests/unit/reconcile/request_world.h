// RequestWorld: a DuplicateReconciler with caches that a test fills, an API server and a CA that
// answer as it says, and hooks to change the world in the middle of a pass.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/names.h"
#include "base/bytes.h"
#include "metrics/registry.h"
#include "reconcile/duplicate_reconciler.h"
#include "reconcile/ledger.h"
#include "reconcile/resources.h"
#include "unit/reconcile/effects.h"
#include "unit/reconcile/pair.h"
#include "unit/runtime/fake_api.h"

namespace reconcile::test {

using nlohmann::json;
using runtime_test::Answer;

inline constexpr std::chrono::hours kDay{24};
inline constexpr const char* kAccountName = "ca.test/1";
inline constexpr const char* kLedger = "duplicert";
inline constexpr const char* kStatusPath =
    "PUT /apis/duplicert.io/v1beta1/namespaces/team-a/duplicatecertificaterequests/shop/status";

// An order of the CA's, with a certificate that ends with it.
inline json order_json(std::int64_t id, const std::string& status, const std::string& valid_till) {
  return {{"id", id},
          {"status", status},
          {"date_created", "2026-01-01T00:00:00+00:00"},
          {"order_valid_till", valid_till},
          {"allow_duplicates", true},
          {"organization", {{"id", 7}}},
          {"product", {{"name_id", "ssl_basic"}}},
          {"certificate",
           {{"id", id + 1},
            {"common_name", "shop.acme.test"},
            {"dns_names", {"shop.acme.test"}},
            {"valid_till", valid_till}}}};
}

class RequestWorld : public testing::Test {
 protected:
  RequestWorld() {
    requests_.add_index(kBySecret, [](const auto& one) {
      return std::vector<std::string>{one.meta.namespace_ + "/" + one.spec.secret_name};
    });
    entries_.add_index(kByAccount,
                       [](const auto& one) { return std::vector<std::string>{one.spec.account}; });
  }

  // The request whose certificate, which the status tells of, is about to end.
  static api::DuplicateCertificateRequest due_request() {
    auto made = request();
    const auto now = base::SystemClock{}.now();
    made.meta.generation = made.status.observed_generation = 1;
    made.meta.resource_version = "7";
    made.status.order = api::OrderInUse{.id = 12345};
    made.status.certificate = api::InstalledCertificate{.serial_number = "01",
                                                        .sha256_fingerprint = "old",
                                                        .not_before = now - 180 * kDay,
                                                        .not_after = now + 10 * kDay,
                                                        .common_name = "shop.acme.test",
                                                        .dns_names = {"shop.acme.test"},
                                                        .secret_uid = "uid-secret",
                                                        .secret_resource_version = "5"};
    return made;
  }
  static json meta_of_secret(const std::string& version) {
    return {{"name", "shop-tls"},
            {"namespace", "team-a"},
            {"uid", "uid-secret"},
            {"resourceVersion", version},
            {"labels",
             {{std::string(api::kManagedByLabel), std::string(api::kManagedByValue)},
              {std::string(api::kRequestLabel), "shop"}}},
            {"annotations",
             {{"duplicert.io/order-id", "12345"}, {"duplicert.io/account", kAccountName}}}};
  }
  void use_account() {
    api::AutomationProfile profile;
    profile.meta.namespace_ = "team-a";
    profile.meta.name = "profile";
    profile.spec.product = "ssl_basic";
    profiles_.upsert(std::make_shared<const api::AutomationProfile>(profile));
    ProfileState state;
    state.preflight.account = kAccountName;
    state.preflight.organization_id = 7;
    state.account = effects::account_of([this](const auto& asked) { return at_ca(asked); }, clock_);
    states_.put("team-a/profile", state);
  }
  // The entry under which an order for the names of the request is bought.
  static api::CertificateOrder entry(api::OrderState state) {
    api::CertificateOrder made;
    const auto group =
        rules::make_group(kAccountName, "ssl_basic", 7, {"shop.acme.test", {"shop.acme.test"}});
    made.meta = {.namespace_ = kLedger,
                 .name = entry_name(group, 1),
                 .uid = "uid-entry",
                 .resource_version = state == api::OrderState::kIssued ? "2" : "1"};
    made.spec = {.account = kAccountName,
                 .profile = "team-a/profile",
                 .product_name_id = "ssl_basic",
                 .organization_id = 7,
                 .common_name = "shop.acme.test",
                 .dns_names = {"shop.acme.test"},
                 .requested_by = "team-b/shop"};
    made.status.state = state;
    if (state == api::OrderState::kIssued) {
      made.status.order_id = 67890;
      made.status.closed_at = base::SystemClock{}.now();
    }
    return made;
  }
  void cache(const api::CertificateOrder& entry) {
    entries_.upsert(std::make_shared<const api::CertificateOrder>(entry));
  }
  void cache(const api::DuplicateCertificateRequest& request) {
    requests_.upsert(std::make_shared<const api::DuplicateCertificateRequest>(request));
  }
  void cache_secret(const json& meta) {
    secrets_.upsert(std::make_shared<const SecretMeta>(
        *decode_secret_meta({{"type", "kubernetes.io/tls"}, {"metadata", meta}})));
  }
  static std::string days_from_now(int days) {
    return base::format_date(base::SystemClock{}.now() + days * kDay);
  }
  static json secret_with(const x509::Chain& chain, const x509::PrivateKey& key,
                          const std::string& version) {
    return {{"kind", "Secret"},
            {"type", "kubernetes.io/tls"},
            {"metadata", meta_of_secret(version)},
            {"data",
             {{"tls.crt", base::to_base64(chain.tls_crt())},
              {"tls.key", base::to_base64(key.to_pem().expose())}}}};
  }
  // What another worker, or the leader before us, has just installed.
  json new_secret() const { return secret_with(pair_.chain, pair_.key(), "6"); }
  // The pair that the status of due_request() tells of.
  json due_secret() const {
    const auto& made = pair_.made;
    const auto leaf =
        x509::test::issue({.dns_names = {"shop.acme.test"}, .from_days = -80, .till_days = 10},
                          made.leaf_key, made.intermediate_key, made.intermediate);
    return secret_with(*x509::build_chain({leaf, made.intermediate, made.root}, made.key_sha256()),
                       pair_.key(), "5");
  }

  // A duplicate for the key of the pair, which is the one that the reconciler "makes".
  http::Response issued() const {
    const json chain = json::array({{{"pem", pair_.pem()}}});
    const json answer{{"id", 12345}, {"certificate_id", 777}, {"certificate_chain", chain}};
    return {.status = 201, .body = answer.dump()};
  }
  http::Response at_ca(const http::Request& asked) {
    ca_calls_.push_back(asked.method + " " + asked.url);
    std::exchange(during_call_to_ca_, [] {})();
    if (issues_ && asked.method == "POST") return issued();
    json listed = json::array();
    for (const auto& [id, order] : orders_) {
      if (asked.url.ends_with("/order/certificate/" + std::to_string(id))) {
        return {.status = 200, .body = order.dump()};
      }
      listed.push_back(order);
    }
    const json all{{"orders", listed},
                   {"page", {{"total", listed.size()}, {"limit", 1000}, {"offset", 0}}}};
    return {.status = 200, .body = all.dump()};
  }
  Answer respond(const http::Request& request) {
    if (request.url.ends_with("/secrets/shop-tls") && request.method == "GET") {
      std::exchange(during_read_of_secret_, [] {})();
      return secret_.is_null() ? Answer::json({{"kind", "Status"}, {"code", 404}}, 404)
                               : Answer::json(secret_);
    }
    if (request.url.find("fieldSelector=metadata.name%3Dshop") != std::string::npos) {
      return Answer::json({{"items", live_requests_}});
    }
    if (request.method == "GET") return Answer::json({{"kind", "Status"}, {"code", 404}}, 404);
    if (api_.call_of(request) == "POST /api/v1/namespaces/team-a/secrets") {
      json made = json::parse(request.body);
      made["metadata"]["uid"] = "uid-secret";
      made["metadata"]["resourceVersion"] = written_version_;
      if (made["metadata"]["name"] == "shop-tls") std::exchange(during_create_of_secret_, [] {})();
      return Answer::json(made, 201);
    }
    return Answer::json({{"metadata", {{"name", "shop"}, {"resourceVersion", written_version_}}}});
  }

  runtime::Outcome reconcile() { return reconciler_.reconcile("team-a/shop", {}); }

  const Pair pair_{};
  const base::SystemClock clock_{};
  json secret_{};
  json live_requests_ = json::array();
  std::string written_version_ = "20";
  std::vector<std::string> ca_calls_{};
  std::map<std::int64_t, json> orders_{{12345, order_json(12345, "issued", "2099-01-01")}};
  // Each happens once.
  std::function<void()> during_call_to_ca_ = [] {};
  std::function<void()> during_read_of_secret_ = [] {};
  std::function<void()> during_create_of_secret_ = [] {};
  bool issues_ = false;
  runtime_test::FakeApi api_{[this](const http::Request& request) { return respond(request); }};
  const std::unique_ptr<kube::Client> client_ = api_.client(clock_);
  runtime::Store<api::DuplicateCertificateRequest> requests_{};
  runtime::Store<api::AutomationProfile> profiles_{};
  runtime::Store<NamespaceMeta> namespaces_{};
  runtime::Store<SecretMeta> secrets_{};
  runtime::Store<api::CertificateOrder> entries_{};
  ProfileStates states_{};
  Sponsors sponsors_{[](const std::string&) {}};
  metrics::Registry registry_{};
  runtime::EventRecorder events_{
      *client_, {.controller = "test"}, runtime::EventMetrics(registry_, "test"), clock_};
  // They have seen nothing, and never will.
  runtime::Informer<api::DuplicateCertificateRequest> watched_requests_{
      *client_,
      {.resource = kRequests},
      [](const json&) { return base::Result<api::DuplicateCertificateRequest>(request()); },
      clock_};
  runtime::Informer<api::CertificateOrder> watched_entries_{
      *client_,
      {.resource = kOrders},
      [](const json&) { return base::Result<api::CertificateOrder>(api::CertificateOrder{}); },
      clock_};
  DuplicateReconciler reconciler_{
      watched_requests_,
      watched_entries_,
      Caches{requests_, profiles_, namespaces_, secrets_, entries_, states_},
      sponsors_,
      *client_,
      events_,
      clock_,
      {.act = {.ledger_namespace = kLedger,
               .make_key = [this](const x509::KeyParams&) { return pair_.key(); }}},
      {}};
};

}  // namespace reconcile::test
