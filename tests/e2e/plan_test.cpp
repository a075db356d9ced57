// duplicert plan against a real API server and the simulated CA: what it says is what happens, and
// it changes nothing in either of them.
#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "support/exec_kubeconfig.h"
#include "support/renewal_world.h"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using support::Copy;
using testing::HasSubstr;

struct Said {
  int exit_code = 0;
  json plan{};
  std::string err{};

  json request(const std::string& name) const {
    for (const json& one : plan.value("requests", json::array())) {
      if (one["name"] == name) return one;
    }
    return json::object();
  }
  std::string outcome(const std::string& name) const { return request(name).value("outcome", ""); }
};

class PlanTest : public support::RenewalTest {
 protected:
  void begin(const support::ProfileOptions& profile = {}) {
    start_simulator();
    if (HasFatalFailure()) return;
    create_api_key();
    apply_profile(profile);
  }

  std::string write(const std::string& name, const std::string& text) {
    const auto path = dir() / name;
    std::ofstream(path) << text;
    return path.string();
  }

  std::string manifest(const std::string& name, const std::string& spec,
                       const std::string& namespace_ = {}) {
    return fmt::format(
        "---\napiVersion: duplicert.io/v1beta1\nkind: DuplicateCertificateRequest\n"
        "metadata: {{name: {0}, namespace: {1}}}\nspec:\n"
        "  profileRef: {{name: basic, namespace: {2}}}\n  secretName: {0}-tls\n{3}",
        name, namespace_.empty() ? home() : namespace_, home(), spec);
  }

  std::string profile_manifest() {
    return fmt::format(
        "---\napiVersion: duplicert.io/v1beta1\nkind: AutomationProfile\n"
        "metadata: {{name: basic, namespace: {}}}\nspec:\n"
        "  account: {{url: '{}', caBundle: {}, apiKeySecretRef: {{name: certcentral}}}}\n"
        "  product: ssl_basic\n  organization: {{id: 550011}}\n",
        home(), ca().base_url(), base::to_base64(ca().ca_pem()));
  }

  support::CommandResult run_plan(const std::vector<std::string>& args,
                                  const std::map<std::string, std::string>& env = {},
                                  const std::string& input = "") {
    const std::string url = ca().base_url();
    support::Command command{.argv = {support::operator_binary(), "plan", "--allowed-ca-hosts",
                                      url.substr(8, url.find('/', 8) - 8)},
                             .env = env,
                             .input = input};
    command.argv.insert(command.argv.end(), args.begin(), args.end());
    return support::run(command);
  }

  // With the cluster, as JSON.
  Said plan(const std::string& yaml, const std::vector<std::string>& flags = {}) {
    std::vector<std::string> args{"-f",
                                  write("plan.yaml", yaml),
                                  "-o",
                                  "json",
                                  "--kubeconfig",
                                  cluster().kubeconfig(support::ControlPlane::kOperator),
                                  "--ledger-namespace",
                                  home()};
    args.insert(args.end(), flags.begin(), flags.end());
    const auto ran = run_plan(args);
    return {ran.exit_code, json::parse(ran.out, nullptr, false), ran.err};
  }

  std::filesystem::path exec_kubeconfig() {
    return support::exec_kubeconfig(cluster(), support::ControlPlane::kOperator, home(), dir());
  }
  std::string api_key() { return std::string(ca().api_key()->expose()); }

  // The CA has seen nothing but questions, and the cluster nothing but reads.
  void expect_untouched(std::size_t writes_before) {
    for (const auto& call : ca().journal()) EXPECT_EQ(call.method, "GET") << call.path;
    EXPECT_EQ(cluster().writes_by(support::ControlPlane::kOperator, home()), writes_before);
    EXPECT_FALSE(ca().journal().empty()) << "nothing was asked at all";
  }
  std::size_t writes() { return cluster().writes_by(support::ControlPlane::kOperator, home()); }
};

