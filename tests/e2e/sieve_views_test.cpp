// Stale and unobserved states (Sieve's S and U): the operator sees an old world, or does not see
// what came between two worlds. It must neither undo what is newer nor ask the CA twice, and ends
// where it would have ended with eyes open.
#include <csignal>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "support/sieve_world.h"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using support::Fault;
using support::FaultProxy;
using support::ProxyCall;
using support::SieveInFull;

class SieveViews : public SieveInFull {
 protected:
  void TearDown() override {
    if (!IsSkipped() && !HasFatalFailure()) {
      for (const auto& violation : ca().violations()) ADD_FAILURE() << violation.detail;
    }
    SieveInFull::TearDown();
  }

  void make_ready(const std::string& name,
                  const json& spec = {{"commonName", "shop.example.com"}}) {
    make_request(name, spec);
    await([&] { return is_ready(name); }, name + " is ready");
  }
  std::size_t duplicates() { return ca().count("duplicate_create"); }
  std::string version_now() {
    const auto list = admin().list(kube::kNamespaces, "", {.limit = 1}, std::stop_token{});
    return list ? (*list)["metadata"].value("resourceVersion", "") : "";
  }
  std::string uid(const std::string& kind, const std::string& name) {
    const json object = read(kind, name);
    return object.is_object() ? object["metadata"].value("uid", "") : "";
  }
  std::string crt(const std::string& name) {
    const json secret = read("secret", name + "-tls");
    return secret.is_object() ? secret["data"].value("tls.crt", "") : "";
  }
  std::vector<std::string> names_in(const std::string& name) {
    const auto leaf = x509::Certificate::parse(base::from_base64(crt(name)).value_or(""));
    return leaf ? leaf->dns_names() : std::vector<std::string>{};
  }
  void restart() {
    operator_->terminate(20s);
    ensure_operator({});
    ASSERT_TRUE(operator_->wait_for_output("caches are complete", 60s)) << operator_->output();
  }
  // A while in which a wrong step would be taken.
  static void let_it_err() { std::this_thread::sleep_for(3s); }
  void annotate(const std::string& name, const std::string& value) {
    merge(name, {{"metadata", {{"annotations", {{"duplicert.io/renew-requested-at", value}}}}}});
  }
  static bool is_of(const json& event, const std::string& name) {
    return event.value(json::json_pointer("/object/metadata/name"), "") == name;
  }
};

// S-1: a request is deleted and created again with the same name; the operator still sees the old.
TEST_F(SieveViews, AnOldDeletionDoesNotHitTheRequestOfTheSameName) {
  make_ready("one");
  const std::string before = crt("one");
  api().freeze(version_now());
  remove("dcr", "one");
  make_request("one", {{"commonName", "shop.example.com"}});
  const std::string secret = uid("secret", "one-tls");
  restart();  // onto the old view
  let_it_err();
  api().thaw();

  await([&] { return is_ready("one"); }, "the new request is ready");
  EXPECT_EQ(uid("secret", "one-tls"), secret) << "the Secret was made anew";
  EXPECT_EQ(crt("one"), before);
  EXPECT_EQ(duplicates(), 1U);
}

// S-2: an operator that sees the spec as it was before an edit must not undo what the edit led to.
TEST_F(SieveViews, AnOldSpecTakesNoNamesAway) {
  const json spec = {{"commonName", "*.example.com"}, {"profileRef", {{"name", "wildcard"}}}};
  make_ready("one", spec);
  const std::string old = version_now();
  merge("one", {{"spec", {{"dnsNames", {"*.example.com", "api.eu.example.com"}}}}});
  await([&] { return std::ranges::count(names_in("one"), "api.eu.example.com") == 1; }, "issued");
  await([&] { return is_ready("one"); }, "reported");
  const std::string after = crt("one");

  api().freeze(old);
  restart();
  let_it_err();
  EXPECT_EQ(crt("one"), after) << "an old spec has replaced a newer certificate";
  api().thaw();

  await([&] { return is_ready("one"); }, "ready");
  EXPECT_EQ(crt("one"), after);
  EXPECT_EQ(duplicates(), 2U);
}

// S-3: "there is no Secret" is old news.
TEST_F(SieveViews, AnOldAbsenceOfTheSecretIssuesNothing) {
  make_request("one", {{"commonName", "shop.example.com"}, {"suspend", true}});
  await([&] { return !condition(read("dcr", "one"), "Ready").is_null(); }, "reported");
  const std::string old = version_now();
  merge("one", {{"spec", {{"suspend", false}}}});
  await([&] { return is_ready("one"); }, "ready");
  const std::string after = crt("one");

  api().freeze(old);
  restart();
  let_it_err();
  api().thaw();

  await([&] { return is_ready("one"); }, "ready");
  EXPECT_EQ(crt("one"), after);
  EXPECT_EQ(duplicates(), 1U);
}

