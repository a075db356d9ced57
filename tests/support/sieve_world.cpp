#include "support/sieve_world.h"

#include <csignal>
#include <regex>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "base/bytes.h"
#include "reconcile/resources.h"
#include "x509/csr.h"
#include "x509/private_key.h"

namespace support {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr int kRenewableOrders = 150;
constexpr auto kSettleMax = 75s;

const kube::Resource& resource_of(const std::string& kind) {
  if (kind == "secret") return kube::kSecrets;
  if (kind == "aprofile") return reconcile::kProfiles;
  if (kind == "order") return reconcile::kOrders;
  return reconcile::kRequests;
}

// "/apis/g/v1/namespaces/ns/secrets/x/status" -> {"secrets", "x/status"}; empty if it is none.
std::pair<std::string, std::string> parts_of(const std::string& path) {
  static const std::regex kPath(R"(^/apis?/.*/namespaces/[^/]+/([a-z]+)(?:/(.*))?$)");
  std::smatch match;
  if (!std::regex_match(path, match, kPath)) return {};
  return {match[1], match[2]};
}

// The name is in the body of a POST.
std::string name_in(const ProxyCall& call, const std::string& rest) {
  if (!rest.empty()) return rest;
  const json body = json::parse(call.body, nullptr, false);
  return body.is_object() ? body.value(json::json_pointer("/metadata/name"), "") : "";
}

json conditions_of(const json& object) {
  json facts = json::object();
  if (!object.is_object() || !object.contains("status")) return facts;
  for (const json& one : object["status"].value("conditions", json::array())) {
    facts[one.value("type", "")] = one.value("status", "") + " " + one.value("reason", "");
  }
  return facts;
}

json keys_of(const json& object) {
  json keys = json::array();
  if (object.is_object()) {
    for (const auto& [key, value] : object.items()) keys.push_back(key);
  }
  return keys;
}

}  // namespace

const char* name_of(SieveFault fault) {
  switch (fault) {
    case SieveFault::kKillBefore:
      return "killed before it is sent";
    case SieveFault::kKillAfterCommit:
      return "killed after the server has done it";
    case SieveFault::kKillAfterAnswer:
      return "killed after the answer";
    case SieveFault::kLoseAnswer:
      return "the answer is lost";
  }
  return "";
}

std::string SieveOutcome::text() const {
  std::string text = objects.dump(1);
  for (const auto& [what, count] : changes) text += fmt::format("\n{} x {}", count, what);
  for (const auto& [what, count] : ca) text += fmt::format("\nCA: {} x {}", count, what);
  return text;
}

bool all_fault_plans() {
  const char* given = std::getenv("DUPLICERT_FAULT_PLANS");
  return given != nullptr && std::string_view(given) == "all";
}

void SieveTest::SetUp() {
  RenewalTest::SetUp();
  if (IsSkipped() || HasFatalFailure()) return;
  api_proxy_ = std::make_unique<FaultProxy>(
      FaultProxy::Upstream{.url = cluster().url(), .ca_pem = cluster().ca_pem()});
  const auto config =
      kube::load_config({.kubeconfig_flag = cluster().kubeconfig(ControlPlane::kAdmin).string()});
  ASSERT_TRUE(config) << config.error().message;
  auto connected = kube::connect(*config, {.field_manager = "sieve-user"}, "sieve", system_clock_);
  ASSERT_TRUE(connected) << connected.error().message;
  admin_ = *std::move(connected);
}

void SieveTest::TearDown() {
  if (api_proxy_) api_proxy_->set_plan({});
  if (ca_proxy_) ca_proxy_->set_plan({});
  RenewalTest::TearDown();
  api_proxy_.reset();
  ca_proxy_.reset();
}

