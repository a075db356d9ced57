#include "cli/options.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cli {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Command parse_words(std::vector<const char*> words) {
  words.insert(words.begin(), "duplicert");
  return parse(static_cast<int>(words.size()), words.data(), "  lost-answer=RATE");
}

RunOptions run_with(std::vector<const char*> words) {
  words.insert(words.begin(), "run");
  const Command command = parse_words(words);
  const auto* options = std::get_if<RunOptions>(&command);
  const auto* finish = std::get_if<Finish>(&command);
  EXPECT_NE(options, nullptr) << (finish != nullptr ? finish->output : "");
  return options != nullptr ? *options : RunOptions{};
}

// What stands on standard error for a wrong command line.
std::string problem_with(std::vector<const char*> words) {
  const Command command = parse_words(std::move(words));
  const auto* finish = std::get_if<Finish>(&command);
  EXPECT_NE(finish, nullptr);
  if (finish == nullptr) return {};
  EXPECT_EQ(finish->exit_code, 2);
  return finish->output;
}

std::string help_of(const char* command) {
  const Command parsed = parse_words({command, "--help"});
  const auto* finish = std::get_if<Finish>(&parsed);
  EXPECT_NE(finish, nullptr);
  if (finish == nullptr) return {};
  EXPECT_EQ(finish->exit_code, 0);
  return finish->output;
}

// Sets one variable while it lives.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Environment() { unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
};

TEST(Run, NeedsNoFlags) {
  const RunOptions options = run_with({});

  EXPECT_THAT(options.kubeconfig, IsEmpty());
  EXPECT_THAT(options.namespaces, IsEmpty());
  EXPECT_EQ(options.workers, 16);
  EXPECT_TRUE(options.leader_elect);
  EXPECT_TRUE(options.metrics.enabled);
  EXPECT_EQ(options.metrics.port, 8080);
  EXPECT_TRUE(options.health.enabled);
  EXPECT_EQ(options.health.port, 8081);
  EXPECT_EQ(options.log.format, base::LogFormat::kJson);
  EXPECT_EQ(options.log.level, base::LogLevel::kInfo);
  EXPECT_EQ(options.kube_api_qps, 0);
  EXPECT_EQ(options.kube_api_burst, 100);
  EXPECT_EQ(options.duplicate_settle_window, 3min);
  EXPECT_EQ(options.inventory_interval, 6h);
}

TEST(Run, TrustsTheTwoHostsOfTheVendorAlone) {
  EXPECT_THAT(run_with({}).allowed_ca_hosts,
              ElementsAre("www.digicert.com", "certcentral.digicert.eu"));
  EXPECT_THAT(run_with({"--allowed-ca-hosts", "127.0.0.1:8443,ca.test"}).allowed_ca_hosts,
              ElementsAre("127.0.0.1:8443", "ca.test"));
}

TEST(Run, ReadsEveryFlag) {
  const RunOptions options = run_with(
      {"--kubeconfig=/k", "--context=c", "--namespace=a", "--namespace=b,c", "--workers=8",
       "--no-leader-elect", "--leader-elect-namespace=l", "--metrics-address=127.0.0.1:1",
       "--health-address=off", "--log-format=text", "--log-level=debug", "--kube-api-qps=2.5",
       "--kube-api-burst=7", "--duplicate-settle-window=1m30s", "--inventory-interval=1h"});

  EXPECT_EQ(options.kubeconfig, "/k");
  EXPECT_EQ(options.context, "c");
  EXPECT_THAT(options.namespaces, ElementsAre("a", "b", "c"));
  EXPECT_EQ(options.workers, 8);
  EXPECT_FALSE(options.leader_elect);
  EXPECT_EQ(options.leader_elect_namespace, "l");
  EXPECT_EQ(options.metrics.host, "127.0.0.1");
  EXPECT_EQ(options.metrics.port, 1);
  EXPECT_FALSE(options.health.enabled);
  EXPECT_EQ(options.log.format, base::LogFormat::kText);
  EXPECT_EQ(options.log.level, base::LogLevel::kDebug);
  EXPECT_EQ(options.kube_api_qps, 2.5);
  EXPECT_EQ(options.kube_api_burst, 7);
  EXPECT_EQ(options.duplicate_settle_window, 90s);
  EXPECT_EQ(options.inventory_interval, 1h);
}

