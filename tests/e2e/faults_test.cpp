// Faults: whatever the CA does wrong, each request gets one duplicate with a key of its own, an
// order that ends is renewed once for all its copies, no wrong certificate is installed and no key
// leaks. Every switch of the simulator is tried alone, then all of them together, and together with
// crashes of the operator.
#include "simulator/faults.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "support/renewal_world.h"
#include "x509/csr.h"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using simulator::Fault;
using testing::AnyOf;
using testing::HasSubstr;

struct Wanted {
  std::string namespace_{};
  std::string name{};
  std::string common_name{};
};

constexpr std::int64_t kDueOrder = 12370;

class Faults : public support::RenewalTest {
 protected:
  std::string seed_file() const override {
    return DUPLICERT_SOURCE_DIR "/tests/data/e2e/faults.yaml";
  }
  // The simulator, both profiles and the operator; the CA is polite until `misbehave`.
  void start(std::uint64_t fault_seed = 1);
  // Waits until the profiles have been checked: a preflight that meets a fault is only repeated
  // after a minute or more, which is no subject of these tests.
  void wait_for_profiles();
  void misbehave(const std::vector<std::string>& faults);

  // Requests copies of the order shop.example.com and of the wildcard order, by turns of namespace.
  void ask_for(std::size_t shops, std::size_t wildcards);
  // Two copies whose order is about to end, in two namespaces: one renewal must serve both.
  void let_two_copies_come_due();
  bool all_ready();
  void wait_all_ready(std::chrono::seconds at_most);
  // What holds of every run: one duplicate for each request, good pairs, nothing forbidden, no key
  // in sight.
  void expect_promises();

  std::vector<Wanted> wanted_;

 private:
  bool is_served(const json& request);
  void expect_one_duplicate_each(std::map<std::string, std::string> serial_by_key);
  void expect_one_renewal();
  void expect_nothing_leaked();
  std::string all_in_sight();
};

void Faults::start(std::uint64_t fault_seed) {
  start_simulator({"polite"}, fault_seed);
  if (HasFatalFailure()) return;
  create_api_key();
  apply_profile();
  apply_profile({.name = "wildcard", .product = "ssl_wildcard"});
  start_operator(flags("8s"));
}

void Faults::wait_for_profiles() {
  for (const char* name : {"basic", "wildcard"}) {
    const auto is_ready = [&] {
      const json ready = condition(get("aprofile", name), "Ready");
      return ready.is_object() && ready["status"] == "True";
    };
    EXPECT_TRUE(support::eventually(is_ready)) << get("aprofile", name).dump(1);
  }
}

void Faults::misbehave(const std::vector<std::string>& faults) {
  const auto set = ca().set_faults(faults);
  ASSERT_TRUE(set) << set.error().message;
}

void Faults::ask_for(std::size_t shops, std::size_t wildcards) {
  for (std::size_t i = 0; i < shops + wildcards; ++i) {
    const bool wildcard = i >= shops;
    Wanted one{.namespace_ = i % 2 == 0 ? home() : other(),
               .name = fmt::format("copy-{}", i),
               .common_name = wildcard ? "*.example.com" : "shop.example.com"};
    apply_request({.namespace_ = one.namespace_,
                   .name = one.name,
                   .profile = wildcard ? "wildcard" : "basic",
                   .profile_namespace = home(),
                   .spec = fmt::format("  commonName: '{}'\n", one.common_name)});
    wanted_.push_back(std::move(one));
  }
}

void Faults::let_two_copies_come_due() {
  std::vector<support::Copy> copies;
  for (const std::string& namespace_ : {home(), other()}) {
    copies.push_back({.namespace_ = namespace_,
                      .name = fmt::format("due-{}", copies.size()),
                      .order_id = kDueOrder,
                      .common_name = "due.example.com"});
    wanted_.push_back({namespace_, copies.back().name, "due.example.com"});
  }
  install(copies);
}

// Has what it asked for; a copy that has come due is Ready before it is renewed.
bool Faults::is_served(const json& object) {
  const json ready = condition(object, "Ready");
  if (!ready.is_object() || ready["status"] != "True") return false;
  const bool was_due = object["spec"].value("commonName", "") == "due.example.com";
  const auto order = object.value(json::json_pointer("/status/order/id"), std::int64_t{0});
  return !was_due || order > kDueOrder;
}

