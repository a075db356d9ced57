// What one request weighs while it waits, Ready, for its renewal: bytes held and allocations per
// pass. Counts, so that they hold on any machine; the bounds are a quarter above what was measured
// (docs/performance.md).
#include <cstdlib>
#include <malloc.h>
#include <new>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "api/codec.h"
#include "api/names.h"
#include "app/debug.h"
#include "app/telemetry.h"
#include "reconcile/duplicate_reconciler.h"
#include "reconcile/ledger.h"
#include "reconcile/resources.h"
#include "reconcile/watches.h"
#include "rules/match_orders.h"
#include "support/fake_clock.h"
#include "support/observed_builder.h"
#include "unit/reconcile/pair.h"
#include "unit/runtime/fake_api.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kCounts = false;  // the sanitizers have an allocator of their own
thread_local std::size_t allocations = 0;
#else
constexpr bool kCounts = true;
namespace {
thread_local std::size_t allocations = 0;
}  // namespace

// g++ 12 sees the inlined halves of the pair and takes them for two of different pairs.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void* operator new(std::size_t size) {
  ++allocations;
  if (void* bytes = std::malloc(size)) return bytes;  // NOLINT(cppcoreguidelines-no-malloc)
  throw std::bad_alloc();
}
void operator delete(void* bytes) noexcept {
  std::free(bytes);  // NOLINT(cppcoreguidelines-no-malloc)
}
void operator delete(void* bytes, std::size_t) noexcept {
  std::free(bytes);  // NOLINT(cppcoreguidelines-no-malloc)
}
#endif

