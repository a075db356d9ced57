#include "kube/client.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "scripted_transport.h"
#include "support/fake_clock.h"

namespace {

using base::Code;
using base::Result;
using base::SecretString;
using kube::Client;
using kube::kSecrets;
using kube::ObjectKey;
using nlohmann::json;
using testing::HasSubstr;

const ObjectKey kKey{"team-a", "one"};

class ClientTest : public testing::Test {
 protected:
  ClientTest() : token_path_(testing::TempDir() + "duplicert_ct_" + std::to_string(getpid())) {
    set_token("old");
  }
  ~ClientTest() override { std::filesystem::remove(token_path_); }

  void set_token(const std::string& text) { std::ofstream(token_path_, std::ios::trunc) << text; }

  std::unique_ptr<Client> client(kube::ClientOptions options = {}) {
    options.server = "https://h:1/prefix";
    options.field_manager = "us";
    return std::make_unique<Client>(
        std::move(options), std::make_unique<kube_test::ScriptedTransport>(script_),
        std::make_unique<kube::TokenSource>(SecretString(), token_path_, clock_), clock_);
  }

  std::string authorization(std::size_t index) const {
    for (const http::Header& header : script_.requests.at(index).headers) {
      if (header.name == "Authorization") return header.value;
    }
    return "";
  }

  kube_test::Script script_{};
  support::FakeClock clock_{};
  std::string token_path_;
};

TEST_F(ClientTest, SendsTheTokenToTheServersPath) {
  script_.answer(200, R"({"kind":"Secret"})");

  const auto object = client()->get(kSecrets, kKey, {});

  ASSERT_TRUE(object) << object.error().message;
  EXPECT_EQ((*object)["kind"], "Secret");
  EXPECT_EQ(script_.requests[0].url, "https://h:1/prefix/api/v1/namespaces/team-a/secrets/one");
  EXPECT_EQ(authorization(0), "Bearer old");
}

TEST_F(ClientTest, SendsItsOwnHeadersWithEveryRequest) {
  script_.answer(200, "{}");

  (void)client({.headers = {{"Impersonate-User", "jane"}}})->get(kSecrets, kKey, {});

  const auto& headers = script_.requests.at(0).headers;
  EXPECT_TRUE(std::ranges::any_of(headers, [](const http::Header& header) {
    return header.name == "Impersonate-User" && header.value == "jane";
  }));
}

TEST_F(ClientTest, SendsNoWriteThatItMayNotMake) {
  bool leads = true;
  const auto one = client({.may_write = [&] { return leads; }});
  script_.answer(200, "{}");
  ASSERT_TRUE(one->patch(kSecrets, kKey, kube::PatchKind::kMerge, json::object(), {}));
  leads = false;

  const auto refused = one->patch(kSecrets, kKey, kube::PatchKind::kMerge, json::object(), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kCancelled);
  EXPECT_TRUE(refused.error().not_sent);
  EXPECT_EQ(script_.requests.size(), 1U);
  script_.answer(200, "{}");
  EXPECT_TRUE(one->get(kSecrets, kKey, {})) << "reads go on";
}

TEST_F(ClientTest, TellsWhatItTriedInItsErrors) {
  script_.answer(404, R"({"kind":"Status","reason":"NotFound","message":"secrets not found"})");

  const auto object = client()->get(kSecrets, kKey, {});

  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().code, Code::kNotFound);
  EXPECT_EQ(object.error().message, "get secrets team-a/one: secrets not found");
}

TEST_F(ClientTest, TriesAReadOnceMoreWithANewTokenAfter401) {
  script_.answer(401, "");
  script_.answer(200, "{}");
  const auto under_test = client();
  set_token("new");

  EXPECT_TRUE(under_test->get(kSecrets, kKey, {}));

  ASSERT_EQ(script_.requests.size(), 2U);
  EXPECT_EQ(authorization(1), "Bearer new");
}

