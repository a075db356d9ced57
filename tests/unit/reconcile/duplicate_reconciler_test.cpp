// What a reconciler does when its caches are older than what was written last. A cache may lag for
// as long as it likes: nothing may be renewed twice because of it.
#include "reconcile/duplicate_reconciler.h"

#include <algorithm>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/names.h"
#include "base/bytes.h"
#include "metrics/registry.h"
#include "reconcile/ledger.h"
#include "reconcile/resources.h"
#include "unit/reconcile/pair.h"
#include "unit/runtime/fake_api.h"

namespace reconcile {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using runtime_test::Answer;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kAccountName = "ca.test/1";
constexpr const char* kStatusPath =
    "PATCH /apis/duplicert.io/v1beta1/namespaces/team-a/duplicatecertificaterequests/shop/status";

// The CA: one order that can be duplicated, and every call.
class FakeCentral final : public http::Transport {
 public:
  explicit FakeCentral(std::vector<std::string>& calls) : calls_(calls) {}

  base::Result<http::Response> send(const http::Request& request, std::stop_token) override {
    calls_.push_back(request.method + " " + request.url);
    const bool one = request.url.find("/order/certificate/12345") != std::string::npos;
    const json all{{"orders", json::array({order()})},
                   {"page", {{"total", 1}, {"limit", 1000}, {"offset", 0}}}};
    return http::Response{.status = 200, .body = one ? order().dump() : all.dump()};
  }
  base::Result<http::Response> stream(const http::Request&, const http::BodySink&,
                                      std::stop_token) override {
    return base::fail(base::Code::kInternal, "the CA has no streams");
  }

 private:
  static json order() {
    return {{"id", 12345},
            {"status", "issued"},
            {"date_created", "2026-01-01T00:00:00+00:00"},
            {"order_valid_till", "2099-01-01"},
            {"allow_duplicates", true},
            {"organization", {{"id", 7}}},
            {"product", {{"name_id", "ssl_basic"}}},
            {"certificate",
             {{"id", 99},
              {"common_name", "shop.acme.test"},
              {"dns_names", {"shop.acme.test"}},
              {"valid_till", "2099-01-01"}}}};
  }

  std::vector<std::string>& calls_;
};

class ReconcilerWithOldCaches : public testing::Test {
 protected:
  ReconcilerWithOldCaches() {
    requests_.add_index(kBySecret, [](const auto& one) {
      return std::vector<std::string>{one.meta.namespace_ + "/" + one.spec.secret_name};
    });
    entries_.add_index(kByAccount,
                       [](const auto& one) { return std::vector<std::string>{one.spec.account}; });
  }

  // The request whose certificate, which the status tells of, is about to end.
  static api::DuplicateCertificateRequest due_request() {
    auto made = test::request();
    const auto now = base::SystemClock{}.now();
    made.meta.generation = made.status.observed_generation = 1;
    made.meta.resource_version = "7";
    made.status.order = api::OrderInUse{.id = 12345};
    made.status.certificate = api::InstalledCertificate{.serial_number = "01",
                                                        .sha256_fingerprint = "old",
                                                        .not_before = now - 180 * 24h,
                                                        .not_after = now + 10 * 24h,
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
    state.account =
        std::make_shared<Account>(std::make_unique<FakeCentral>(ca_calls_),
                                  certcentral::ClientOptions{.api_key = base::SecretString("key")},
                                  InventoryOptions{}, clock_);
    states_.put("team-a/profile", state);
  }
  void cache(const api::DuplicateCertificateRequest& request) {
    requests_.upsert(std::make_shared<const api::DuplicateCertificateRequest>(request));
  }
  void cache_secret(const json& meta) {
    secrets_.upsert(std::make_shared<const SecretMeta>(
        *decode_secret_meta({{"type", "kubernetes.io/tls"}, {"metadata", meta}})));
  }
  // What another worker, or the leader before us, has just installed.
  json new_secret() const {
    return {{"kind", "Secret"},
            {"type", "kubernetes.io/tls"},
            {"metadata", meta_of_secret("6")},
            {"data",
             {{"tls.crt", base::to_base64(pair_.chain.tls_crt())},
              {"tls.key", base::to_base64(pair_.key().to_pem().expose())}}}};
  }

  Answer respond(const http::Request& request) {
    if (request.url.ends_with("/secrets/shop-tls") && request.method == "GET") {
      return secret_.is_null() ? Answer::json({{"kind", "Status"}, {"code", 404}}, 404)
                               : Answer::json(secret_);
    }
    if (request.method == "GET") return Answer::json({{"kind", "Status"}, {"code", 404}}, 404);
    return Answer::json({{"metadata", {{"name", "shop"}, {"resourceVersion", written_version_}}}});
  }

  runtime::Outcome reconcile() { return reconciler_.reconcile("team-a/shop", {}); }

  const test::Pair pair_{};
  const base::SystemClock clock_{};
  json secret_{};
  std::string written_version_ = "20";
  std::vector<std::string> ca_calls_{};
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
      [](const json&) { return base::Result<api::DuplicateCertificateRequest>(test::request()); },
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
      {},
      {}};
};

TEST_F(ReconcilerWithOldCaches, DecidesNothingBeforeItHasSeenItsOwnStatus) {
  cache(test::request());
  ASSERT_EQ(reconcile().error.message, "");
  ASSERT_THAT(api_.calls(), Contains(kStatusPath));
  const std::size_t before = api_.calls().size();

  const runtime::Outcome outcome = reconcile();

  EXPECT_EQ(api_.calls().size(), before) << "acts on a request from before its own write";
  EXPECT_EQ(outcome.kind, runtime::Outcome::Kind::kAfter);
  EXPECT_EQ(outcome.delay, 50ms);
}

TEST_F(ReconcilerWithOldCaches, GoesOnWhenVersionsCannotBeCompared) {
  written_version_ = "";
  cache(test::request());
  ASSERT_EQ(reconcile().error.message, "");
  const std::size_t before = api_.calls().size();

  reconcile();

  EXPECT_GT(api_.calls().size(), before);
}

// The cache tells of the certificate before the last one, which is due; the Secret is new.
TEST_F(ReconcilerWithOldCaches, ReadsTheSecretBeforeItRenewsWhatWasRenewed) {
  use_account();
  cache(due_request());
  cache_secret(meta_of_secret("5"));
  secret_ = new_secret();

  ASSERT_EQ(reconcile().error.message, "");

  EXPECT_THAT(ca_calls_, Contains(HasSubstr("GET"))) << "the cached certificate is not due";
  EXPECT_THAT(ca_calls_, Not(Contains(HasSubstr("POST")))) << "a second duplicate";
  EXPECT_THAT(api_.calls(), Not(Contains(HasSubstr("POST")))) << "a second key";
}

TEST_F(ReconcilerWithOldCaches, RenewsWhatTheReadShowsAsDue) {
  use_account();
  cache(due_request());
  cache_secret(meta_of_secret("5"));

  reconcile();  // the Secret is gone

  EXPECT_THAT(api_.calls(), Contains("POST /api/v1/namespaces/team-a/secrets"));
}

}  // namespace
}  // namespace reconcile
