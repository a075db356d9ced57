#include "support/e2e_world.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <thread>

#include <fmt/format.h>

#include "base/bytes.h"
#include "http/curl_transport.h"
#include "support/chart_account.h"
#include "x509/chain.h"
#include "x509/private_key.h"

namespace support {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr const char* kSeed = DUPLICERT_SOURCE_DIR "/tests/data/e2e/seed.yaml";

std::string home_of(const std::string& given, const std::string& fallback) {
  return given.empty() ? fallback : given;
}

}  // namespace

std::string operator_binary() {
  const char* path = std::getenv("DUPLICERT_BINARY");
  return path != nullptr ? path : DUPLICERT_BINARY;
}

bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds at_most) {
  const auto end = std::chrono::steady_clock::now() + at_most;
  while (std::chrono::steady_clock::now() < end) {
    if (holds()) return true;
    std::this_thread::sleep_for(50ms);
  }
  return holds();
}

void E2eTest::SetUp() {
  ClusterTest::SetUp();
  if (IsSkipped() || HasFatalFailure()) return;
  dir_ = std::make_unique<support::TempDir>();
  const std::string crds = DUPLICERT_SOURCE_DIR "/crds";
  const auto applied =
      cluster().kubectl({"apply", "--server-side", "--force-conflicts", "-k", crds});
  ASSERT_TRUE(applied.ok()) << applied.err;
  const auto served = cluster().kubectl({"wait", "--for=condition=Established", "--timeout=30s",
                                         "crd/automationprofiles.duplicert.io",
                                         "crd/duplicatecertificaterequests.duplicert.io",
                                         "crd/certificateorders.duplicert.io"});
  ASSERT_TRUE(served.ok()) << served.err;
  namespaces_ = {cluster().make_namespace("e2e-a"), cluster().make_namespace("e2e-b")};
  make_chart_account(cluster(), home(), other(), dir() / "operator.kubeconfig");
  audit_.emplace(cluster(), namespaces_, operator_user());
}

void E2eTest::TearDown() {
  if (operator_ && HasFailure()) {
    std::string log = operator_->output();
    if (log.size() > 20'000) log.erase(0, log.size() - 20'000);
    std::fprintf(stderr, "--- operator ---\n%s\n", log.c_str());
  }
  operator_.reset();
  simulator_.reset();
  if (!audit_) return;
  for (const std::string& problem : audit_->findings().problems) {
    const bool refused = problem.starts_with("no role allows");
    const bool dated_twice = problem.starts_with("lastTransitionTime moved");
    const bool expected = (refused && refusals_expected_) || (dated_twice && two_writers_);
    EXPECT_TRUE(expected) << problem;
  }
}

std::string E2eTest::operator_user() const {
  return chart_user(home());
}

void E2eTest::start_simulator(const std::vector<std::string>& faults, std::uint64_t fault_seed) {
  simulator_options_ = {.data_dir = dir() / "ca", .seed_file = seed_file()};
  simulator_options_.polite = true;  // a test names the faults that it is about
  simulator_options_.fault_seed = fault_seed;
  if (faults != std::vector<std::string>{"polite"}) simulator_options_.faults = faults;
  auto started = simulator::Simulator::start(simulator_options_, clock_);
  ASSERT_TRUE(started) << started.error().message;
  simulator_ = *std::move(started);
}

void E2eTest::restart_simulator(std::chrono::milliseconds down_for) {
  const std::string url = simulator_->base_url();
  simulator_options_.port = std::stoi(url.substr(url.find(':', 6) + 1));
  simulator_options_.faults.clear();
  simulator_.reset();
  std::this_thread::sleep_for(down_for);
  auto started = simulator::Simulator::start(simulator_options_, clock_);
  ASSERT_TRUE(started) << started.error().message;
  simulator_ = *std::move(started);
}

std::string E2eTest::seed_file() const {
  return kSeed;
}

std::string E2eTest::ca_url() {
  return simulator_->base_url();
}