bool Faults::all_ready() {
  std::size_t ready = 0;
  for (const std::string& namespace_ : {home(), other()}) {
    const auto listed = cluster().kubectl({"get", "dcr", "-n", namespace_, "-o", "json"});
    const json list = json::parse(listed.out, nullptr, false);
    if (!list.is_object()) return false;
    for (const json& item : list["items"]) {
      if (is_served(item)) ++ready;
    }
  }
  return ready == wanted_.size();
}

void Faults::wait_all_ready(std::chrono::seconds at_most) {
  const auto end = std::chrono::steady_clock::now() + at_most;
  while (!all_ready()) {
    if (std::chrono::steady_clock::now() > end) {
      for (const Wanted& one : wanted_) {
        const json object = request(one.name, one.namespace_);
        if (!is_served(object)) ADD_FAILURE() << object.dump(1);
      }
      FAIL() << "not all are ready after " << at_most.count() << " s";
    }
    std::this_thread::sleep_for(200ms);
  }
}

void Faults::expect_promises() {
  std::map<std::string, std::string> serial_by_key;
  for (const Wanted& one : wanted_) {
    SCOPED_TRACE(one.namespace_ + "/" + one.name);
    expect_good_pair(one.name + "-tls", one.namespace_);
    const auto certificate = leaf(one.name + "-tls", one.namespace_);
    EXPECT_EQ(certificate.common_name(), one.common_name);
    serial_by_key[certificate.public_key_sha256()] = certificate.serial_number();
    EXPECT_TRUE(get("secret", one.name + "-pending", one.namespace_).is_discarded());
  }
  EXPECT_EQ(serial_by_key.size(), wanted_.size()) << "two copies share a key";
  expect_one_duplicate_each(serial_by_key);
  expect_one_renewal();
  for (const auto& violation : ca().violations()) {
    ADD_FAILURE() << violation.operation << " " << violation.path << ": " << violation.detail;
  }
  expect_nothing_leaked();
}

// The CA made exactly the duplicates that are installed: none twice, none for nobody. The primary
// of a renewal may serve the copy that asked for it; what was installed before the test is not
// counted.
void Faults::expect_one_duplicate_each(std::map<std::string, std::string> serial_by_key) {
  std::map<std::string, std::string> made;
  for (const json& order : orders_at_ca()) {
    if (order["id"] == kDueOrder) continue;
    for (const json& copy : order["certificates"]) {
      const auto csr = x509::Csr::parse(copy["csr"].get<std::string>());
      ASSERT_TRUE(csr) << csr.error().message;
      const std::string key = csr->public_key_sha256();
      const std::string serial = copy["serial_number"].get<std::string>();
      if (copy["kind"] != "duplicate") {
        const auto installed = serial_by_key.find(key);
        if (installed == serial_by_key.end()) continue;
        EXPECT_EQ(installed->second, serial);
        serial_by_key.erase(installed);
      } else {
        EXPECT_TRUE(made.emplace(key, serial).second)
            << "two duplicates of order " << order["id"] << " have one key";
      }
    }
  }
  EXPECT_EQ(made, serial_by_key);
}

void Faults::expect_one_renewal() {
  const bool wanted = std::ranges::any_of(
      wanted_, [](const Wanted& one) { return one.common_name == "due.example.com"; });
  EXPECT_EQ(renewals_of(kDueOrder), wanted ? 1U : 0U);
  EXPECT_EQ(ca().count("order_place"), wanted ? 1U : 0U) << "bought more than was asked for";
  for (const Wanted& one : wanted_) {
    if (one.common_name != "due.example.com") continue;
    EXPECT_GT(order_in(one.name, one.namespace_), kDueOrder) << one.name;
  }
}

std::string Faults::all_in_sight() {
  std::string seen = op().output() + fetch("--metrics-address", "/metrics");
  EXPECT_THAT(seen, HasSubstr("duplicert_ca_requests_total")) << "the metrics were not read";
  EXPECT_THAT(seen, HasSubstr(R"("level":"debug","message":"called the CA")"))
      << "not at debug level";
  for (const std::string& namespace_ : {home(), other()}) {
    const auto got =
        cluster().kubectl({"get", "events,dcr,aprofile", "-n", namespace_, "-o", "json"});
    EXPECT_TRUE(got.ok()) << got.err;
    seen += got.out;
  }
  return seen;
}

