// The order of effects when something is bought: the mark is in the ledger before the POST, over
// the version that was decided from, and what cannot be sure of that sends nothing.
// What to do is decided by rules::decide_order, which has tests of its own.
#include "reconcile/order_reconciler.h"

#include <functional>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "reconcile/ledger.h"
#include "support/fake_clock.h"
#include "support/observed_builder.h"

namespace reconcile {
namespace {

using nlohmann::json;
using support::kAccount;
using support::kNow;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using namespace std::chrono_literals;

// Both servers, and what they were asked that matters here, in order.
struct World {
  json object{};  // the entry as the API server has it
  std::vector<std::string> calls{};
  http::Response answer_to_post{.status = 201, .body = R"({"id": 67890})"};
  std::function<void()> after_mark{};
};

class ApiServer final : public http::Transport {
 public:
  explicit ApiServer(World& world) : world_(world) {}

  base::Result<http::Response> send(const http::Request& request, std::stop_token) override {
    const json body = json::parse(request.body, nullptr, false);
    if (request.method != "PATCH" || !body.contains("status")) return http::Response{.status = 404};
    json& meta = world_.object["metadata"];
    const auto version = meta["resourceVersion"].get<std::string>();
    if (body["metadata"].value("resourceVersion", version) != version) {
      world_.calls.emplace_back("conflict");
      return http::Response{.status = 409, .body = R"({"kind":"Status","reason":"Conflict"})"};
    }
    world_.object["status"] = body["status"];
    meta["resourceVersion"] = std::to_string(std::stoi(version) + 1);
    world_.calls.push_back(fmt::format("write {}", body["status"].value("state", "")));
    if (body["status"].value("state", "") == "Submitted" && world_.after_mark) world_.after_mark();
    return http::Response{.status = 200, .body = world_.object.dump()};
  }
  base::Result<http::Response> stream(const http::Request&, const http::BodySink&,
                                      std::stop_token) override {
    return base::fail(base::Code::kUnavailable, "nothing is watched in this test");
  }

 private:
  World& world_;
};

class CertCentral final : public http::Transport {
 public:
  explicit CertCentral(World& world) : world_(world) {}

  base::Result<http::Response> send(const http::Request& request, std::stop_token) override {
    if (request.method == "POST") {
      world_.calls.emplace_back("post");
      return world_.answer_to_post;
    }
    if (request.url.ends_with("order/certificate/12345")) {
      return http::Response{.status = 200, .body = R"({"id": 12345, "status": "issued"})"};
    }
    if (request.url.find("order/alternate/") != std::string::npos)
      world_.calls.emplace_back("look");
    return http::Response{.status = 200, .body = R"({"orders": [], "page": {"total": 0}})"};
  }
  base::Result<http::Response> stream(const http::Request& request, const http::BodySink&,
                                      std::stop_token stop) override {
    return send(request, std::move(stop));
  }

 private:
  World& world_;
};

class OrderReconcilerTest : public testing::Test {
 protected:
  OrderReconcilerTest() {
    entries_.add_index(kByAccount, [](const api::CertificateOrder& entry) {
      return std::vector{entry.spec.account};
    });
    put_profile();
    put_entry();
    sponsors_.set("web/shop", {.entry = kName, .profile = "web/corp", .may_buy = true});
  }

  void put_profile() {
    api::AutomationProfile profile;
    profile.meta = {.namespace_ = "web", .name = "corp", .uid = "u", .resource_version = "1"};
    profile.spec.product = "ssl_basic";
    profiles_.upsert(std::make_shared<const api::AutomationProfile>(profile));
    auto account =
        std::make_shared<Account>(std::make_unique<CertCentral>(world_),
                                  certcentral::ClientOptions{.base_url = "https://ca.test/v2",
                                                             .api_key = base::SecretString("key")},
                                  InventoryOptions{}, clock_);
    profile_states_.put("web/corp",
                        {.account = account, .preflight = {.account = kAccount}, .problem = ""});
  }

  void put_entry() {
    api::CertificateOrder entry;
    entry.meta = {.namespace_ = "duplicert", .name = kName, .uid = "uid", .resource_version = "1"};
    entry.spec = {.account = kAccount,
                  .profile = "web/corp",
                  .renewal_of = support::kOrderId,
                  .product_name_id = "ssl_basic",
                  .organization_id = 7,
                  .common_name = "shop.example.com",
                  .dns_names = {"shop.example.com"},
                  .csr = "csr",
                  .public_key_sha256 = "ours",
                  .attempt_id = kName,
                  .requested_by = "web/shop"};
    world_.object = api::encode_object(entry);
    world_.object["metadata"]["uid"] = "uid";
    world_.object["metadata"]["resourceVersion"] = "1";
    entries_.upsert(std::make_shared<const api::CertificateOrder>(entry));
  }