TEST_F(PlanTest, SaysWhatIsIssuedAndRefusedAndTouchesNothing) {
  begin();
  const auto before = writes();

  const Said issue = plan(manifest("shop", "  commonName: shop.example.com\n"));

  EXPECT_EQ(issue.exit_code, 2) << issue.err;
  EXPECT_EQ(issue.outcome("shop"), "issue") << issue.plan.dump(1);
  EXPECT_EQ(issue.request("shop")["orderID"], 12345);

  const Said refused = plan(manifest("shop", "  commonName: shop.example.com\n") +
                            manifest("evil", "  commonName: evil.test\n"));

  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_EQ(refused.outcome("shop"), "issue");
  EXPECT_EQ(refused.request("evil")["reason"], "NameNotAllowed");
  EXPECT_TRUE(request("shop").empty() || request("shop").is_discarded()) << "it was created";
  expect_untouched(before);
}

TEST_F(PlanTest, HasNothingToSayOfWhatIsCurrentAndSeesAChangeOfTheSpec) {
  begin();
  start();
  apply_request({.spec = "  commonName: long.example.com\n"});
  wait_ready();
  ASSERT_EQ(stop_operator(), 0);
  const auto serial = leaf("shop-tls").serial_number();

  const Said same = plan(manifest("shop", "  commonName: long.example.com\n"));
  const Said other = plan(manifest("shop", "  commonName: year.example.com\n"));

  EXPECT_EQ(same.exit_code, 0) << same.plan.dump(1) << same.err;
  EXPECT_EQ(same.outcome("shop"), "current");
  EXPECT_EQ(same.request("shop")["rule"], "certificate_is_current");
  EXPECT_EQ(other.exit_code, 2) << other.plan.dump(1);
  EXPECT_EQ(other.outcome("shop"), "renew");
  EXPECT_EQ(other.request("shop")["orderID"], 22222);
  EXPECT_EQ(leaf("shop-tls").serial_number(), serial);
}

// Two copies of one order are due: one order is bought, the other copy follows it. Then the
// controller does just that.
TEST_F(PlanTest, BuysOnceForAllCopiesAndSoDoesTheController) {
  begin();
  install({{.name = "original"}, {.namespace_ = other(), .name = "duplicate"}});
  const auto before = writes();
  const std::string yaml = manifest("original", "  commonName: shop.example.com\n") +
                           manifest("duplicate", "  commonName: shop.example.com\n", other());

  const Said allowed = plan(yaml);
  const Said forbidden = plan(yaml, {"--no-orders"});

  EXPECT_EQ(allowed.exit_code, 2) << allowed.plan.dump(1) << allowed.err;
  EXPECT_EQ(forbidden.exit_code, 3);
  ASSERT_EQ(allowed.plan["purchases"].size(), 1U) << allowed.plan.dump(1);
  const json purchase = allowed.plan["purchases"][0];
  EXPECT_EQ(purchase["renewalOf"], 12345);
  EXPECT_EQ(purchase["requests"].size(), 2U);
  const std::vector<std::string> outcomes{allowed.outcome("original"),
                                          allowed.outcome("duplicate")};
  EXPECT_THAT(outcomes, testing::UnorderedElementsAre("buy", "renew"));
  expect_untouched(before);
  EXPECT_TRUE(ledger().empty());

  start();
  wait_order(67890, "original");
  wait_order(67890, "duplicate", other());
  EXPECT_EQ(renewals_of(12345), 1U);
  ASSERT_EQ(ledger().size(), 1U);
  EXPECT_EQ(ledger()[0]["metadata"]["name"], purchase["entry"]);
}

TEST_F(PlanTest, RenewsFromALaterOrderInsteadOfBuying) {
  begin();
  ASSERT_TRUE(ca().place_order({.renewal_of = 12345, .id = 55555}));
  install({{.name = "shop"}});

  const Said said = plan(manifest("shop", "  commonName: shop.example.com\n"), {"--no-orders"});

  EXPECT_EQ(said.exit_code, 2) << said.plan.dump(1);
  EXPECT_EQ(said.outcome("shop"), "renew");
  EXPECT_EQ(said.request("shop")["orderID"], 55555);
}