// Neither the API key nor a piece of a private key, as PEM or as the Secret holds it.
void Faults::expect_nothing_leaked() {
  const std::string seen = all_in_sight();
  const auto api_key = ca().api_key();
  ASSERT_TRUE(api_key);
  EXPECT_EQ(seen.find(api_key->expose()), std::string::npos) << "the API key is in sight";
  EXPECT_EQ(seen.find(base::to_base64(api_key->expose())), std::string::npos);
  EXPECT_EQ(seen.find("PRIVATE KEY"), std::string::npos) << "a private key is in sight";
  // The same as a Secret's data holds it, whatever comes before and behind.
  EXPECT_EQ(seen.find(base::to_base64("-----BEGIN PRIVATE KE")), std::string::npos);
  for (const Wanted& one : wanted_) {
    const std::string pem = secret_data(one.name + "-tls", "tls.key", one.namespace_);
    const std::string encoded = base::to_base64(pem);
    const auto second_line = pem.find('\n', pem.find('\n') + 1) + 1;
    for (const std::string& piece : {pem.substr(second_line, 40), encoded.substr(120, 40)}) {
      ASSERT_EQ(piece.size(), 40U);
      EXPECT_EQ(seen.find(piece), std::string::npos) << "a part of a private key is in sight";
    }
  }
}

// Each switch alone.

// "NAME=VALUE", as often as one can live with. What makes a call fail is bounded, because back-off
// doubles; the others may act on every second call, so that both ways are seen.
std::string setting_of(const simulator::FaultRule& rule) {
  static const std::set<Fault> kFailsCalls{Fault::kLoseAnswer, Fault::kResetBefore, Fault::kHtml500,
                                           Fault::kHtml502After, Fault::kTooManyRequests};
  const std::string_view name = simulator::name_of(rule.fault);
  if (rule.duration > 0ms) return fmt::format("{}=1500ms@0.7", name);
  if (kFailsCalls.contains(rule.fault)) return fmt::format("{}=0.4*4", name);
  if (rule.fault == Fault::kInsufficientFunds) return fmt::format("{}=on*1", name);
  return fmt::format("{}=0.5", name);
}

// By name, which the list of tests shows.
std::vector<std::string> all_switches() {
  std::vector<std::string> names;
  for (const auto& rule : simulator::default_rules(simulator::Manner::kNasty)) {
    names.emplace_back(simulator::name_of(rule.fault));
  }
  return names;
}

class EachFault : public Faults, public testing::WithParamInterface<std::string> {
 protected:
  // Whether the journal shows that the switch had a hand in a call.
  bool has_acted() {
    return std::ranges::any_of(ca().journal(), [](const simulator::Call& call) {
      return call.fault.find(GetParam()) != std::string::npos;
    });
  }
};

// Not those which the journal does not tell of, nor the empty list, which does not occur here.
bool leaves_traces(Fault fault) {
  static const std::set<Fault> kTraceless{Fault::kHidePending, Fault::kChainInAnswer,
                                          Fault::kStatusInAnswer, Fault::kOrderChainInAnswer,
                                          Fault::kEmptyBody};
  return !kTraceless.contains(fault);
}

TEST_P(EachFault, LeavesThePromisesIntact) {
  const auto rule = simulator::parse_fault(GetParam() + "=on");
  ASSERT_TRUE(rule) << rule.error().message;
  start();
  wait_for_profiles();
  misbehave({setting_of(*rule)});

  ask_for(2, 1);
  let_two_copies_come_due();

  if (rule->fault == Fault::kInsufficientFunds) {
    wait_renewing("CARejected", "due-0");
    cluster().kubectl({"annotate", "aprofile", "basic", "-n", home(),
                       "duplicert.io/recheck-requested-at=2026-01-01T00:00:00Z"});
  }
  wait_all_ready(90s);
  expect_promises();
  EXPECT_TRUE(has_acted() || !leaves_traces(rule->fault)) << "nothing was tested";
}

INSTANTIATE_TEST_SUITE_P(Faults, EachFault, testing::ValuesIn(all_switches()),
                         [](const auto& one) { return one.param; });

// All together.

std::uint64_t random_seed() {
  const char* given = std::getenv("DUPLICERT_FAULT_SEED");
  const std::uint64_t seed = given != nullptr ? std::stoull(given) : std::random_device{}();
  fmt::print("DUPLICERT_FAULT_SEED={}\n", seed);
  return seed;
}