// Many orders that are due, since each run of a renewal uses one up.
std::string SieveTest::seed_file() const {
  std::string yaml =
      "next_order_id: 67890\n"
      "accounts:\n"
      "  - id: 1001\n"
      "    name: Example\n"
      "    requests_per_3_minutes: 100000\n"  // many runs share one account
      "    requests_per_5_seconds: 100000\n"
      "    users:\n"
      "      - {id: 501, username: duplicert}\n"
      "    api_keys:\n"
      "      - {name: operator, user: 501, api_key: generate}\n"
      "    organizations:\n"
      "      - {id: 550011, name: Example Ltd, validated_until: +300d}\n"
      "      - {id: 550022, name: Another Ltd, validated_until: +300d}\n"
      "    domains:\n"
      "      - {name: example.com, organization: 550011, dcv_expires: +150d}\n"
      "      - {name: example.com, organization: 550022, dcv_expires: +150d}\n"
      "    orders:\n"
      "      - {id: 12345, product: ssl_basic, organization: 550011, common_name: "
      "shop.example.com, issued: -40d}\n"
      "      - {id: 12350, product: ssl_basic, organization: 550022, common_name: "
      "shop.example.com, issued: -20d}\n"
      "      - {id: 12346, product: ssl_wildcard, organization: 550011, common_name: "
      "'*.example.com', dns_names: ['*.example.com', example.com], issued: -10d}\n";
  for (int i = 0; i < kRenewableOrders; ++i) {
    yaml += fmt::format(
        "      - {{id: {}, product: ssl_basic, organization: 550011, common_name: "
        "w{}.example.com, issued: -179d, order_valid_till: +20d, valid_till: +20d}}\n",
        20000 + i, i);
  }
  return write_file("seed.yaml", yaml);
}

std::string SieveTest::ca_url() {
  return ca_proxy_->url() + "/services/v2";
}

std::string SieveTest::ca_trust_pem() {
  return ca_proxy_->ca_pem();
}

std::filesystem::path SieveTest::operator_kubeconfig() {
  if (reaches_api_directly_) return RenewalTest::operator_kubeconfig();
  return write_file(
      "proxy.kubeconfig",
      fmt::format(
          "apiVersion: v1\nkind: Config\ncurrent-context: proxy\n"
          "clusters: [{{name: proxy, cluster: {{server: '{}', certificate-authority-data: {}}}}}]\n"
          "users: [{{name: op, user: {{token: {}}}}}]\n"
          "contexts: [{{name: proxy, context: {{cluster: proxy, user: op}}}}]\n",
          api_proxy_->url(), base::to_base64(api_proxy_->ca_pem()),
          cluster().token_for(ControlPlane::kOperator)));
}

void SieveTest::start_world() {
  start_simulator();
  if (HasFatalFailure()) return;
  const std::string url = ca().base_url();
  ca_proxy_ = std::make_unique<FaultProxy>(
      FaultProxy::Upstream{.url = url.substr(0, url.find("/services")), .ca_pem = ca().ca_pem()});
  create_api_key();
  const std::string limits = "  limits: {ordersPerDay: 1000}\n";
  apply_profile({.extra = limits});
  apply_profile({.name = "wildcard", .product = "ssl_wildcard"});
  apply_profile({.name = "second", .organization = "id: 550022"});
  apply_profile({.name = "buyer", .extra = "  onNoMatchingOrder: PlaceOrder\n" + limits});
  api().set_plan([this](const ProxyCall& call) { return fault_at(false, call); });
  ca_proxy().set_plan([this](const ProxyCall& call) { return fault_at(true, call); });
  ensure_operator({});
  for (const char* name : {"basic", "wildcard", "second", "buyer"}) {
    await([&] { return conditions_of(read("aprofile", name))["Ready"] == "True Ready"; },
          fmt::format("profile {} is ready", name));
  }
}

// Starts the operator if it does not run, or runs with other flags.
void SieveTest::ensure_operator(const std::vector<std::string>& flags) {
  if (operator_ && operator_->running() && flags == flags_) return;
  if (operator_) operator_->terminate(20s);
  flags_ = flags;
  std::vector<std::string> all = this->flags("3s");
  all.back() = "2s";  // --duplicate-settle-window
  all.insert(all.end(), flags.begin(), flags.end());
  operator_ = make_operator(fmt::format("operator-{}.log", starts_++), all);
  operator_pid_ = operator_->pid();
}