  std::unique_ptr<OrderReconciler> make_reconciler() {
    return std::make_unique<OrderReconciler>(
        informer_, Caches{requests_, profiles_, namespaces_, secrets_, entries_, profile_states_},
        sponsors_, client_, events_, clock_, OrderOptions{.may_act = [this] { return leads_; }});
  }
  void reconcile() { reconciler_->reconcile(kKey, {}); }

  const std::string kName = "order-0123456789abcdef0123-1";
  const std::string kKey = "duplicert/" + kName;
  World world_{};
  support::FakeClock clock_{};
  metrics::Registry registry_{};
  kube::Client client_{{.server = "https://api.test", .field_manager = "us"},
                       std::make_unique<ApiServer>(world_),
                       std::make_unique<kube::TokenSource>(base::SecretString(), "", clock_),
                       clock_};
  runtime::EventRecorder events_{client_, {}, runtime::EventMetrics(registry_, "test"), clock_};
  runtime::Store<api::DuplicateCertificateRequest> requests_{};
  runtime::Store<api::AutomationProfile> profiles_{};
  runtime::Store<NamespaceMeta> namespaces_{};
  runtime::Store<SecretMeta> secrets_{};
  runtime::Store<api::CertificateOrder> entries_{};
  ProfileStates profile_states_{};
  Sponsors sponsors_{[](const std::string&) {}};
  runtime::Informer<api::CertificateOrder> informer_{
      client_,
      {},
      [](const json& object) { return api::decode_certificate_order(object); },
      clock_};
  bool leads_ = true;
  std::unique_ptr<OrderReconciler> reconciler_ = make_reconciler();
};

TEST_F(OrderReconcilerTest, LooksThenMarksThenPosts) {
  reconcile();

  ASSERT_GE(world_.calls.size(), 3U);
  EXPECT_THAT(std::vector(world_.calls.begin(), world_.calls.begin() + 3),
              ElementsAre("look", "write Submitted", "post"));
  EXPECT_EQ(world_.object["status"]["submissions"], 1);
  EXPECT_EQ(world_.object["status"]["submittedAt"], base::format_time(kNow));
}

TEST_F(OrderReconcilerTest, SendsNothingWhenTheEntryHasChangedMeanwhile) {
  world_.object["metadata"]["resourceVersion"] = "2";  // another process has marked it

  reconcile();

  EXPECT_THAT(world_.calls, ElementsAre("look", "conflict"));
}

TEST_F(OrderReconcilerTest, SendsNothingWithAnOldMark) {
  world_.after_mark = [this] { clock_.advance(11s); };  // the machine was asleep

  reconcile();

  EXPECT_THAT(world_.calls, Not(Contains("post")));
}

TEST_F(OrderReconcilerTest, SendsNothingOnceTheLeaseIsLost) {
  world_.after_mark = [this] { leads_ = false; };

  reconcile();

  EXPECT_THAT(world_.calls, Not(Contains("post")));
}

TEST_F(OrderReconcilerTest, TakesTheMarkBackWhenNothingWasSent) {
  world_.after_mark = [this] {
    leads_ = false;
    world_.after_mark = {};
  };

  reconcile();

  EXPECT_EQ(world_.object["status"]["state"], "Open");
  EXPECT_FALSE(world_.object["status"].contains("submittedAt"));
}

TEST_F(OrderReconcilerTest, DecidesNothingUntilTheCacheShowsItsOwnWrite) {
  reconcile();
  world_.calls.clear();

  reconcile();

  EXPECT_THAT(world_.calls, IsEmpty());
}

TEST_F(OrderReconcilerTest, LeavesAMarkFromWhichTheNextProcessLooksAndDoesNotSend) {
  world_.answer_to_post = {.status = 502};
  reconcile();
  world_.calls.clear();
  entries_.upsert(
      std::make_shared<const api::CertificateOrder>(*api::decode_certificate_order(world_.object)));

  make_reconciler()->reconcile(kKey, {});

  EXPECT_THAT(world_.calls, Contains("look"));
  EXPECT_THAT(world_.calls, Not(Contains("post")));
  EXPECT_EQ(world_.object["status"]["state"], "Submitted");
}

TEST_F(OrderReconcilerTest, ClosesTheEntryWhenTheCaRefuses) {
  world_.answer_to_post = {
      .status = 400,
      .body = R"({"errors": [{"code": "payment_declined", "message": "no funds"}]})"};

  reconcile();

  EXPECT_EQ(world_.object["status"]["state"], "Refused");
  EXPECT_THAT(world_.object["status"]["message"].get<std::string>(),
              testing::HasSubstr("payment_declined: no funds"));
}

TEST_F(OrderReconcilerTest, SendsNothingWithoutASponsor) {
  sponsors_.remove("web/shop");

  reconcile();

  EXPECT_THAT(world_.calls, Not(Contains("post")));
}

}  // namespace
}  // namespace reconcile