TEST(Run, ReadsTheEnvironment) {
  const Environment workers("DUPLICERT_WORKERS", "8");
  const Environment elect("DUPLICERT_LEADER_ELECT", "false");
  const Environment metrics("DUPLICERT_METRICS_ADDRESS", "0");
  const Environment certificate("DUPLICERT_METRICS_CERT_DIR", "/tls");
  const Environment window("DUPLICERT_DUPLICATE_SETTLE_WINDOW", "5m");
  const Environment namespaces("DUPLICERT_NAMESPACE", "a,b");
  const Environment level("DUPLICERT_LOG_LEVEL", "warn");
  const Environment hosts("DUPLICERT_ALLOWED_CA_HOSTS", "ca.test");

  const RunOptions options = run_with({});

  EXPECT_EQ(options.workers, 8);
  EXPECT_FALSE(options.leader_elect);
  EXPECT_FALSE(options.metrics.enabled);
  EXPECT_EQ(options.metrics_cert_dir, "/tls");
  EXPECT_EQ(options.duplicate_settle_window, 5min);
  EXPECT_THAT(options.namespaces, ElementsAre("a", "b"));
  EXPECT_EQ(options.log.level, base::LogLevel::kWarn);
  EXPECT_THAT(options.allowed_ca_hosts, ElementsAre("ca.test"));
}

TEST(Run, PrefersAFlagToTheEnvironment) {
  const Environment workers("DUPLICERT_WORKERS", "8");

  EXPECT_EQ(run_with({"--workers=2"}).workers, 2);
}

TEST(Run, ReadsAddresses) {
  EXPECT_EQ(run_with({"--metrics-address=9090"}).metrics.port, 9090);
  EXPECT_EQ(run_with({"--metrics-address=9090"}).metrics.host, "0.0.0.0");
  EXPECT_EQ(run_with({"--metrics-address=:9090"}).metrics.host, "0.0.0.0");
  EXPECT_EQ(run_with({"--metrics-address=[::1]:9090"}).metrics.host, "::1");
  EXPECT_FALSE(run_with({"--metrics-address=0"}).metrics.enabled);
  EXPECT_TRUE(run_with({"--metrics-address=127.0.0.1:0"}).metrics.enabled);
}

struct Wrong {
  const char* name;
  std::vector<const char*> words;
  const char* says;
};

class WrongCommandLine : public testing::TestWithParam<Wrong> {};