void SieveTest::kill_operator() {
  const pid_t pid = operator_pid_.exchange(0);
  if (pid > 0) kill(pid, SIGKILL);
}

json SieveTest::read(const std::string& kind, const std::string& name,
                     const std::string& namespace_) {
  const auto got = admin().get(resource_of(kind), {namespace_.empty() ? home() : namespace_, name},
                               std::stop_token{});
  return got ? *got : json();
}

void SieveTest::make_request(const std::string& name, json spec, const std::string& namespace_) {
  const std::string in = namespace_.empty() ? home() : namespace_;
  if (!spec.contains("secretName")) spec["secretName"] = name + "-tls";
  if (!spec.contains("profileRef")) spec["profileRef"]["name"] = "basic";
  spec["profileRef"]["namespace"] = home();
  const json object = {{"apiVersion", "duplicert.io/v1beta1"},
                       {"kind", "DuplicateCertificateRequest"},
                       {"metadata", {{"name", name}, {"namespace", in}}},
                       {"spec", spec}};
  const auto made = admin().create(reconcile::kRequests, in, object, std::stop_token{});
  ASSERT_TRUE(made) << made.error().message;
}

void SieveTest::merge(const std::string& name, const json& patch) {
  const auto done = admin().patch(reconcile::kRequests, {home(), name}, kube::PatchKind::kMerge,
                                  patch, std::stop_token{});
  ASSERT_TRUE(done) << done.error().message;
}

void SieveTest::remove(const std::string& kind, const std::string& name) {
  const auto done = admin().remove(resource_of(kind), {home(), name}, {}, std::stop_token{});
  ASSERT_TRUE(done) << done.error().message;
}

bool SieveTest::is_ready(const std::string& name, const std::string& namespace_) {
  const json object = read("dcr", name, namespace_);
  const json ready = condition(object, "Ready");
  return ready.is_object() && ready["status"] == "True" &&
         ready.value("observedGeneration", 0) == object["metadata"].value("generation", -1);
}

// Keeps an operator running, as a Deployment does.
void SieveTest::await(const std::function<bool()>& holds, const std::string& what) {
  const auto end = std::chrono::steady_clock::now() + kSettleMax;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) {
      ADD_FAILURE() << "not within " << kSettleMax.count() << " s: " << what;
      return;
    }
    ensure_operator(flags_);
    std::this_thread::sleep_for(100ms);
  }
}

std::string SieveTest::normal(const std::string& text) const {
  static const std::regex kHex("[0-9a-f]{10,}");
  static const std::regex kNumber("[0-9]{4,}");
  static const std::regex kDate("[0-9]{4}-[0-9]{2}-[0-9]{2}[^&]*");
  std::string result = std::regex_replace(text, std::regex("\\b" + id_ + "\\b"), "wN");
  result = std::regex_replace(result, std::regex("\\b" + id_ + "([a-z])"), "wN$1");
  result = std::regex_replace(result, kHex, "#");
  result = std::regex_replace(result, kDate, "T");
  return std::regex_replace(result, kNumber, "N");
}

// Called for every request of the operator: records it, and finds the one that the plan is about.
Fault SieveTest::fault_at(bool to_ca, const ProxyCall& call) {
  const std::lock_guard lock(record_mutex_);
  if (!recording_) return {};
  SieveCall seen{.to_ca = to_ca, .writes = call.is_write()};
  if (to_ca) {
    seen.text = normal(call.method + " " + call.path);
  } else {
    const auto [resource, rest] = parts_of(call.path);
    if (!call.is_write() || resource.empty() || resource == "events" || resource == "leases") {
      return {};
    }
    seen.text = normal(call.method + " " + resource + "/" + name_in(call, rest));
  }
  seen.occurrence = seen_[seen.text]++;
  record_.push_back(seen);
  if (!planned_ || fired_ || seen != planned_->call) return {};
  fired_ = true;
  const auto kill_it = [this] { kill_operator(); };
  switch (planned_->fault) {
    case SieveFault::kKillBefore:
      return {.kind = Fault::Kind::kCutBefore, .before = kill_it};
    case SieveFault::kKillAfterCommit:
      return {.kind = Fault::Kind::kCutAfter, .after = kill_it};
    case SieveFault::kKillAfterAnswer:
      return {.after = kill_it};
    case SieveFault::kLoseAnswer:
      return {.kind = Fault::Kind::kCutAfter};
  }
  return {};
}

