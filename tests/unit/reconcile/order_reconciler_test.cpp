// The order of effects when something is bought: the mark is in the ledger before the POST, over
// the version that was decided from, and what cannot be sure of that sends nothing.
// What to do is decided by rules::decide_order, which has tests of its own.
#include "reconcile/order_reconciler.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "reconcile/ledger.h"
#include "support/fake_clock.h"
#include "support/observed_builder.h"
#include "unit/reconcile/effects.h"

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

http::Response payment_declined() {
  return {.status = 400,
          .body = R"({"errors": [{"code": "payment_declined", "message": "no funds"}]})"};
}

class OrderReconcilerTest : public testing::Test {
 protected:
  OrderReconcilerTest() {
    entries_.add_index(kByAccount, [](const api::CertificateOrder& entry) {
      return std::vector{entry.spec.account};
    });
    put_profile();
    put_entry();
    put_request();
    sponsors_.set("web/shop", {.entry = kName, .profile = "web/corp", .may_buy = true});
  }

  http::Response at_api_server(const http::Request& request) {
    const json body = json::parse(request.body, nullptr, false);
    if (request.method != "PUT" || !body.contains("status")) return {.status = 404};
    json& meta = object_["metadata"];
    const auto version = meta["resourceVersion"].get<std::string>();
    if (body["metadata"].value("resourceVersion", version) != version) {
      calls_.emplace_back("conflict");
      return effects::conflict();
    }
    meta["resourceVersion"] = std::to_string(std::stoi(version) + 1);
    object_["status"] = body["status"];
    const auto state = body["status"].value("state", "");
    calls_.push_back("write " + state);
    if (state == "Submitted") after_mark_();
    if (state == "Refused") after_refusal_();
    return {.status = 200, .body = object_.dump()};
  }

  http::Response at_ca(const http::Request& request) {
    if (request.method == "POST") {
      calls_.emplace_back("post");
      return answer_to_post_;
    }
    if (request.url.ends_with("order/certificate/12345")) {
      ++looks_at_the_old_order_;
      return {.status = 200, .body = R"({"id": 12345, "status": "issued"})"};
    }
    if (request.url.find("order/alternate/") != std::string::npos) calls_.emplace_back("look");
    return {.status = 200, .body = R"({"orders": [], "page": {"total": 0}})"};
  }

