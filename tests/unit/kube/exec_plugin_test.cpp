#include "kube/exec_plugin.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.h"
#include "kube/credentials.h"
#include "support/fake_clock.h"

namespace {

using namespace std::chrono_literals;
using base::Code;
using kube::ExecPlugin;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kV1 = "client.authentication.k8s.io/v1";

// A plugin that is a line of shell.
ExecPlugin shell(const std::string& script, std::map<std::string, std::string> env = {}) {
  return {.api_version = kV1, .command = "sh", .args = {"-c", script}, .env = std::move(env)};
}

std::string answer(const std::string& status, const std::string& version = kV1) {
  return R"({"apiVersion":")" + version + R"(","kind":"ExecCredential","status":)" + status + "}";
}

void expect_refused(const ExecPlugin& plugin, const std::string& words) {
  const auto got = kube::run_exec_plugin(plugin);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Code::kUnauthenticated);
  EXPECT_THAT(got.error().message, HasSubstr(words));
  EXPECT_THAT(got.error().message, Not(HasSubstr("s3cret")));
}

TEST(ExecPluginTest, ReadsTokenAndExpiry) {
  const auto got = kube::run_exec_plugin(shell(
      "echo '" + answer(R"({"token":"t","expirationTimestamp":"2026-01-01T00:00:00Z"})") + "'"));

  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->token.expose(), "t");
  EXPECT_EQ(got->expires, *base::parse_time("2026-01-01T00:00:00Z"));
}

TEST(ExecPluginTest, TellsThePluginWhatIsWantedAndItsOwnVariables) {
  const auto got = kube::run_exec_plugin(
      shell("case $KUBERNETES_EXEC_INFO in *'\"interactive\":false'*) ;; *) exit 3 ;; esac; "
            "[ -z \"$(cat)\" ] && echo '" +
                answer(R"({"token":"'$MINE'"})") + "'",
            {{"MINE", "given"}}));

  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->token.expose(), "given");
}

TEST(ExecPluginTest, SaysWhatIsWrongAndNeverWhatWasPrinted) {
  ExecPlugin missing = shell("");
  missing.command = "/no/such/program";
  missing.install_hint = "install it";
  expect_refused(missing, "install it");
  expect_refused(shell("echo s3cret; exit 7"), "status 7");
  expect_refused(shell("echo s3cret"), "not a JSON object");
  expect_refused(shell("echo '" + answer("{}") + "'"), "neither status.token");
  expect_refused(
      shell("echo '" + answer(R"({"token":"s3cret"})", "client.authentication.k8s.io/v1beta1") +
            "'"),
      "another version");
  expect_refused(
      shell("echo '" + answer(R"({"clientCertificateData":"x","token":"s3cret"})") + "'"),
      "belong together");
  expect_refused(shell("echo '" + answer(R"({"clientKeyData":"s3cret","token":"t"})") + "'"),
                 "belong together");
  expect_refused(
      shell("echo '" + answer(R"({"token":"s3cret","expirationTimestamp":"soon"})") + "'"),
      "expirationTimestamp");
}

TEST(ExecPluginTest, ReadsAClientCertificateWithoutAToken) {
  const auto got = kube::run_exec_plugin(
      shell("echo '" + answer(R"({"clientCertificateData":"C","clientKeyData":"K"})") + "'"));

  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->client_certificate_pem, "C");
  EXPECT_EQ(got->client_key_pem.expose(), "K");
  EXPECT_TRUE(got->token.empty());
  EXPECT_EQ(got->expires, std::nullopt);
}

TEST(ExecPluginTest, SpeaksBothVersionsAndAsksInTheOneThatIsConfigured) {
  for (const std::string version : {kV1, "client.authentication.k8s.io/v1beta1"}) {
    ExecPlugin plugin =
        shell("case $KUBERNETES_EXEC_INFO in *'\"" + version +
              "\"'*) ;; *) exit 3 ;; esac; echo '" + answer(R"({"token":"t"})", version) + "'");
    plugin.api_version = version;

    const auto got = kube::run_exec_plugin(plugin);

    EXPECT_TRUE(got) << got.error().message;
  }
}

TEST(ExecPluginTest, TellsThePluginOfTheClusterIfItWantsThat) {
  ExecPlugin plugin = shell(
      "case $KUBERNETES_EXEC_INFO in "
      "*'\"cluster\":{\"config\":{\"zone\":1},\"server\":\"https://h\"}'*)"
      " ;; *) exit 3 ;; esac; echo '" +
      answer(R"({"token":"t"})") + "'");
  EXPECT_FALSE(kube::run_exec_plugin(plugin));
  plugin.cluster_json = R"({"server":"https://h","config":{"zone":1}})";

  const auto got = kube::run_exec_plugin(plugin);

  EXPECT_TRUE(got) << got.error().message;
}