namespace app {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using runtime_test::Answer;

constexpr int kObjects = 10'000;
constexpr int kPage = 500;
constexpr std::size_t kBytesPerRequestMost = 2200;
constexpr std::size_t kAllocationsPerPassMost = 330;
constexpr std::size_t kAllocationsOfAMatchMost = 50;

std::size_t heap_bytes() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

std::string uid_of(const char* kind, int i) {
  return fmt::format("{}-8d0e-4e0e-9a37-{:012x}", kind, i);
}

json managed_fields(const char* manager, const json& fields) {
  return {{"manager", manager},       {"operation", "Apply"},
          {"apiVersion", "v1"},       {"time", "2026-05-01T20:00:00Z"},
          {"fieldsType", "FieldsV1"}, {"fieldsV1", fields}};
}

// As an API server shows a request that is Ready.
json request_json(int i) {
  const std::string name = fmt::format("bench-{:05}", i);
  return {
      {"apiVersion", api::kApiVersion},
      {"kind", api::kDuplicateCertificateRequestKind},
      {"metadata",
       {{"name", name},
        {"namespace", "bench"},
        {"uid", uid_of("0f6bd2a4", i)},
        {"resourceVersion", std::to_string(100'000 + i)},
        {"generation", 1},
        {"creationTimestamp", "2026-05-01T20:00:00Z"},
        {"managedFields",
         json::array({managed_fields("duplicert", {{"f:status", {{"f:conditions", json()}}}})})}}},
      {"spec",
       {{"profileRef", {{"name", "basic"}}},
        {"action", "RequestCertificate"},
        {"deletionPolicy", "Retain"},
        {"suspend", false},
        {"secretName", name + "-tls"},
        {"commonName", "shop.example.com"}}},
      {"status",
       {{"observedGeneration", 1},
        {"conditions",
         {{{"type", "Ready"},
           {"status", "True"},
           {"reason", "Issued"},
           {"message", "The certificate is valid until 2026-11-17T23:59:59Z"},
           {"observedGeneration", 1},
           {"lastTransitionTime", "2026-05-01T20:00:05Z"}}}},
        {"order",
         {{"id", 11'000'001},
          {"productNameID", "ssl_basic"},
          {"organizationID", 550'011},
          {"validTill", "2027-05-01T23:59:59Z"}}},
        {"certificate",
         {{"id", 22'000'000 + i},
          {"serialNumber", fmt::format("0c1f7b2e9d3a4c5b{:016x}", i)},
          {"sha256Fingerprint", fmt::format("{:064x}", i)},
          {"notBefore", "2026-05-01T00:00:00Z"},
          {"notAfter", "2026-11-17T23:59:59Z"},
          {"commonName", "shop.example.com"},
          {"dnsNames", {"shop.example.com", "www.shop.example.com"}},
          {"secretUID", uid_of("1f6bd2a4", i)},
          {"secretResourceVersion", std::to_string(200'000 + i)}}},
        {"renewalTime", "2026-10-18T12:00:00Z"}}}};
}

// The metadata of its Secret.
json secret_json(int i) {
  const std::string name = fmt::format("bench-{:05}", i);
  const json labels{{std::string(api::kManagedByLabel), "duplicert"},
                    {std::string(api::kRequestLabel), name}};
  const json annotations{
      {std::string(api::kAccountAnnotation), "www.digicert.com/1234567"},
      {std::string(api::kOrderIdAnnotation), "11000001"},
      {std::string(api::kCertificateIdAnnotation), std::to_string(22'000'000 + i)},
      {std::string(api::kSerialNumberAnnotation), fmt::format("0c1f7b2e9d3a4c5b{:016x}", i)},
      {std::string(api::kCommonNameAnnotation), "shop.example.com"},
      {std::string(api::kAltNamesAnnotation), "shop.example.com,www.shop.example.com"},
      {std::string(api::kNotAfterAnnotation), "2026-11-17T23:59:59Z"},
      {std::string(api::kProfileAnnotation), "bench/basic"}};
  json fields{{"f:metadata", {{"f:labels", json::object()}, {"f:annotations", json::object()}}}};
  for (const auto& [label, value] : labels.items()) {
    fields["f:metadata"]["f:labels"]["f:" + label] = json::object();
  }
  for (const auto& [annotation, value] : annotations.items()) {
    fields["f:metadata"]["f:annotations"]["f:" + annotation] = json::object();
  }
  return {{"apiVersion", "meta.k8s.io/v1"},
          {"kind", "PartialObjectMetadata"},
          {"metadata",
           {{"name", name + "-tls"},
            {"namespace", "bench"},
            {"uid", uid_of("1f6bd2a4", i)},
            {"resourceVersion", std::to_string(200'000 + i)},
            {"creationTimestamp", "2026-05-01T20:00:03Z"},
            {"labels", labels},
            {"annotations", annotations},
            {"managedFields", json::array({managed_fields("duplicert", fields)})}}}};
}

// The page of a list that begins at the continue token of the URL.
Answer page(const std::string& url, json (*object)(int)) {
  const auto token = url.find("continue=");
  const int begin = token == std::string::npos ? 0 : std::atoi(url.c_str() + token + 9);
  json items = json::array();
  for (int i = begin; i < std::min(begin + kPage, kObjects); ++i) items.push_back(object(i));
  const std::string next = begin + kPage < kObjects ? std::to_string(begin + kPage) : "";
  return Answer::json({{"metadata", {{"resourceVersion", "900000"}, {"continue", next}}},
                       {"items", std::move(items)}});
}

Answer respond(const http::Request& request) {
  if (request.url.find("watch=1") != std::string::npos) return {.end = Answer::End::kOpen};
  if (request.url.find("/secrets") != std::string::npos) return page(request.url, secret_json);
  return page(request.url, request_json);
}

TEST(Weight, TenThousandReadyRequestsAreHeldInFewBytesEach) {
  if (!kCounts) GTEST_SKIP() << "needs glibc's own allocator";
  const base::SystemClock clock;
  runtime_test::FakeApi api(respond);
  const auto client = api.client(clock);
  metrics::Registry registry;
  TelemetryRegistry telemetry(registry);
  DecisionLog decisions;
  const reconcile::Telemetry hooks = decisions.listen(telemetry.hooks());
  runtime::Informer<api::DuplicateCertificateRequest> requests(
      *client, {.resource = reconcile::kRequests}, api::decode_duplicate_certificate_request,
      clock);
  runtime::Informer<api::AutomationProfile> profiles(*client, {.resource = reconcile::kProfiles},
                                                     api::decode_automation_profile, clock);
  runtime::Informer<reconcile::SecretMeta> secrets(
      *client, {.resource = kube::kSecrets, .view = kube::View::kMetadata},
      reconcile::decode_secret_meta, clock);
  runtime::Informer<api::CertificateOrder> entries(*client, {.resource = reconcile::kOrders},
                                                   api::decode_certificate_order, clock);
  runtime::WorkQueue queue("request", {}, clock, registry);
  runtime::WorkQueue others("other", {}, clock, registry);
  const reconcile::Sponsors sponsors([](const std::string&) {});
  reconcile::OwnWrites own_writes;
  reconcile::connect({requests, profiles, secrets, entries}, {queue, others, others}, sponsors,
                     own_writes);
  reconcile::Revocations revocations(clock, 6h);
  const std::size_t before = heap_bytes();

  requests.start();
  secrets.start();
  ASSERT_TRUE(requests.wait_synced(120s, {}));
  ASSERT_TRUE(secrets.wait_synced(120s, {}));
  requests.stop();
  secrets.stop();
  // What the first pass of each leaves behind.
  for (int i = 0; i < kObjects; ++i) {
    const auto item = queue.pop({});
    const auto request = requests.store().get(item->key);
    rules::Observed seen;
    seen.request = *request;
    hooks.concluded(seen, {.message = "valid until then", .rule = "nothing_to_do"});
    hooks.reported(item->key, request->status, "bench/basic");
    revocations.of({11'000'001, request->status.certificate->serial_number});
    queue.forget(item->key);
    queue.add_after(item->key, 24h * 150);
    queue.done(item->key);
  }

  const std::size_t each = (heap_bytes() - before) / kObjects;
  RecordProperty("bytes_per_request", static_cast<int>(each));
  EXPECT_EQ(secrets.store().size(), static_cast<std::size_t>(kObjects));
  EXPECT_LE(each, kBytesPerRequestMost);
  EXPECT_GE(each, kBytesPerRequestMost / 4) << "what is measured here?";
}

// An account may hold ten thousand orders, of which one is meant.
TEST(Weight, OrdersThatShareNoNameCostNoAllocation) {
  if (!kCounts) GTEST_SKIP() << "counts calls of operator new, which the sanitizers replace";
  std::vector<rules::OrderFacts> orders;
  for (int i = 0; i < kObjects; ++i) {
    rules::OrderFacts order = support::order(10'000 + i);
    order.common_name = fmt::format("a-rather-long-name-{:05}.example.com", i);
    order.dns_names = {order.common_name, "www." + order.common_name};
    orders.push_back(std::move(order));
  }
  const rules::MatchQuery query{.names = {.common_name = orders[kObjects / 2].common_name},
                                .product = orders[0].product,
                                .organization_id = orders[0].organization_id,
                                .now = support::kNow};
  const std::size_t before = allocations;
  const rules::Match match = rules::match_orders(orders, query);
  EXPECT_LE(allocations - before, kAllocationsOfAMatchMost);
  ASSERT_TRUE(match.latest);
  EXPECT_EQ(match.latest->id, orders[kObjects / 2].id);
}

// The CA, which a request at rest does not ask.
class SilentCa final : public http::Transport {
 public:
  base::Result<http::Response> send(const http::Request&, std::stop_token) override {
    return base::fail(base::Code::kUnavailable, "nobody may ask");
  }
  base::Result<http::Response> stream(const http::Request&, const http::BodySink&,
                                      std::stop_token) override {
    return base::fail(base::Code::kUnavailable, "nobody may ask");
  }
};

// A request that is Ready, and all that a pass of it needs.
class AtRest : public testing::Test {
 protected:
  AtRest() {
    clock_.advance(24h);
    requests_.add_index(reconcile::kBySecret, [](const auto& one) {
      return std::vector<std::string>{one.meta.namespace_ + "/" + one.spec.secret_name};
    });
    entries_.add_index(reconcile::kByAccount,
                       [](const auto& one) { return std::vector<std::string>{one.spec.account}; });
    put(*api::decode_duplicate_certificate_request(request_json(0)));
    secrets_.upsert(std::make_shared<const reconcile::SecretMeta>(
        *reconcile::decode_secret_meta(secret_json(0))));
    api::AutomationProfile profile;
    profile.meta.namespace_ = "bench";
    profile.meta.name = "basic";
    profile.spec.product = "ssl_basic";
    profiles_.upsert(std::make_shared<const api::AutomationProfile>(profile));
    reconcile::ProfileState state;
    state.preflight.account = "www.digicert.com/1234567";
    state.preflight.organization_id = 550'011;
    state.account = std::make_shared<reconcile::Account>(
        std::make_unique<SilentCa>(),
        certcentral::ClientOptions{.api_key = base::SecretString("key")},
        reconcile::InventoryOptions{}, clock_);
    states_.put("bench/basic", state);
  }

  void put(const api::DuplicateCertificateRequest& request) {
    requests_.upsert(std::make_shared<const api::DuplicateCertificateRequest>(request));
  }
  // The status that the last pass has written is what the cache shows next.
  void see_status() {
    auto request = *requests_.get(kKey);
    const json written = json::parse(api_.requests().back().body);
    json object = api::encode_object(request);
    object["status"] = written.at("status");
    object["metadata"]["generation"] = 1;
    object["metadata"]["resourceVersion"] = "100001";
    put(*api::decode_duplicate_certificate_request(object));
  }
  void pass() {
    const auto outcome = reconciler_.reconcile(kKey, {});
    EXPECT_EQ(outcome.kind, runtime::Outcome::Kind::kAfter) << outcome.error.message;
  }

  static constexpr const char* kKey = "bench/bench-00000";
  support::FakeClock clock_;
  runtime_test::FakeApi api_{
      [](const http::Request&) { return Answer::json({{"metadata", {{"name", "bench-00000"}}}}); }};
  const std::unique_ptr<kube::Client> client_ = api_.client(clock_);
  runtime::Store<api::DuplicateCertificateRequest> requests_{};
  runtime::Store<api::AutomationProfile> profiles_{};
  runtime::Store<reconcile::NamespaceMeta> namespaces_{};
  runtime::Store<reconcile::SecretMeta> secrets_{};
  runtime::Store<api::CertificateOrder> entries_{};
  reconcile::ProfileStates states_{};
  reconcile::Sponsors sponsors_{[](const std::string&) {}};
  metrics::Registry registry_{};
  TelemetryRegistry telemetry_{registry_};
  DecisionLog decisions_;
  runtime::EventRecorder events_{
      *client_, {.controller = "test"}, runtime::EventMetrics(registry_, "test"), clock_};
  runtime::Informer<api::DuplicateCertificateRequest> watched_requests_{
      *client_,
      {.resource = reconcile::kRequests},
      api::decode_duplicate_certificate_request,
      clock_};
  runtime::Informer<api::CertificateOrder> watched_entries_{
      *client_, {.resource = reconcile::kOrders}, api::decode_certificate_order, clock_};
  reconcile::DuplicateReconciler reconciler_{
      watched_requests_,
      watched_entries_,
      reconcile::Caches{requests_, profiles_, namespaces_, secrets_, entries_, states_},
      sponsors_,
      *client_,
      events_,
      clock_,
      {},
      decisions_.listen(telemetry_.hooks())};
};

TEST_F(AtRest, APassMakesFewAllocationsAndNoCall) {
  if (!kCounts) GTEST_SKIP() << "counts calls of operator new, which the sanitizers replace";
  pass();
  if (!api_.requests().empty()) see_status();
  pass();
  const std::size_t calls = api_.requests().size();
  const std::size_t before = allocations;

  pass();

  const std::size_t made = allocations - before;
  RecordProperty("allocations_per_pass", static_cast<int>(made));
  EXPECT_EQ(api_.requests().size(), calls) << "a request at rest needs no call";
  EXPECT_LE(made, kAllocationsPerPassMost);
  EXPECT_GE(made, kAllocationsPerPassMost / 4) << "what is measured here?";
}

}  // namespace
}  // namespace app
