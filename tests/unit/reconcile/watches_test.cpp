#include "reconcile/watches.h"

#include <atomic>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "api/names.h"
#include "metrics/registry.h"
#include "reconcile/resources.h"
#include "support/fake_clock.h"
#include "unit/reconcile/pair.h"
#include "unit/runtime/fake_api.h"

namespace reconcile {
namespace {

using Request = api::DuplicateCertificateRequest;
using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

// The change from test::request() to what `edit` makes of it.
template <class Edit>
runtime::Change<Request> change(const Edit& edit) {
  auto after = test::request();
  after.meta.resource_version = "2";
  edit(after);
  return {.key = "team-a/shop",
          .before = std::make_shared<const Request>(test::request()),
          .after = std::make_shared<const Request>(after)};
}

TEST(NeedsAPass, OurOwnStatusWriteDoesNot) {
  EXPECT_FALSE(needs_a_pass(change([](Request& request) {
    request.status.observed_generation = 1;
    request.status.certificate.emplace();
  })));
}

TEST(NeedsAPass, AnEditOfTheSpecDoes) {
  EXPECT_TRUE(needs_a_pass(change([](Request& request) { request.spec.suspend = true; })));
}

TEST(NeedsAPass, AnEditThatWasTakenBackUnseenDoes) {
  EXPECT_TRUE(needs_a_pass(change([](Request& request) { request.meta.generation += 2; })));
}

TEST(NeedsAPass, AnAnnotationDoes) {
  EXPECT_TRUE(needs_a_pass(change([](Request& request) {
    request.meta.annotations[std::string(api::kRenewRequestedAtAnnotation)] = "now";
  })));
}

TEST(NeedsAPass, ADeletionThatBeginsDoes) {
  EXPECT_TRUE(needs_a_pass(
      change([](Request& request) { request.meta.deletion_time = support::FakeClock::kStart; })));
}

TEST(NeedsAPass, ARequestThatWasMadeAnewWithTheSameSpecDoes) {
  EXPECT_TRUE(needs_a_pass(change([](Request& request) { request.meta.uid = "another"; })));
}

TEST(NeedsAPass, ARequestThatComesOrGoesDoes) {
  auto comes = change([](Request&) {});
  comes.before = nullptr;
  auto goes = change([](Request&) {});
  goes.after = nullptr;

  EXPECT_TRUE(needs_a_pass(comes));
  EXPECT_TRUE(needs_a_pass(goes));
}

TEST(LetsGoOfItsSecret, WhoeverGoesOrIsAboutTo) {
  auto goes = change([](Request&) {});
  goes.after = nullptr;

  EXPECT_TRUE(lets_go_of_its_secret(goes));
  EXPECT_TRUE(lets_go_of_its_secret(
      change([](Request& request) { request.meta.deletion_time = support::FakeClock::kStart; })));
}

TEST(LetsGoOfItsSecret, WhoeverWantsAnotherOne) {
  EXPECT_TRUE(lets_go_of_its_secret(
      change([](Request& request) { request.spec.secret_name = "another-tls"; })));
}

// The older of two has it, and the one that was made anew is the younger one by now.
TEST(LetsGoOfItsSecret, WhoeverWasMadeAnew) {
  EXPECT_TRUE(
      lets_go_of_its_secret(change([](Request& request) { request.meta.uid = "another"; })));
}

TEST(LetsGoOfItsSecret, NobodyElse) {
  auto comes = change([](Request&) {});
  comes.before = nullptr;

  EXPECT_FALSE(lets_go_of_its_secret(comes));
  EXPECT_FALSE(
      lets_go_of_its_secret(change([](Request& request) { request.spec.suspend = true; })));
}

TEST(RequestsOf, NamesTheRequestOfTheLabelInTheNamespaceOfTheSecret) {
  EXPECT_THAT(requests_of({.namespace_ = "team-a",
                           .name = "shop-tls",
                           .labels = {{std::string(api::kRequestLabel), "shop"}}}),
              ElementsAre("team-a/shop"));
}

TEST(RequestsOf, NamesNobodyWithoutTheLabel) {
  EXPECT_THAT(requests_of({.namespace_ = "team-a", .name = "shop-tls"}), IsEmpty());
}

// One request and two Secrets, and nothing changes. The watch of namespaces breaks at once, so that
// every change is found by listing them again; the namespace has other labels at each listing.
class Watches : public testing::Test {
 protected:
  runtime_test::Answer respond(const http::Request& request) {
    const bool watches = request.url.find("watch=") != std::string::npos;
    const std::string path = runtime_test::FakeApi::path_of(request);
    if (path == "/api/v1/namespaces") {
      if (watches) return {.status = 410, .body = R"({"kind": "Status", "code": 410})"};
      ++listings_;
      return list({{{"name", "team-a"}, {"labels", {{"tier", std::to_string(listings_)}}}}});
    }
    if (watches) return {.end = runtime_test::Answer::End::kOpen};
    if (path == "/api/v1/secrets") return list({secret_of("shop"), secret_of("bill")});
    return list({{{"name", "shop"}, {"namespace", "team-a"}}});
  }
  runtime_test::Answer list(std::vector<json> metas) const {
    const std::string version = std::to_string(10 + listings_);
    json items = json::array();
    for (json& meta : metas) {
      meta["uid"] = "uid";
      meta["resourceVersion"] = version;
      items.push_back({{"metadata", meta}});
    }
    return runtime_test::Answer::json(
        {{"metadata", {{"resourceVersion", version}}}, {"items", items}});
  }
  static json secret_of(const std::string& request) {
    return {{"name", request + "-tls"},
            {"namespace", "team-a"},
            {"labels", {{std::string(api::kRequestLabel), request}}}};
  }
  template <class T>
  static base::Result<T> decode(const json& object) {
    T made{};
    made.meta = TRY(api::decode_metadata(object));
    return made;
  }
  void list_requests() {
    requests_.start();
    ASSERT_TRUE(requests_.wait_synced(10s, {}));
    ASSERT_EQ(next(), "team-a/shop") << "its own first listing";
  }
  // The next key that is due, or "" after a while.
  std::string next() {
    std::stop_source end;
    auto popped =
        std::async(std::launch::async, [&] { return requests_queue_.pop(end.get_token()); });
    if (popped.wait_for(10s) != std::future_status::ready) end.request_stop();
    const auto item = popped.get();
    if (item) requests_queue_.done(item->key);
    return item ? item->key : "";
  }