TEST_F(ClientTest, GivesUpAfterASecond401) {
  for (int i = 0; i < 5; ++i) script_.answer(401, "");

  const auto object = client()->get(kSecrets, kKey, {});

  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().code, Code::kUnauthenticated);
  EXPECT_EQ(script_.requests.size(), 2U);
}

TEST_F(ClientTest, NeverRepeatsAWriteButTakesANewTokenForTheNext) {
  script_.answer(401, "");
  script_.answer(201, "{}");
  const auto under_test = client();

  EXPECT_FALSE(under_test->create(kSecrets, "team-a", json::object(), {}));
  EXPECT_EQ(script_.requests.size(), 1U);

  set_token("new");
  EXPECT_TRUE(under_test->create(kSecrets, "team-a", json::object(), {}));
  EXPECT_EQ(authorization(1), "Bearer new");
}

TEST_F(ClientTest, RepeatsNothingAfterATransportError) {
  script_.fail(Code::kUnavailable);

  EXPECT_EQ(client()->get(kSecrets, kKey, {}).error().code, Code::kUnavailable);
  EXPECT_EQ(script_.requests.size(), 1U);
}

TEST_F(ClientTest, PutsAllPagesTogether) {
  script_.answer(200, R"({"metadata":{"resourceVersion":"9","continue":"t"},"items":[{"a":1}]})");
  script_.answer(200, R"({"metadata":{"resourceVersion":"9"},"items":[{"a":2}]})");

  const auto all = client()->list_all(kSecrets, "", {.limit = 1, .resource_version = "3"}, {});

  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ((*all)["items"], json::parse(R"([{"a":1},{"a":2}])"));
  EXPECT_EQ((*all)["metadata"]["resourceVersion"], "9");
  EXPECT_THAT(script_.requests[1].url, HasSubstr("limit=1&continue=t"));
  EXPECT_THAT(script_.requests[1].url, testing::Not(HasSubstr("resourceVersion")));
}

TEST_F(ClientTest, StartsAgainWithoutPagesWhenAContinueTokenExpires) {
  script_.answer(200, R"({"metadata":{"resourceVersion":"9","continue":"t"},"items":[{"a":1}]})");
  script_.answer(410, R"({"kind":"Status","reason":"Expired"})");
  script_.answer(200, R"({"metadata":{"resourceVersion":"12"},"items":[{"a":1},{"a":2}]})");

  const auto all = client()->list_all(kSecrets, "", {}, {});

  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ((*all)["items"].size(), 2U);
  EXPECT_EQ((*all)["metadata"]["resourceVersion"], "12");
  EXPECT_THAT(script_.requests[0].url, HasSubstr("limit=500"));
  EXPECT_THAT(script_.requests[2].url, testing::Not(HasSubstr("limit")));
}

TEST_F(ClientTest, ReadsAListWithoutItems) {
  script_.answer(200, R"({"metadata":{"resourceVersion":"9"},"items":null})");

  const auto all = client()->list_all(kSecrets, "", {}, {});

  ASSERT_TRUE(all);
  EXPECT_EQ((*all)["items"], json::array());
}

TEST_F(ClientTest, WatchesUntilTheServerEndsTheStream) {
  script_.answer(200, R"({"type":"ADDED","object":{"a":1}})"
                      "\n"
                      R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"5"}}})"
                      "\n");
  std::vector<kube::WatchType> types;

  const auto ended = client()->watch(kSecrets, "", {.resource_version = "3"},
                                     [&types](kube::WatchType type, json&&) -> Result<void> {
                                       types.push_back(type);
                                       return {};
                                     },
                                     {});

  ASSERT_TRUE(ended) << ended.error().message;
  EXPECT_EQ(types, (std::vector{kube::WatchType::kAdded, kube::WatchType::kBookmark}));
  EXPECT_EQ(script_.requests[0].idle_timeout, std::chrono::seconds{295});
}