// S-4: "it is due" is old news: the renewal has been bought and installed already.
TEST_F(SieveViews, AnOldNeedForARenewalBuysNothing) {
  operator_->terminate(20s);
  install({{.name = "w7", .order_id = 20007, .common_name = "w7.example.com"}});
  const std::string old = version_now();
  ensure_operator({});
  await([&] { return ca().count("order_place") == 1 && is_ready("w7"); }, "renewed");
  await([&] { return order_in("w7") >= 67890; }, "installed");
  const std::string after = crt("w7");

  api().freeze(old);
  restart();
  let_it_err();
  EXPECT_EQ(ca().count("order_place"), 1U) << "bought twice";
  api().thaw();
  let_it_err();

  EXPECT_EQ(ca().count("order_place"), 1U) << "bought twice";
  EXPECT_EQ(crt("w7"), after);
}

// S-5: the pending Secret of an old view may belong to a request of the same name by now.
TEST_F(SieveViews, AnOldPendingSecretIsNotDroppedTwice) {
  ASSERT_TRUE(ca().set_faults({"issue_delay=4s@1", "chain_in_answer=off"}));
  make_request("one", {{"commonName", "shop.example.com"}});
  await([&] { return read("secret", "one-pending").is_object(); }, "pending");
  const std::string old = version_now();
  await([&] { return is_ready("one"); }, "ready");
  annotate("one", "2026-01-01T00:00:00Z");
  await([&] { return read("secret", "one-pending").is_object(); }, "pending again");
  const std::string pending = uid("secret", "one-pending");

  api().freeze(old);
  restart();
  std::this_thread::sleep_for(1s);
  api().thaw();

  await([&] { return duplicates() == 2 && is_ready("one"); }, "the second is installed");
  await([&] { return !read("secret", "one-pending").is_object(); }, "and its key dropped");
  EXPECT_EQ(duplicates(), 2U);
  EXPECT_FALSE(pending.empty());
}

// S-6: a leader that slept past its lease wakes up, and does nothing any more.
TEST_F(SieveViews, ALeaderThatSleptPastItsLeaseEndsWithoutAnEffect) {
  operator_->terminate(20s);
  const std::vector<std::string> elect{"--leader-elect", "--leader-elect-namespace", home()};
  ensure_operator(elect);
  ASSERT_TRUE(operator_->wait_for_output("\"leading\"", 30s)) << operator_->output();
  operator_->signal(SIGSTOP);
  make_request("one", {{"commonName", "shop.example.com"}});
  reaches_api_directly_ = true;  // so that the proxy sees the old leader alone
  auto standby = make_operator("standby.log", elect);
  const auto began = std::chrono::steady_clock::now();
  ASSERT_TRUE(standby->wait_for_output("\"leading\"", 25s)) << standby->output();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  RecordProperty("take_over_seconds", std::to_string(took.count()));
  ASSERT_TRUE(support::eventually([&] { return is_ready("one"); }));
  api().forget_calls();

  operator_->signal(SIGCONT);

  const auto code = operator_->wait(10s);
  ASSERT_TRUE(code) << "it still runs";
  EXPECT_NE(*code, 0);
  EXPECT_EQ(duplicates(), 1U);
  for (const ProxyCall& call : api().calls()) {
    const bool harmless = call.path.find("/leases/") != std::string::npos ||
                          call.path.find("/events") != std::string::npos;
    EXPECT_FALSE(call.is_write() && !harmless && call.status / 100 == 2)
        << call.method << " " << call.path << " by a leader that had lost its lease";
  }
}

// S-7: the API key was rotated while the operator saw nothing of it.
TEST_F(SieveViews, ARotatedApiKeyIsReadAnew) {
  make_ready("one");
  const auto key = ca().api_key();
  ASSERT_TRUE(key);
  const auto put = [&](const std::string& text) {
    const auto done =
        admin().patch(kube::kSecrets, {home(), "certcentral"}, kube::PatchKind::kMerge,
                      {{"data", {{"api-key", base::to_base64(text)}}}}, std::stop_token{});
    ASSERT_TRUE(done) << done.error().message;
  };
  put("wrong");
  make_request("two", {{"commonName", "shop.example.com"}});
  await([&] { return !is_ready("two") && read("dcr", "two").contains("status"); }, "refused");
  api().hold_events([](const json& event) { return is_of(event, "certcentral"); });
  put(std::string(key->expose()));
  restart();  // the held event never reaches the old process
  api().release_events(FaultProxy::Release::kLatest);

  await([&] { return is_ready("two"); }, "the new key is used");
  EXPECT_EQ(duplicates(), 2U);
}

