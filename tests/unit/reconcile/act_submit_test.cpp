// The order of effects when a duplicate is asked for: key and mark are stored before the POST, and
// what cannot be sure of that sends nothing. And the key before the entry of a purchase.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "reconcile/act.h"
#include "reconcile/ledger.h"
#include "support/fake_clock.h"
#include "support/observed_builder.h"
#include "unit/reconcile/effects.h"
#include "x509/parse_memo.h"

namespace reconcile {
namespace {

using nlohmann::json;
using support::kOrderId;
using support::observed;
using testing::ElementsAre;
using Post = rules::CaView::Post;

// "mark 2" or "no mark".
std::string mark_of(const json& secret) {
  const json annotations = secret["metadata"].value("annotations", json::object());
  for (const auto& [name, value] : annotations.items()) {
    if (name.ends_with("/sends")) return "mark " + value.get<std::string>();
  }
  return "no mark";
}

class ActorTest : public testing::Test {
 protected:
  ActorTest() {
    api::AutomationProfile profile;
    profile.meta = {.namespace_ = "web", .name = "corp", .uid = "u", .resource_version = "1"};
    profile.spec.product = "ssl_basic";
    profiles_.upsert(std::make_shared<const api::AutomationProfile>(profile));
  }

  http::Response at_api_server(const http::Request& request) {
    json body = json::parse(request.body);
    const bool entry = body.value("kind", "") == api::kCertificateOrderKind;
    const std::string version = body["metadata"].value("resourceVersion", version_);
    if (refuses_ || version != version_) {
      calls_.emplace_back("refused");
      return effects::conflict(request.method == "POST" ? "AlreadyExists" : "Conflict");
    }
    calls_.push_back(entry ? "create entry" : fmt::format("{} {}", request.method, mark_of(body)));
    if (request.method == "PATCH") {
      stored_.merge_patch(body);
      body = stored_;
    }
    body["metadata"]["uid"] = "uid-pending";
    body["metadata"]["resourceVersion"] = version_ = std::to_string(std::stoi(version_) + 1);
    if (!entry) stored_ = body;
    leads_ = leads_ && !loses_the_lease_;
    return {.status = request.method == "POST" ? 201 : 200, .body = body.dump()};
  }

  http::Response at_ca(const http::Request& request) {
    calls_.push_back(request.method == "POST" ? "send" : "ask");
    return answer_;
  }

  Observation seen(const rules::Observed& facts = observed()) {
    Observation made;
    made.facts = facts;
    made.account = account_;
    made.memory = std::make_shared<ItemMemory>();
    return made;
  }

  // A pass later: the pending Secret that the first one has made, and whose answer was lost.
  Observation seen_after_a_lost_answer() {
    answer_ = {.status = 502};
    EXPECT_TRUE(submit(seen()));
    calls_.clear();
    answer_ = {.status = 201, .body = R"({"id": 12345})"};
    rules::Observed facts = observed();
    x509::ParseMemo parsed;
    facts.pending = pending_facts(stored_, facts.request.meta.uid, parsed);
    return seen(facts);
  }

  base::Result<Sent> submit(const Observation& seen) {
    const int sends = seen.facts.pending ? seen.facts.pending->sends + 1 : 1;
    return actor_.submit(
        {.order_id = kOrderId, .names = {"shop.example.com", {"shop.example.com"}}, .sends = sends},
        seen, {});
  }

  std::vector<std::string> calls_{};
  json stored_{};  // the pending Secret
  std::string version_ = "1";
  bool refuses_ = false;
  bool loses_the_lease_ = false;  // after the next write
  bool leads_ = true;
  http::Response answer_{.status = 201, .body = R"({"id": 12345})"};

  support::FakeClock clock_{};
  const std::unique_ptr<kube::Client> client_ =
      effects::client_of([this](const auto& request) { return at_api_server(request); }, clock_);
  const std::shared_ptr<Account> account_ =
      effects::account_of([this](const auto& request) { return at_ca(request); }, clock_);
  runtime::Store<api::DuplicateCertificateRequest> requests_{};
  runtime::Store<api::AutomationProfile> profiles_{};
  runtime::Store<NamespaceMeta> namespaces_{};
  runtime::Store<SecretMeta> secrets_{};
  runtime::Store<api::CertificateOrder> entries_{};
  ProfileStates profile_states_{};
  Actor actor_{*client_,
               {requests_, profiles_, namespaces_, secrets_, entries_, profile_states_},
               clock_,
               {.ledger_namespace = "duplicert", .may_act = [this] { return leads_; }}};
};

TEST_F(ActorTest, StoresKeyAndMarkBeforeItSends) {
  const auto sent = submit(seen());

  ASSERT_TRUE(sent) << sent.error().message;
  EXPECT_EQ(sent->post, Post::kAccepted);
  EXPECT_THAT(calls_, ElementsAre("POST mark 1", "send"));
}

TEST_F(ActorTest, SendsNothingWhenTheKeyCannotBeStored) {
  refuses_ = true;

  EXPECT_FALSE(submit(seen()));
  EXPECT_THAT(calls_, ElementsAre("refused"));
}

TEST_F(ActorTest, SendsNothingOnceTheLeaseIsLost) {
  loses_the_lease_ = true;

  EXPECT_FALSE(submit(seen()));
  EXPECT_THAT(calls_, ElementsAre("POST mark 1"));
}

TEST_F(ActorTest, MovesTheMarkBeforeItSendsTheSameAgain) {
  const Observation later = seen_after_a_lost_answer();

  ASSERT_TRUE(submit(later));

  EXPECT_THAT(calls_, ElementsAre("PATCH mark 2", "send"));
}

TEST_F(ActorTest, SendsNothingWhenAnotherProcessHasMovedTheMark) {
  const Observation later = seen_after_a_lost_answer();
  version_ = "9";

  EXPECT_FALSE(submit(later));
  EXPECT_THAT(calls_, ElementsAre("refused"));
}

TEST_F(ActorTest, StoresARefusalWithTheKey) {
  answer_ = {.status = 400,
             .body = R"({"errors": [{"code": "invalid_csr", "message": "not accepted"}]})"};

  ASSERT_TRUE(submit(seen()));

  EXPECT_THAT(calls_, ElementsAre("POST mark 1", "send", "PATCH no mark"));
  x509::ParseMemo parsed;
  const auto pending = pending_facts(stored_, "uid-request", parsed);
  ASSERT_TRUE(pending.refusal);
  EXPECT_THAT(pending.refusal->message, testing::HasSubstr("invalid_csr: not accepted"));
}

TEST_F(ActorTest, OpensAnEntryWithAKeyThatIsStoredAndSendsNothing) {
  std::string opened;

  const auto version =
      actor_.open_ledger({.group = support::group(), .renewal_of = kOrderId}, seen(),
                         [&](const std::string& entry) { opened = entry; }, {});

  ASSERT_TRUE(version) << version.error().message;
  EXPECT_EQ(opened, entry_name(support::group(), 1));
  EXPECT_THAT(calls_, ElementsAre("POST no mark", "create entry"));
}

}  // namespace
}  // namespace reconcile