// Everything at its defaults; only the checks of a profile, which are repeated after a minute at
// the soonest, are spared the faults that make a call fail.
std::vector<std::string> nasty() {
  std::vector<std::string> faults{"nasty"};
  for (const char* fault :
       {"lose_answer", "reset_before", "html_500", "html_502_after", "too_many_requests"}) {
    for (const char* operation : {"user_me", "product_info", "organization_info"}) {
      faults.push_back(fmt::format("{}:{}=off", fault, operation));
    }
  }
  return faults;
}

TEST_F(Faults, AllTogetherLeaveThePromisesIntact) {
  start(random_seed());
  misbehave(nasty());

  ask_for(4, 2);
  let_two_copies_come_due();

  wait_all_ready(120s);
  expect_promises();
}

TEST_F(Faults, AllTogetherAndCrashesLeaveThePromisesIntact) {
  const std::uint64_t seed = random_seed();
  std::mt19937_64 random(seed);
  start(seed);
  misbehave(nasty());
  ask_for(4, 2);
  let_two_copies_come_due();

  for (int crash = 0; crash < 3; ++crash) {
    std::this_thread::sleep_for(std::chrono::milliseconds{random() % 3000});
    op().signal(SIGKILL);
    stop_operator();
    start_operator(flags("8s"));
  }

  wait_all_ready(120s);
  expect_promises();
}

TEST_F(Faults, ARestartOfTheCaInTheMiddleLeavesThePromisesIntact) {
  start();
  wait_for_profiles();
  misbehave({"issue_delay=3s@1"});
  ask_for(2, 1);
  ASSERT_TRUE(support::eventually([&] { return ca().count("duplicate_create") >= 1; }));

  restart_simulator(1s);

  wait_all_ready(60s);
  expect_promises();
}

TEST_F(Faults, AWrongCertificateIsToldAndNeverInstalled) {
  start();
  ask_for(1, 0);
  wait_all_ready(30s);
  const auto good = leaf("copy-0-tls").serial_number();
  misbehave({"wrong_certificate=on"});
  cluster().kubectl({"annotate", "dcr", "copy-0", "-n", home(),
                     "duplicert.io/renew-requested-at=2026-01-01T00:00:00Z"});
  apply_request({.namespace_ = other(), .name = "copy-1", .profile_namespace = home()});
  wanted_.push_back({other(), "copy-1", "shop.example.com"});

  EXPECT_THAT(wait_reason("CertificateMismatch", "copy-1", other()), HasSubstr("not installed"));
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (std::chrono::steady_clock::now() < end) {
    ASSERT_FALSE(get("secret", "copy-1-tls", other()).is_object()) << "a wrong one is installed";
    ASSERT_EQ(leaf("copy-0-tls").serial_number(), good) << "a good pair was replaced";
    std::this_thread::sleep_for(1s);
  }

  misbehave({});
  wait_all_ready(30s);
  EXPECT_TRUE(support::eventually([&] { return leaf("copy-0-tls").serial_number() != good; }));
  expect_good_pair("copy-0-tls");
  expect_good_pair("copy-1-tls", other());
  EXPECT_EQ(ca().count("duplicate_create"), 3U);
}

TEST_F(Faults, AStormOfRateLimitsOnlySlowsThingsDown) {
  start();
  wait_for_profiles();
  misbehave({"too_many_requests=0.5"});
  ask_for(2, 1);

  const auto end = std::chrono::steady_clock::now() + 90s;
  std::set<std::string> reasons;
  while (!all_ready() && std::chrono::steady_clock::now() < end) {
    for (const Wanted& one : wanted_) {
      const json object = request(one.name, one.namespace_);
      const json stalled = condition(object, "Stalled");
      EXPECT_FALSE(stalled.is_object() && stalled["status"] == "True") << object.dump(1);
      const json ready = condition(object, "Ready");
      if (ready.is_object()) reasons.insert(ready.value("reason", ""));
    }
    std::this_thread::sleep_for(300ms);
  }

  wait_all_ready(1s);
  EXPECT_THAT(reasons, testing::Contains("RateLimited"));
  EXPECT_THAT(reasons, testing::Each(AnyOf("RateLimited", "CAUnavailable", "Pending",
                                           "AwaitingIssuance", "Issued")));
  expect_promises();
}

}  // namespace