TEST_F(ClientTest, ReportsAnExpiredWatchFromEitherPlace) {
  script_.answer(410, R"({"kind":"Status","reason":"Expired","code":410})");
  script_.answer(200, R"({"type":"ERROR","object":{"kind":"Status","reason":"Expired"}})"
                      "\n");
  const auto under_test = client();
  const auto none = [](kube::WatchType, json&&) -> Result<void> { return {}; };

  for (int i = 0; i < 2; ++i) {
    const auto ended = under_test->watch(kSecrets, "", {}, none, {});
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code, Code::kExpired);
  }
}

TEST_F(ClientTest, CountsEveryAttempt) {
  script_.answer(401, "");
  script_.answer(200, "{}");
  script_.fail(Code::kUnavailable);
  std::vector<std::string> seen;
  const auto under_test = client({.on_request = [&seen](const kube::CallFacts& facts) {
    seen.push_back(std::string(facts.method) + " " + facts.resource.plural + " " +
                   std::to_string(facts.http_status) + (facts.retried_after == 0 ? "" : " again"));
  }});

  (void)under_test->get(kSecrets, kKey, {});
  (void)under_test->apply(kSecrets, kKey, json::object(), kube::Force::kYes, {});

  EXPECT_EQ(seen, (std::vector<std::string>{"GET secrets 401", "GET secrets 200 again",
                                            "PATCH secrets 0"}));
}

TEST_F(ClientTest, TellsHowMuchWentBothWaysAndHowLongItWaited) {
  script_.answer(200, "{}");
  script_.answer(200, "");
  std::vector<std::size_t> sent;
  std::vector<std::size_t> received;
  std::vector<bool> watches;
  std::vector<std::string> waited;
  const auto under_test =
      client({.on_request =
                  [&](const kube::CallFacts& facts) {
                    sent.push_back(facts.request_bytes);
                    received.push_back(facts.response_bytes);
                    watches.push_back(facts.is_watch);
                  },
              .on_wait =
                  [&](std::string_view method, std::chrono::nanoseconds delay) {
                    waited.push_back(std::string(method) + " " + std::to_string(delay.count()));
                  }});

  (void)under_test->patch(kSecrets, kKey, kube::PatchKind::kMerge, {{"a", 1}}, {});
  (void)under_test->watch(kSecrets, "", {}, [](kube::WatchType, json&&) { return Result<void>{}; },
                          {});

  EXPECT_EQ(sent, (std::vector<std::size_t>{7, 0}));
  EXPECT_EQ(received, (std::vector<std::size_t>{2, 0}));
  EXPECT_EQ(watches, (std::vector<bool>{false, true}));
  EXPECT_EQ(waited, (std::vector<std::string>{"PATCH 0"}));
}

TEST_F(ClientTest, StopsWhileItWaitsForItsRate) {
  script_.answer(200, "{}");
  const auto under_test = client({.queries_per_second = 0.001, .burst = 1});
  EXPECT_TRUE(under_test->get(kSecrets, kKey, {}));
  std::stop_source source;
  source.request_stop();

  const auto object = under_test->get(kSecrets, kKey, source.get_token());

  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().code, Code::kCancelled);
  EXPECT_TRUE(object.error().not_sent);
  EXPECT_EQ(script_.requests.size(), 1U);
}

TEST_F(ClientTest, SendsNothingWithoutItsToken) {
  set_token("");

  const auto object = client()->get(kSecrets, kKey, {});

  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().code, Code::kUnauthenticated);
  EXPECT_TRUE(script_.requests.empty());
}

TEST_F(ClientTest, AppliesStatusWithForce) {
  script_.answer(200, "{}");

  EXPECT_TRUE(client()->apply_status(kSecrets, kKey, {{"status", {{"a", 1}}}}, {}));

  EXPECT_THAT(script_.requests[0].url,
              testing::EndsWith("/secrets/one/status?fieldManager=us&force=true"));
}

}  // namespace
