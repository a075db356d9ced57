#include "kube/exec_plugin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  expect_refused(shell("echo '" + answer("{}") + "'"), "no token");
  expect_refused(
      shell("echo '" + answer(R"({"token":"s3cret"})", "client.authentication.k8s.io/v1beta1") +
            "'"),
      "another version");
  expect_refused(
      shell("echo '" + answer(R"({"clientCertificateData":"x","token":"s3cret"})") + "'"),
      "client certificate");
}

TEST(ExecPluginTest, EndsAPluginThatHangs) {
  ExecPlugin plugin = shell("exec sleep 60");
  plugin.timeout = 200ms;
  const auto began = std::chrono::steady_clock::now();

  expect_refused(plugin, "did not end within 200 ms");

  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
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

}  // namespace