TEST_P(WrongCommandLine, IsToldWithTheFlagThatIsWrong) {
  const std::string problem = problem_with(GetParam().words);

  EXPECT_THAT(problem, HasSubstr(GetParam().says));
  const std::string flag = GetParam().words.empty() ? "" : GetParam().words.back();
  if (flag.starts_with("--")) {
    EXPECT_THAT(problem, HasSubstr(flag.substr(0, flag.find('='))));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Each, WrongCommandLine,
    testing::Values(
        Wrong{"NoCommand", {}, "subcommand is required"},
        Wrong{"UnknownCommand", {"fly"}, "'fly' is no command"},
        Wrong{"UnknownFlag", {"run", "--fly"}, "--fly"},
        Wrong{"NoWorkers", {"run", "--workers=0"}, "0"},
        Wrong{"TooManyWorkers", {"run", "--workers=65"}, "65"},
        Wrong{"WorkersInWords", {"run", "--workers=four"}, "four"},
        Wrong{"AddressWithoutPort", {"run", "--metrics-address=host"}, "'host' is not HOST:PORT"},
        Wrong{"PortTooLarge", {"run", "--health-address=:70000"}, "':70000' is not HOST:PORT"},
        Wrong{"BareIpv6", {"run", "--health-address=::1"}, "'::1' is not HOST:PORT"},
        Wrong{"NegativeRate", {"run", "--kube-api-qps=-1"}, "-1"},
        Wrong{"NoBurst", {"run", "--kube-api-burst=0"}, "0"},
        Wrong{"OddDuration", {"run", "--duplicate-settle-window=5 minutes"}, "5 minutes"},
        Wrong{"NoSettleWindow", {"run", "--duplicate-settle-window=0s"}, "too short"},
        Wrong{"OddLevel", {"run", "--log-level=loud"}, "loud"},
        Wrong{"OddFormat", {"run", "--log-format=xml"}, "xml"},
        Wrong{"SimulateWithoutData", {"simulate"}, "--data is required"},
        Wrong{"SimulateListens", {"simulate", "--data=d", "--listen=x"}, "not HOST:PORT"},
        Wrong{"PublishNeedsUrl",
              {"simulate", "--data=d", "--publish=p.json"},
              "--publish requires --publish-url"}),
    [](const auto& wrong) { return wrong.param.name; });

TEST(Help, NamesEveryFlagOfRunWithUnitDefaultAndVariable) {
  const std::string help = help_of("run");

  for (const std::string flag :
       {"--kubeconfig", "--context", "--namespace", "--workers", "--leader-elect",
        "--leader-elect-namespace", "--metrics-address", "--metrics-cert-dir", "--health-address",
        "--log-format", "--log-level", "--kube-api-qps", "--kube-api-burst", "--allowed-ca-hosts",
        "--duplicate-settle-window"}) {
    std::string variable = "DUPLICERT_" + flag.substr(2);
    for (char& c : variable) c = c == '-' ? '_' : static_cast<char>(std::toupper(c));
    const auto at = help.find("\n  " + flag + " ");
    const auto also_at = help.find("\n  " + flag + ",");
    const auto begin = std::min(at, also_at);
    ASSERT_NE(begin, std::string::npos) << flag << "\n" << help;
    const std::string entry = help.substr(begin, help.find("\n  -", begin + 1) - begin);
    EXPECT_THAT(entry, AllOf(HasSubstr(variable), HasSubstr("Default:"))) << flag;
  }
  EXPECT_THAT(help, HasSubstr("DURATION"));
  EXPECT_THAT(help, HasSubstr("HOST:PORT"));
  EXPECT_THAT(help, HasSubstr("Calls per second"));
}

TEST(Help, OfTheSimulatorListsItsFaults) {
  const std::string help = help_of("simulate");

  for (const char* part : {"--listen", "--data", "--seed", "--polite", "--fault", "--fault-seed",
                           "--tls-name", "lost-answer=RATE"}) {
    EXPECT_THAT(help, HasSubstr(part));
  }
}

TEST(Simulate, ReadsItsFlags) {
  const Command command =
      parse_words({"simulate", "--data=/d", "--listen=127.0.0.1:0", "--fault=a=1", "--fault=b=2",
                   "--fault-seed=9", "--polite", "--tls-name=ca.test", "--seed=s.yaml",
                   "--allow-remote", "--publish=p.json", "--publish-url=https://ca.test/v2"});

  const auto* options = std::get_if<SimulateOptions>(&command);
  ASSERT_NE(options, nullptr);
  EXPECT_EQ(options->data_dir, "/d");
  EXPECT_EQ(options->listen.port, 0);
  EXPECT_THAT(options->faults, ElementsAre("a=1", "b=2"));
  EXPECT_EQ(options->fault_seed, 9U);
  EXPECT_TRUE(options->polite);
  EXPECT_THAT(options->tls_names, ElementsAre("ca.test"));
  EXPECT_EQ(options->seed_file, "s.yaml");
  EXPECT_TRUE(options->allow_remote);
  EXPECT_EQ(options->publish_file, "p.json");
  EXPECT_EQ(options->publish_url, "https://ca.test/v2");
  EXPECT_EQ(options->log.format, base::LogFormat::kText);
}

TEST(Probe, TakesOneUrl) {
  const Command command = parse_words({"probe", "http://127.0.0.1:1/readyz"});

  const auto* options = std::get_if<ProbeOptions>(&command);
  ASSERT_NE(options, nullptr);
  EXPECT_EQ(options->url, "http://127.0.0.1:1/readyz");
  EXPECT_EQ(std::get<Finish>(parse_words({"probe"})).exit_code, 2);
}

TEST(Version, IsACommandAndAFlag) {
  EXPECT_TRUE(std::holds_alternative<VersionOptions>(parse_words({"version"})));

  const Command flag = parse_words({"--version"});
  ASSERT_TRUE(std::holds_alternative<Finish>(flag));
  EXPECT_EQ(std::get<Finish>(flag).exit_code, 0);
  EXPECT_THAT(std::get<Finish>(flag).output, HasSubstr(version()));
}

}  // namespace
}  // namespace cli