json SieveTest::object_facts(const std::string& id, const std::string& suffix) {
  json facts = json::object();
  const json request = read("dcr", id + suffix);
  facts["conditions"] = conditions_of(request);
  const json secret = read("secret", id + suffix + "-tls");
  if (!secret.is_object()) return facts;
  json& of_secret = facts["secret"];
  of_secret["data"] = keys_of(secret["data"]);
  of_secret["labels"] = keys_of(secret["metadata"]["labels"]);
  of_secret["annotations"] = keys_of(secret["metadata"]["annotations"]);
  of_secret["owners"] = secret["metadata"].value("ownerReferences", json::array()).size();
  const auto crt = base::from_base64(secret["data"].value("tls.crt", ""));
  const auto key = base::from_base64(secret["data"].value("tls.key", ""));
  const auto leaf = x509::Certificate::parse(crt.value_or(""));
  const auto private_key = x509::PrivateKey::parse(key.value_or(""));
  if (!leaf || !private_key) {
    of_secret["pair"] = "does not parse";
    return facts;
  }
  const bool fits = leaf->public_key_sha256() == private_key->public_key_sha256();
  of_secret["pair"] = fits ? "fits" : "DOES NOT FIT";
  of_secret["names"] = normal(fmt::format("{}", fmt::join(leaf->dns_names(), " ")));
  return facts;
}

SieveOutcome SieveTest::outcome_of(const Workload& workload, const std::string& id,
                                   const std::map<std::string, std::size_t>& ca_before) {
  SieveOutcome outcome;
  for (const std::string& suffix : workload.requests) {
    outcome.objects["wN" + suffix] = object_facts(id, suffix);
    if (read("secret", id + suffix + "-pending").is_object()) {
      outcome.objects["wN" + suffix]["pending"] = "left behind";
    }
  }
  for (const ProxyCall& call : api().calls()) {
    const auto [resource, rest] = parts_of(call.path);
    if (resource.empty() || resource == "events") continue;
    const std::string name = normal(resource + "/" + name_in(call, rest));
    if (call.status == 201) ++outcome.changes["create " + name];
    if (call.method == "DELETE" && call.status / 100 == 2) ++outcome.changes["delete " + name];
  }
  const auto now = ca().counts();
  for (const auto& [operation, count] : now) {
    if (operation != "duplicate_create" && operation != "order_place") continue;
    const auto at = ca_before.find(operation);
    const std::size_t before = at == ca_before.end() ? 0 : at->second;
    if (count > before) outcome.ca[operation] = count - before;
  }
  return outcome;
}

SieveTest::Result SieveTest::run_once(const Workload& workload, const Planned* planned) {
  const std::string id = fmt::format("w{}", next_id_++);
  const auto flags = workload.flags ? workload.flags(id) : std::vector<std::string>{};
  ensure_operator(flags);
  workload.set_up(id);
  Result result;
  {
    const std::lock_guard lock(record_mutex_);
    id_ = id;
    recording_ = true;
    fired_ = false;
    record_.clear();
    seen_.clear();
    planned_ = planned == nullptr ? std::nullopt : std::optional(*planned);
  }
  api().forget_calls();
  const auto ca_before = ca().counts();
  workload.act(id);
  const auto end = std::chrono::steady_clock::now() + kSettleMax;
  while (!result.settled && std::chrono::steady_clock::now() < end) {
    ensure_operator(flags);
    std::this_thread::sleep_for(100ms);
    result.settled = workload.has_settled(id);
  }
  // What is still to come, if something is: from the operator after a crash most of all.
  ensure_operator(flags);
  EXPECT_TRUE(operator_->wait_for_output("caches are complete", 30s)) << operator_->output();
  std::this_thread::sleep_for(400ms);
  result.settled = result.settled && workload.has_settled(id);
  result.outcome = outcome_of(workload, id, ca_before);
  const std::lock_guard lock(record_mutex_);
  recording_ = false;
  result.calls = record_;
  result.fired = fired_;
  return result;
}