TEST(ExecPluginTest, NeverLetsItsOutputReachTheLog) {
  testing::internal::CaptureStderr();
  base::init_log(base::LogFormat::kJson, base::LogLevel::kDebug);
  for (const char* script :
       {"echo s3cret; echo s3cret >&2; exit 7", "echo s3cret >&2; echo s3cret",
        R"(echo '{"kind":"ExecCredential","status":{"clientKeyData":"s3cret"}}')"}) {
    const auto got = kube::run_exec_plugin(shell(script));
    if (!got) base::log_warn("failed", {{"error", got.error().message}});
  }
  const std::string log = testing::internal::GetCapturedStderr();

  EXPECT_THAT(log, HasSubstr("status 7"));
  EXPECT_THAT(log, Not(HasSubstr("s3cret")));
}

TEST(ExecPluginTest, EndsAPluginThatHangs) {
  ExecPlugin plugin = shell("exec sleep 60");
  plugin.timeout = 200ms;
  const auto began = std::chrono::steady_clock::now();

  expect_refused(plugin, "did not end within 200 ms");

  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

TEST(ExecPluginTest, EndsWhatAPluginThatHangsHasStarted) {
  const std::string file = testing::TempDir() + "duplicert_exec_" + std::to_string(getpid());
  ExecPlugin plugin = shell("sleep 60 & echo $! >" + file + "; wait");
  plugin.timeout = 1s;

  expect_refused(plugin, "did not end within 1000 ms");

  pid_t child = 0;
  std::ifstream(file) >> child;
  std::filesystem::remove(file);
  ASSERT_GT(child, 0);
  bool gone = false;
  for (int i = 0; i < 100 && !gone; ++i) {  // whoever adopted it has to notice
    std::string state;
    std::ifstream stat("/proc/" + std::to_string(child) + "/stat");
    stat >> state >> state >> state;
    gone = !stat || state == "Z";
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_TRUE(gone);
}

TEST(ExecPluginTest, EndsAPluginThatPrintsWithoutEnd) {
  expect_refused(shell("exec cat /dev/zero"), "more than 1 MiB");
}

TEST(FetchedToken, IsKeptUntilItExpiresOrIsRefused) {
  support::FakeClock clock;
  int fetches = 0;
  kube::TokenSource tokens(
      [&]() -> base::Result<kube::ExecCredential> {
        ++fetches;
        return kube::ExecCredential{.token = base::SecretString("t" + std::to_string(fetches)),
                                    .expires = clock.now() + 1h};
      },
      clock);

  EXPECT_EQ(tokens.token()->expose(), "t1");
  EXPECT_EQ(tokens.token()->expose(), "t1");
  clock.advance(61min);
  EXPECT_EQ(tokens.token()->expose(), "t2");
  EXPECT_TRUE(tokens.drop(base::SecretString("t1"))) << "an older one";
  EXPECT_EQ(tokens.token()->expose(), "t2");
  EXPECT_TRUE(tokens.drop(base::SecretString("t2")));
  EXPECT_EQ(tokens.token()->expose(), "t3");
}

// A source of certificates: each fetch gives the next one, for an hour.
struct Certificates {
  support::FakeClock clock{};
  int fetches = 0;
  kube::TokenSource source{[this]() -> base::Result<kube::ExecCredential> {
                             const std::string number = std::to_string(++fetches);
                             return kube::ExecCredential{
                                 .client_certificate_pem = "c" + number,
                                 .client_key_pem = base::SecretString("k" + number),
                                 .expires = clock.now() + 1h};
                           },
                           clock};
};

TEST(FetchedCertificate, ChangesItsVersionWithEachNewOne) {
  Certificates with;
  EXPECT_EQ(with.source.certificate_version(), 0U);
  EXPECT_TRUE(with.source.token()->empty());
  EXPECT_EQ(with.source.certificate().pem, "c1");
  EXPECT_EQ(with.source.certificate().key_pem.expose(), "k1");
  EXPECT_EQ(with.source.certificate_version(), 1U);
  (void)with.source.token();
  EXPECT_EQ(with.source.certificate_version(), 1U);

  with.clock.advance(61min);
  (void)with.source.token();

  EXPECT_EQ(with.source.certificate().pem, "c2");
  EXPECT_EQ(with.source.certificate_version(), 2U);
}

TEST(FetchedCertificate, IsFetchedAgainAfterARefusalOfExactlyThatOne) {
  Certificates with;
  const auto token = with.source.token();

  EXPECT_TRUE(with.source.drop(*token, 0)) << "an older one";
  (void)with.source.token();
  EXPECT_EQ(with.fetches, 1);
  EXPECT_TRUE(with.source.drop(*token, 1));
  (void)with.source.token();
  EXPECT_EQ(with.fetches, 2);
}

TEST(FetchedToken, IsFetchedByOneThreadWhileTheOthersWait) {
  const base::SystemClock clock;
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  std::atomic<int> fetches = 0;
  kube::TokenSource tokens(
      [&]() -> base::Result<kube::ExecCredential> {
        most = std::max(most.load(), ++running);
        ++fetches;
        std::this_thread::sleep_for(50ms);
        --running;
        return kube::ExecCredential{.token = base::SecretString("t")};
      },
      clock);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] { EXPECT_EQ(tokens.token()->expose(), "t"); });
    }
  }

  EXPECT_EQ(most, 1);
  EXPECT_EQ(fetches, 1);
}

}  // namespace