  const base::SystemClock clock_{};
  std::atomic<int> listings_ = 0;
  metrics::Registry registry_{};
  runtime_test::FakeApi api_{[this](const auto& request) { return respond(request); }};
  const std::unique_ptr<kube::Client> client_ = api_.client(clock_);
  runtime::WorkQueue requests_queue_{"request", {}, clock_, registry_};
  runtime::WorkQueue profiles_queue_{"profile", {}, clock_, registry_};
  runtime::WorkQueue entries_queue_{"order", {}, clock_, registry_};
  runtime::Informer<Request> requests_{*client_, {.resource = kRequests}, decode<Request>, clock_};
  runtime::Informer<api::AutomationProfile> profiles_{
      *client_, {.resource = kProfiles}, decode<api::AutomationProfile>, clock_};
  runtime::Informer<SecretMeta> secrets_{
      *client_, {.resource = kube::kSecrets}, decode<SecretMeta>, clock_};
  runtime::Informer<api::CertificateOrder> entries_{
      *client_, {.resource = kOrders}, decode<api::CertificateOrder>, clock_};
  runtime::Informer<NamespaceMeta> namespaces_{
      *client_, {.resource = kube::kNamespaces}, decode<NamespaceMeta>, clock_};
  Sponsors sponsors_{[](const std::string&) {}};
  OwnWrites own_writes_{};
  const Informers informers_{requests_, profiles_, secrets_, entries_};
  const Queues queues_{requests_queue_, profiles_queue_, entries_queue_};
};

TEST_F(Watches, OfNamespacesWakeTheirRequestsWhenTheirLabelsHaveChanged) {
  connect(informers_, queues_, sponsors_, own_writes_);
  connect_namespaces(namespaces_, informers_, queues_);
  list_requests();

  namespaces_.start();

  EXPECT_EQ(next(), "team-a/shop");
  namespaces_.stop();
  EXPECT_GT(listings_, 1) << "the first listing wakes nobody: no worker runs before it";
}

TEST_F(Watches, OfSecretsWakeTheirRequests) {
  connect(informers_, queues_, sponsors_, own_writes_);
  list_requests();

  secrets_.start();

  EXPECT_EQ(next(), "team-a/shop");
  EXPECT_EQ(next(), "team-a/bill");
}

TEST_F(Watches, OfSecretsDoNotWakeWhoHasWrittenWhatTheyShow) {
  connect(informers_, queues_, sponsors_, own_writes_);
  list_requests();
  own_writes_.wrote("team-a/shop", {"team-a", "shop-tls"}, "10");
  own_writes_.wrote("team-a/bill", {"team-a", "bill-tls"}, "9");

  secrets_.start();

  EXPECT_EQ(next(), "team-a/bill") << "another version than that which it wrote";
  EXPECT_TRUE(secrets_.wait_synced(10s, {}));
  EXPECT_TRUE(requests_queue_.is_idle());
}

TEST_F(Watches, OfSecretsWakeNobodyBeforeTheRequestsAreListed) {
  connect(informers_, queues_, sponsors_, own_writes_);

  secrets_.start();

  ASSERT_TRUE(secrets_.wait_synced(10s, {}));
  EXPECT_TRUE(requests_queue_.is_idle());
}

// Another request may want the same Secret.
TEST_F(Watches, OfSecretsWakeWhoElseWantsWhatOneHasWritten) {
  connect(informers_, queues_, sponsors_, own_writes_);
  list_requests();
  own_writes_.wrote("team-a/rival", {"team-a", "shop-tls"}, "10");

  secrets_.start();

  EXPECT_EQ(next(), "team-a/shop");
}

}  // namespace
}  // namespace reconcile