// The share that fits into every run of the tests: answers that were lost by a crash, which is
// where money goes. The rest with DUPLICERT_FAULT_PLANS=all.
std::vector<SieveTest::Planned> SieveTest::plans_of(const Workload& workload,
                                                    const std::vector<SieveCall>& calls) {
  std::vector<Planned> plans;
  std::size_t index = 0;
  for (const SieveCall& call : calls) {
    for (const SieveFault fault : kSieveFaults) {
      if (all_fault_plans()) {
        plans.push_back({.call = call, .fault = fault});
      } else if (call.writes && fault == SieveFault::kKillAfterCommit) {
        if (index++ % workload.share == workload.share / 2) plans.push_back({call, fault});
      }
    }
  }
  return plans;
}

void SieveTest::run_planned(const Workload& workload, const Planned& planned, const Result& quiet) {
  const std::string what =
      fmt::format("{} {}: {}", planned.call.to_ca ? "CA:" : "API:", planned.call.name(),
                  name_of(planned.fault));
  SCOPED_TRACE(what);
  const auto began = std::chrono::steady_clock::now();
  const Result result = run_once(workload, &planned);
  ++tally_.plans;
  tally_.fired += result.fired ? 1 : 0;
  EXPECT_TRUE(result.settled) << result.outcome.text();
  EXPECT_EQ(result.outcome.objects, quiet.outcome.objects) << "another end";
  if (workload.may_do_less) {
    for (const auto& [operation, count] : result.outcome.ca) EXPECT_LE(count, 1U) << operation;
  } else {
    EXPECT_EQ(result.outcome.changes, quiet.outcome.changes) << "created or deleted otherwise";
    EXPECT_EQ(result.outcome.ca, quiet.outcome.ca) << "ordered otherwise";
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  fmt::print("{:5.1f} s {}{}\n", took.count(), result.fired ? "" : "(not met) ", what);
  std::fflush(stdout);
}

// Also what came after a run had been judged: nothing was ever sent to the CA twice.
void SieveTest::expect_one_duplicate_per_key() {
  std::set<std::string> keys;
  for (const json& order : orders_at_ca()) {
    for (const json& made : order["certificates"]) {
      const auto csr = x509::Csr::parse(made.value("csr", ""));
      if (!csr) continue;  // those of the seed
      const bool is_new = keys.insert(csr->public_key_sha256()).second;
      EXPECT_TRUE(is_new) << "order " << order["id"] << " has two certificates of one key";
    }
  }
}

void SieveTest::run(const Workload& workload) {
  start_world();
  if (HasFatalFailure()) return;
  run_once(workload, nullptr);  // the first run warms up what later ones share
  const Result quiet = run_once(workload, nullptr);
  ASSERT_TRUE(quiet.settled) << quiet.outcome.text();
  ASSERT_FALSE(HasFailure());
  for (const Planned& planned : plans_of(workload, quiet.calls)) {
    run_planned(workload, planned, quiet);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(tally_.fired, 0) << "no plan met its call: nothing was tested";
  for (const auto& violation : ca().violations()) ADD_FAILURE() << violation.detail;
  expect_one_duplicate_per_key();
  RecordProperty("plans", tally_.plans);
  fmt::print("plans: {}, of which {} met their call\n", tally_.plans, tally_.fired);
}

void SieveInFull::SetUp() {
  if (!all_fault_plans()) GTEST_SKIP() << kOnlyInFull;
  SieveTest::SetUp();
  if (IsSkipped() || HasFatalFailure()) return;
  start_world();
}

}  // namespace support