  void put_profile() { put_profile("corp", account_); }
  void put_profile(const std::string& name, const std::shared_ptr<Account>& account) {
    api::AutomationProfile profile;
    profile.meta = {.namespace_ = "web", .name = name, .uid = "u", .resource_version = "1"};
    profile.spec.product = "ssl_basic";
    profiles_.upsert(std::make_shared<const api::AutomationProfile>(profile));
    profile_states_.put("web/" + name,
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
    object_ = api::encode_object(entry);
    object_["metadata"]["uid"] = "uid";
    object_["metadata"]["resourceVersion"] = "1";
    entries_.upsert(std::make_shared<const api::CertificateOrder>(entry));
  }

  // The request that needs the order.
  void put_request(bool suspended = false) {
    api::DuplicateCertificateRequest request;
    request.meta = {.namespace_ = "web",
                    .name = "shop",
                    .uid = "uid-shop",
                    .resource_version = suspended ? "2" : "1"};
    request.spec.suspend = suspended;
    requests_.upsert(std::make_shared<const api::DuplicateCertificateRequest>(request));
  }
  // How often the CA is asked for the old order because of another request.
  int looks_for_others(Account& account) {
    const int before = looks_at_the_old_order_;
    EXPECT_TRUE(account.inventory().order(*account.ca({}), support::kOrderId, {}, {}));
    return looks_at_the_old_order_ - before;
  }

  // The same for one that has asked before, and that the end of a purchase wakes.
  std::optional<int> looks_when_others_are_told(Account& account) {
    EXPECT_EQ(looks_for_others(account), 1);
    EXPECT_EQ(looks_for_others(account), 0);
    std::optional<int> looks;
    answer_to_post_ = payment_declined();
    after_refusal_ = [&] { looks = looks_for_others(account); };
    clock_.advance(1s);
    reconcile();
    return looks;
  }

  std::unique_ptr<OrderReconciler> make_reconciler() {
    return std::make_unique<OrderReconciler>(
        informer_, Caches{requests_, profiles_, namespaces_, secrets_, entries_, profile_states_},
        sponsors_, *client_, events_, clock_, OrderOptions{.may_act = [this] { return leads_; }});
  }
  void reconcile() { reconciler_->reconcile(kKey, {}); }

  const std::string kName = "order-0123456789abcdef0123-1";
  const std::string kKey = "duplicert/" + kName;
  json object_{};                     // the entry as the API server has it
  std::vector<std::string> calls_{};  // what was asked that matters here
  http::Response answer_to_post_{.status = 201, .body = R"({"id": 67890})"};
  std::function<void()> after_mark_ = [] {};
  std::function<void()> after_refusal_ = [] {};
  support::FakeClock clock_{};
  metrics::Registry registry_{};
  const std::unique_ptr<kube::Client> client_ =
      effects::client_of([this](const auto& request) { return at_api_server(request); }, clock_);
  const std::shared_ptr<Account> account_ =
      effects::account_of([this](const auto& request) { return at_ca(request); }, clock_);
  runtime::EventRecorder events_{*client_, {}, runtime::EventMetrics(registry_, "test"), clock_};
  runtime::Store<api::DuplicateCertificateRequest> requests_{};
  runtime::Store<api::AutomationProfile> profiles_{};
  runtime::Store<NamespaceMeta> namespaces_{};
  runtime::Store<SecretMeta> secrets_{};
  runtime::Store<api::CertificateOrder> entries_{};
  ProfileStates profile_states_{};
  Sponsors sponsors_{[](const std::string&) {}};
  runtime::Informer<api::CertificateOrder> informer_{
      *client_,
      {},
      [](const json& object) { return api::decode_certificate_order(object); },
      clock_};
  int looks_at_the_old_order_ = 0;
  bool leads_ = true;
  std::unique_ptr<OrderReconciler> reconciler_ = make_reconciler();
};

TEST_F(OrderReconcilerTest, LooksThenMarksThenPosts) {
  reconcile();

  ASSERT_GE(calls_.size(), 3U);
  EXPECT_THAT(std::vector(calls_.begin(), calls_.begin() + 3),
              ElementsAre("look", "write Submitted", "post"));
  EXPECT_EQ(object_["status"]["submissions"], 1);
  EXPECT_EQ(object_["status"]["submittedAt"], base::format_time(kNow));
}

TEST_F(OrderReconcilerTest, SendsNothingWhenTheEntryHasChangedMeanwhile) {
  object_["metadata"]["resourceVersion"] = "2";  // another process has marked it

  reconcile();

  EXPECT_THAT(calls_, ElementsAre("look", "conflict"));
}

TEST_F(OrderReconcilerTest, SendsNothingWithAnOldMark) {
  after_mark_ = [this] { clock_.advance(11s); };  // the machine was asleep

  reconcile();

  EXPECT_THAT(calls_, Not(Contains("post")));
}

TEST_F(OrderReconcilerTest, SendsNothingOnceTheLeaseIsLost) {
  after_mark_ = [this] { leads_ = false; };

  reconcile();

  EXPECT_THAT(calls_, Not(Contains("post")));
}

TEST_F(OrderReconcilerTest, TakesTheMarkBackWhenNothingWasSent) {
  after_mark_ = [this] { leads_ = false; };

  reconcile();

  EXPECT_EQ(object_["status"]["state"], "Open");
  EXPECT_FALSE(object_["status"].contains("submittedAt"));
}

TEST_F(OrderReconcilerTest, DecidesNothingUntilTheCacheShowsItsOwnWrite) {
  reconcile();
  calls_.clear();

  reconcile();

  EXPECT_THAT(calls_, IsEmpty());
}

TEST_F(OrderReconcilerTest, LeavesAMarkFromWhichTheNextProcessLooksAndDoesNotSend) {
  answer_to_post_ = {.status = 502};
  reconcile();
  calls_.clear();
  entries_.upsert(
      std::make_shared<const api::CertificateOrder>(*api::decode_certificate_order(object_)));

  make_reconciler()->reconcile(kKey, {});

  EXPECT_THAT(calls_, Contains("look"));
  EXPECT_THAT(calls_, Not(Contains("post")));
  EXPECT_EQ(object_["status"]["state"], "Submitted");
}

// Another process marks the entry, does not send, takes its mark back, and marks it again: with the
// same number of submissions. What this one has seen of the first says nothing of the second.
TEST_F(OrderReconcilerTest, DoesNotTakeLooksAtOneSubmissionForLooksAtTheNext) {
  const auto others_mark = [&](base::TimePoint at) {
    object_["status"] = {
        {"state", "Submitted"}, {"submissions", 1}, {"submittedAt", base::format_time(at)}};
    const int version = std::stoi(object_["metadata"]["resourceVersion"].get<std::string>());
    object_["metadata"]["resourceVersion"] = std::to_string(version + 1);
    entries_.upsert(
        std::make_shared<const api::CertificateOrder>(*api::decode_certificate_order(object_)));
  };
  const auto look_three_times = [&] {
    for (int i = 0; i < 3; ++i) {
      reconcile();
      entries_.upsert(
          std::make_shared<const api::CertificateOrder>(*api::decode_certificate_order(object_)));
      clock_.advance(1min);
    }
  };
  others_mark(clock_.now());
  look_three_times();
  clock_.advance(24h);
  others_mark(clock_.now());

  look_three_times();

  EXPECT_THAT(calls_, Contains("look"));
  EXPECT_THAT(calls_, Not(Contains("post")));
}

TEST_F(OrderReconcilerTest, ClosesTheEntryWhenTheCaRefuses) {
  answer_to_post_ = payment_declined();

  reconcile();

  EXPECT_EQ(object_["status"]["state"], "Refused");
  EXPECT_THAT(object_["status"]["message"].get<std::string>(),
              testing::HasSubstr("payment_declined: no funds"));
}

// Whoever the write wakes would otherwise decide on what the CA told before, and wait for long.
TEST_F(OrderReconcilerTest, ForgetsWhatTheCaToldOfTheOrdersBeforeItTellsTheOthers) {
  EXPECT_EQ(looks_when_others_are_told(*account_), 1);
}

TEST_F(OrderReconcilerTest, ForgetsItForAllKeysOfTheAccount) {
  const auto other_key =
      effects::account_of([this](const auto& request) { return at_ca(request); }, clock_);
  put_profile("other", other_key);

  EXPECT_EQ(looks_when_others_are_told(*other_key), 1);
}

// Its own pass, which takes its word back, waits for a worker.
TEST_F(OrderReconcilerTest, SendsNothingForARequestThatIsSuspendedByNow) {
  put_request(/*suspended=*/true);

  reconcile();

  EXPECT_THAT(calls_, Not(Contains("post")));
}

TEST_F(OrderReconcilerTest, SendsNothingForARequestThatIsGoneByNow) {
  requests_.remove("web/shop");

  reconcile();

  EXPECT_THAT(calls_, Not(Contains("post")));
}

TEST_F(OrderReconcilerTest, SendsNothingWhenTheLastRequestIsSuspendedDuringTheLook) {
  after_mark_ = [this] { put_request(/*suspended=*/true); };

  reconcile();

  EXPECT_THAT(calls_, Not(Contains("post")));
  EXPECT_EQ(object_["status"]["state"], "Open");
}

TEST_F(OrderReconcilerTest, SendsNothingWithoutASponsor) {
  sponsors_.remove("web/shop");

  reconcile();

  EXPECT_THAT(calls_, Not(Contains("post")));
}

}  // namespace
}  // namespace reconcile