// U-1: the request came and went between two looks.
TEST_F(SieveViews, ARequestThatWasNeverSeenLeavesNothingBehind) {
  api().hold_events([](const json& event) { return is_of(event, "ghost"); });
  make_request("ghost", {{"commonName", "shop.example.com"}});
  await([&] { return api().held() > 0; }, "the event is held");
  remove("dcr", "ghost");
  await([&] { return api().held() > 1; }, "both are held");
  api().release_events(FaultProxy::Release::kLatest);
  let_it_err();

  EXPECT_EQ(duplicates(), 0U);
  EXPECT_FALSE(read("secret", "ghost-tls").is_object());
  EXPECT_FALSE(read("secret", "ghost-pending").is_object());
}

// U-2: A -> B -> A between two looks: nothing of B.
TEST_F(SieveViews, AnEditThatWasTakenBackUnseenChangesNothing) {
  make_ready("one");
  const std::string before = crt("one");
  api().hold_events([](const json& event) { return is_of(event, "one"); });
  merge("one", {{"spec", {{"profileRef", {{"name", "second"}}}}}});
  merge("one", {{"spec", {{"profileRef", {{"name", "basic"}}}}}});
  await([&] { return api().held() >= 2; }, "held");
  api().release_events(FaultProxy::Release::kLatest);

  await([&] { return is_ready("one"); }, "reported for the newest generation");
  EXPECT_EQ(crt("one"), before);
  EXPECT_EQ(duplicates(), 1U);
}

// U-3: a person replaced the Secret by another of the same name between two looks: its content
// counts, not the event.
TEST_F(SieveViews, ASecretThatWasReplacedUnseenIsJudgedByItsContent) {
  make_ready("one");
  json secret = read("secret", "one-tls");
  api().hold_events([](const json& event) { return is_of(event, "one-tls"); });
  remove("secret", "one-tls");
  secret["data"]["tls.crt"] = base::to_base64("no certificate");
  for (const char* field : {"uid", "resourceVersion", "creationTimestamp", "managedFields"}) {
    secret["metadata"].erase(field);
  }
  ASSERT_TRUE(admin().create(kube::kSecrets, home(), secret, std::stop_token{}));
  await([&] { return api().held() >= 2; }, "held");
  api().release_events(FaultProxy::Release::kLatest);

  await([&] { return !names_in("one").empty() && is_ready("one"); }, "mended");
  expect_good_pair("one-tls");
  EXPECT_EQ(duplicates(), 2U);
}

// U-4: "renew now", set and taken back unseen, is no wish any more; the next one is a new wish.
TEST_F(SieveViews, AWishThatWasTakenBackUnseenIsNotFulfilled) {
  make_ready("one");
  const std::string before = crt("one");
  api().hold_events([](const json& event) { return is_of(event, "one"); });
  annotate("one", "2026-01-01T00:00:00Z");
  merge("one", {{"metadata", {{"annotations", {{"duplicert.io/renew-requested-at", nullptr}}}}}});
  await([&] { return api().held() >= 2; }, "held");
  api().release_events(FaultProxy::Release::kLatest);
  let_it_err();
  EXPECT_EQ(crt("one"), before);

  annotate("one", "2026-02-02T00:00:00Z");
  await([&] { return crt("one") != before; }, "the next wish");
  EXPECT_EQ(duplicates(), 2U);
}

// U-5: everything happened while the operator was down.
TEST_F(SieveViews, WhatHappenedWhileItWasDownEndsAsOnline) {
  make_ready("stays");
  make_ready("edited", {{"commonName", "*.example.com"}, {"profileRef", {{"name", "wildcard"}}}});
  make_ready("goes");
  make_ready("loses");
  operator_->terminate(20s);
  merge("edited", {{"spec", {{"dnsNames", {"*.example.com", "api.eu.example.com"}}}}});
  remove("dcr", "goes");
  remove("secret", "loses-tls");
  make_request("comes", {{"commonName", "shop.example.com"}});
  const std::string stays = crt("stays");
  ensure_operator({});

  for (const char* name : {"stays", "edited", "loses", "comes"}) {
    await([&] { return is_ready(name) && !crt(name).empty(); }, name);
  }
  await([&] { return std::ranges::count(names_in("edited"), "api.eu.example.com") == 1; },
        "edited");
  EXPECT_EQ(crt("stays"), stays);
  EXPECT_FALSE(crt("goes").empty()) << "a deleted request keeps its Secret";
  EXPECT_EQ(duplicates(), 7U);
}

// objects with as little in them as the schema allows.
TEST_F(SieveViews, ARequestWithAnOrderAloneIsEnough) {
  make_ready("bare", {{"orderID", 12345}});
  EXPECT_EQ(names_in("bare"),
            (std::vector<std::string>{"shop.example.com", "www.shop.example.com"}));
  EXPECT_EQ(duplicates(), 1U);
}

}  // namespace