std::string E2eTest::ca_trust_pem() {
  return simulator_->ca_pem();
}

std::filesystem::path E2eTest::operator_kubeconfig() {
  return dir() / "operator.kubeconfig";
}

void E2eTest::start_operator(const std::vector<std::string>& flags) {
  operator_ = make_operator("operator.log", flags);
  ASSERT_TRUE(operator_->wait_for_output("caches are complete", 60s)) << operator_->output();
}

std::unique_ptr<support::Process> E2eTest::make_operator(const std::string& log,
                                                         const std::vector<std::string>& flags) {
  support::Command command;
  command.argv = {operator_binary(),  "run",         "--kubeconfig",      operator_kubeconfig(),
                  "--namespace",      home(),        "--namespace",       other(),
                  "--health-address", "127.0.0.1:0", "--metrics-address", "127.0.0.1:0",
                  "--log-level",      "debug"};
  if (simulator_) {
    const std::string url = ca_url();
    command.argv.insert(command.argv.end(),
                        {"--allowed-ca-hosts", url.substr(8, url.find('/', 8) - 8)});
  }
  command.argv.insert(command.argv.end(), flags.begin(), flags.end());
  const bool elects = std::ranges::find(flags, "--leader-elect") != flags.end();
  if (!elects) command.argv.emplace_back("--no-leader-elect");
  return std::make_unique<support::Process>(command, dir() / log);
}

int E2eTest::stop_operator() {
  const int code = operator_->terminate(30s);
  operator_.reset();
  return code;
}

void E2eTest::start_all(const std::vector<std::string>& faults) {
  start_simulator(faults);
  if (HasFatalFailure()) return;
  create_api_key();
  apply_profile();
  start_operator();
}

void E2eTest::apply(const std::string& yaml) {
  const auto applied = cluster().kubectl({"apply", "--server-side", "-f", "-"}, yaml);
  ASSERT_TRUE(applied.ok()) << applied.err << yaml;
}

void E2eTest::create_api_key(const std::string& key, const std::string& secret) {
  std::string text = key;
  if (text.empty()) {
    const auto made = ca().api_key();
    ASSERT_TRUE(made) << made.error().message;
    text = made->expose();
  }
  apply(
      fmt::format("apiVersion: v1\nkind: Secret\nmetadata: {{name: {}, namespace: {}}}\n"
                  "data: {{api-key: {}}}\n",
                  secret, home(), base::to_base64(text)));
}

void E2eTest::apply_profile(const ProfileOptions& options) {
  const std::string bundle =
      options.ca_bundle_pem ? *options.ca_bundle_pem : (simulator_ ? ca_trust_pem() : "");
  std::string account = fmt::format("    apiKeySecretRef: {{name: {}}}\n    url: {}\n",
                                    options.secret, options.url.empty() ? ca_url() : options.url);
  if (!bundle.empty()) account += "    caBundle: " + base::to_base64(bundle) + "\n";
  apply(fmt::format(
      "apiVersion: duplicert.io/v1beta1\nkind: AutomationProfile\n"
      "metadata: {{name: {}, namespace: {}}}\nspec:\n  account:\n{}"
      "  product: {}\n  organization: {{{}}}\n"
      "  allowedNamespaces: {{from: All}}\n"
      "  nameConstraints: [{{dnsNames: ['*.example.com', 'example.com']}}]\n{}",
      options.name, home(), account, options.product, options.organization, options.extra));
}

void E2eTest::apply_request(const RequestOptions& options) {
  apply(
      fmt::format("apiVersion: duplicert.io/v1beta1\nkind: DuplicateCertificateRequest\n"
                  "metadata: {{name: {}, namespace: {}}}\nspec:\n"
                  "  profileRef: {{name: {}, namespace: {}}}\n  secretName: {}\n{}",
                  options.name, home_of(options.namespace_, home()), options.profile,
                  home_of(options.profile_namespace, home()),
                  options.secret.empty() ? options.name + "-tls" : options.secret, options.spec));
}