TEST_F(PlanTest, SeesWhatAChangedProfileDoesToRequestsInTheCluster) {
  begin({.extra = "  renewal: {onNoRenewedOrder: Wait}\n"});
  install({{.name = "shop"}});

  const Said said = plan(profile_manifest());

  EXPECT_EQ(said.exit_code, 2) << said.plan.dump(1);
  EXPECT_EQ(said.outcome("shop"), "buy") << "the manifest takes the brake off";
  EXPECT_EQ(said.request("shop")["source"], "cluster");
}

TEST_F(PlanTest, NeedsNoClusterAndTakesTheKeyFromAFileTheEnvironmentOrAManifest) {
  begin();
  const std::string key = api_key();
  const std::string secret = fmt::format(
      "---\napiVersion: v1\nkind: Secret\nmetadata: {{name: certcentral, namespace: {}}}\n"
      "stringData: {{api-key: {}}}\n",
      home(), key);
  const std::string yaml =
      profile_manifest() + manifest("shop", "  commonName: shop.example.com\n");
  const std::string file = write("all.yaml", yaml);

  const auto by_file = run_plan({"-f", file, "--api-key-file", write("key", key + "\n")});
  const auto by_environment = run_plan({"-f", file}, {{"DUPLICERT_API_KEY", key}});
  const auto by_manifest = run_plan({"-f", "-"}, {}, yaml + secret);
  const auto by_nothing = run_plan({"-f", file});
  const auto by_a_wrong_one = run_plan({"-f", file}, {{"DUPLICERT_API_KEY", "wrong"}});

  for (const auto& ran : {by_file, by_environment, by_manifest}) {
    EXPECT_EQ(ran.exit_code, 2) << ran.out << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("requesting a duplicate of order 12345"));
    EXPECT_THAT(ran.out + ran.err, testing::Not(HasSubstr(key)));
  }
  EXPECT_EQ(by_nothing.exit_code, 1);
  EXPECT_THAT(by_nothing.out, HasSubstr("$DUPLICERT_API_KEY"));
  EXPECT_EQ(by_a_wrong_one.exit_code, 1);
  EXPECT_THAT(by_a_wrong_one.out, HasSubstr("CredentialsRejected"));
}

TEST_F(PlanTest, SaysThatItDoesNotKnowWhenTheCaDoesNotAnswer) {
  begin();
  ASSERT_TRUE(ca().set_faults({"html_500=on"}));

  const Said said = plan(manifest("shop", "  commonName: shop.example.com\n"));

  EXPECT_EQ(said.exit_code, 1) << said.plan.dump(1);
  EXPECT_EQ(said.outcome("shop"), "unknown");
}

TEST_F(PlanTest, TellsWhatAStrangerMayNotRead) {
  begin();
  const std::string yaml =
      profile_manifest() + manifest("shop", "  commonName: shop.example.com\n");

  const auto ran = run_plan({"-f", write("all.yaml", yaml), "--kubeconfig",
                             cluster().kubeconfig(support::ControlPlane::kStranger)},
                            {{"DUPLICERT_API_KEY", api_key()}});

  EXPECT_EQ(ran.exit_code, 1) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("the ledger cannot be read"));
  EXPECT_THAT(ran.out, HasSubstr("forbidden"));
}

// As kubeconfigs of managed clusters have it: a program gives the token.
TEST_F(PlanTest, TakesATokenFromAnExecPlugin) {
  begin();
  const auto before = writes();

  const auto ran =
      run_plan({"-f", write("shop.yaml", manifest("shop", "  commonName: shop.example.com\n")),
                "-o", "json", "--kubeconfig", exec_kubeconfig(), "--ledger-namespace", home()});

  EXPECT_EQ(ran.exit_code, 2) << ran.err;
  EXPECT_EQ(Said({.plan = json::parse(ran.out, nullptr, false)}).outcome("shop"), "issue");
  expect_untouched(before);
}

TEST_F(PlanTest, NamesAnExecPluginThatCannotBeRun) {
  begin();
  std::filesystem::remove(exec_kubeconfig().parent_path() / "credential.json");

  const auto ran =
      run_plan({"-f", write("shop.yaml", manifest("shop", "  commonName: a.example.com\n")),
                "--kubeconfig", (dir() / "exec.kubeconfig").string()});

  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err, HasSubstr("exec credential plugin"));
}

}  // namespace
