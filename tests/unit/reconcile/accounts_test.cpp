#include "reconcile/accounts.h"

#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace reconcile {
namespace {

using namespace std::chrono_literals;

class NoTransport final : public http::Transport {
 public:
  base::Result<http::Response> send(const http::Request& /*request*/,
                                    std::stop_token /*stop*/) override {
    return base::fail(base::Code::kUnavailable, "no network in this test");
  }
  base::Result<http::Response> stream(const http::Request& /*request*/,
                                      const http::BodySink& /*sink*/,
                                      std::stop_token /*stop*/) override {
    return base::fail(base::Code::kUnavailable, "no network in this test");
  }
};

class AccountsTest : public testing::Test {
 protected:
  std::shared_ptr<Account> account(const std::string& key = "k1") {
    auto made = accounts_.get({.url = "https://ca.test/v2", .key_hash = key});
    EXPECT_TRUE(made) << made.error().message;
    return made ? *made : nullptr;
  }

  support::FakeClock clock_;
  int rejections_ = 0;
  Accounts accounts_{
      {.allowed_hosts = {"ca.test"},
       .rejected = [this] { ++rejections_; },
       .connect = [](const AccountAccess&) -> base::Result<std::unique_ptr<http::Transport>> {
         return std::make_unique<NoTransport>();
       }},
      clock_};
};

TEST_F(AccountsTest, TheSmallestLimitsOfTheProfilesThatUseTheKeyCount) {
  const auto one = account();
  one->keep_below("a/p", {.requests_per_3_minutes = 500, .requests_per_5_seconds = 50});
  one->keep_below("a/q", {.requests_per_3_minutes = 20, .requests_per_5_seconds = 80});
  EXPECT_EQ(one->remaining(), 20U);

  one->keep_below("a/q", {.requests_per_3_minutes = 400, .requests_per_5_seconds = 80});
  EXPECT_EQ(one->remaining(), 50U) << "a profile's limits may be raised again";

  one->let_go("a/p");
  EXPECT_EQ(one->remaining(), 80U);
}

TEST_F(AccountsTest, TellsWhatIsLeftOfEachAccountByItsName) {
  const auto one = account("k1");
  const auto other = account("k2");
  const auto unnamed = account("k3");
  one->set_name("ca.test/1");
  other->set_name("ca.test/1");
  one->keep_below("a/p", {.requests_per_3_minutes = 500, .requests_per_5_seconds = 50});

  const std::map<std::string, std::size_t> expected{{"ca.test/1", 50}};
  EXPECT_EQ(accounts_.remaining(), expected);
}

// The profiles that use the key would tell of it only at their next routine look.
TEST_F(AccountsTest, TellsOnceThatAKeyIsRefused) {
  const auto one = account();
  one->reject_credentials({.message = "401"});
  one->reject_credentials({.message = "401"});
  EXPECT_EQ(rejections_, 1);

  one->forget_evidence();
  one->reject_credentials({.message = "401"});
  EXPECT_EQ(rejections_, 2);
}

TEST_F(AccountsTest, ForgetsAnAccountThatNobodyUses) {
  account()->set_name("ca.test/1");

  EXPECT_TRUE(accounts_.remaining().empty());
}

TEST_F(AccountsTest, NamesTheFieldAndTheFixWhenAKeyIsRefused) {
  const auto one = account();
  one->reject_credentials({.code = base::Code::kUnauthenticated, .message = "access_denied"});

  EXPECT_NE(one->rejection().find("account.apiKeySecretRef"), std::string::npos);
  EXPECT_NE(one->rejection().find("access_denied"), std::string::npos);
  EXPECT_NE(one->rejection().find("Put a valid key"), std::string::npos);

  one->forget_evidence();
  EXPECT_EQ(one->rejection(), "");
}

TEST_F(AccountsTest, LetsOneProbePassEachDay) {
  const auto one = account();
  one->note_approval(false);
  EXPECT_FALSE(one->may_probe());

  clock_.advance(24h);
  EXPECT_TRUE(one->take_probe());
  EXPECT_FALSE(one->take_probe());
}

TEST_F(AccountsTest, LetsOneProbePassAtOnceAfterAPersonChangedSomething) {
  const auto one = account();
  one->note_approval(false);

  one->forget_evidence();

  EXPECT_TRUE(one->take_probe());
}

TEST_F(AccountsTest, LetsNoProbePassWhileTheLastOneWaitsForAnApprover) {
  const auto one = account();
  one->probe_waits("key");
  one->forget_evidence();
  EXPECT_FALSE(one->may_probe());

  clock_.advance(50min);
  one->probe_still_waits("key");
  clock_.advance(50min);
  EXPECT_FALSE(one->may_probe());

  one->forget_probe("key");
  EXPECT_TRUE(one->may_probe());
}

TEST_F(AccountsTest, ForgetsAProbeOfWhichNobodySpeaksAnyMore) {
  const auto one = account();
  one->probe_waits("key");
  one->probe_still_waits("another key");
  one->forget_evidence();

  clock_.advance(1h);

  EXPECT_TRUE(one->may_probe());
}

TEST_F(AccountsTest, AKeyThatCannotApproveShowsNothingByWaiting) {
  const auto one = account();
  one->set_can_approve(false);
  one->note_approval(false);
  EXPECT_EQ(one->approval_skipped(), std::nullopt);

  one->note_approval(true);
  EXPECT_EQ(one->approval_skipped(), true);
}

}  // namespace
}  // namespace reconcile