json E2eTest::get(const std::string& kind, const std::string& name, const std::string& namespace_) {
  const auto got = cluster().kubectl(
      {"get", kind, name, "-n", home_of(namespace_, home()), "-o", "json", "--ignore-not-found"});
  return json::parse(got.out, nullptr, false);
}

json E2eTest::request(const std::string& name, const std::string& namespace_) {
  return get("dcr", name, namespace_);
}

json E2eTest::condition(const json& object, const std::string& type) {
  if (!object.is_object() || !object.contains("status")) return nullptr;
  for (const json& one : object["status"].value("conditions", json::array())) {
    if (one.value("type", "") == type) return one;
  }
  return nullptr;
}

json E2eTest::wait_for(const std::string& name, const std::string& namespace_,
                       const std::function<bool(const json&)>& holds) {
  json object;
  const bool ok = eventually([&] {
    object = request(name, namespace_);
    return object.is_object() && holds(object);
  });
  EXPECT_TRUE(ok) << object.dump(1);
  return object;
}

json E2eTest::wait_ready(const std::string& name, const std::string& namespace_) {
  return wait_for(name, namespace_, [&](const json& object) {
    const json ready = condition(object, "Ready");
    return ready.is_object() && ready["status"] == "True" &&
           ready["observedGeneration"] == object["metadata"]["generation"];
  });
}

std::string E2eTest::wait_reason(const std::string& reason, const std::string& name,
                                 const std::string& namespace_) {
  const json object = wait_for(name, namespace_, [&](const json& seen) {
    const json ready = condition(seen, "Ready");
    return ready.is_object() && ready["status"] == "False" && ready["reason"] == reason;
  });
  const json ready = condition(object, "Ready");
  return ready.is_object() ? ready.value("message", "") : "";
}

std::string E2eTest::secret_data(const std::string& secret, const std::string& key,
                                 const std::string& namespace_) {
  const json object = get("secret", secret, namespace_);
  if (!object.is_object() || !object["data"].contains(key)) {
    ADD_FAILURE() << "Secret " << secret << " has no " << key;
    return {};
  }
  return base::from_base64(object["data"][key].get<std::string>()).value_or("");
}

x509::Certificate E2eTest::leaf(const std::string& secret, const std::string& namespace_) {
  auto parsed = x509::Certificate::parse(secret_data(secret, "tls.crt", namespace_));
  EXPECT_TRUE(parsed);
  return *std::move(parsed);
}

void E2eTest::expect_good_pair(const std::string& secret, const std::string& namespace_) {
  const auto key = x509::PrivateKey::parse(secret_data(secret, "tls.key", namespace_));
  ASSERT_TRUE(key) << key.error().message;
  const std::string crt = secret_data(secret, "tls.crt", namespace_);
  const auto sent = x509::Certificate::parse_all(crt + ca().root_pem());
  ASSERT_TRUE(sent) << sent.error().message;
  const auto chain = x509::build_chain(*sent, key->public_key_sha256());
  ASSERT_TRUE(chain) << chain.error().message;
  ASSERT_TRUE(chain->top);
  EXPECT_TRUE(chain->top->is_self_signed());
  EXPECT_EQ(crt, chain->tls_crt());
}

std::string E2eTest::fetch(const std::string& server, const std::string& path) {
  return ask(op(), server, path);
}

std::string E2eTest::ask(support::Process& which, const std::string& server,
                         const std::string& path) {
  std::istringstream log(which.output());
  std::string url;
  for (std::string line; std::getline(log, line);) {
    const json entry = json::parse(line, nullptr, false);
    if (entry.is_object() && entry.value("server", "") == server) url = entry.value("url", "");
  }
  auto transport = http::CurlTransport::create({.allow_plain_http = true});
  if (!transport || url.empty()) return {};
  const auto answer = (*transport)->send({.url = url + path}, {});
  return answer ? fmt::format("{} {}", answer->status, answer->body) : answer.error().message;
}

}  // namespace support
