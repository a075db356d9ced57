// The gate before every call: keys, permissions, limits, faults, the journal, and what must not be.
#include <csignal>
#include <functional>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "simulator/key_hash.h"
#include "unit/simulator/service_fixture.h"

namespace simulator {
namespace {

using nlohmann::json;
using std::chrono::days;
using Drop = http::ServerResponse::Drop;

class Gate : public ServiceTest {};

TEST_F(Gate, RefusesABadKeyWith403) {
  http::ServerRequest request;
  request.path = "/services/v2/user/me";
  request.method = "GET";
  const Reply without = send(request);
  request.headers.emplace("x-dc-devkey", "wrong");
  const Reply wrong = send(request);

  EXPECT_EQ(without.status, 403);
  EXPECT_EQ(wrong.status, 403);
  EXPECT_EQ(wrong.code(), "access_denied|access_denied_invalid_key");
}

TEST_F(Gate, TellsWhoTheKeyIs) {
  const json me = call("GET", "user/me").body;

  EXPECT_EQ(me["account_id"], 7);
  EXPECT_EQ(me["access_roles"][0]["name"], "Administrator");
}

TEST_F(Gate, HoldsKeysToTheirRestriction) {
  EXPECT_EQ(call("GET", "organization", {}, "orders").code(), "access_denied|missing_permission");
  EXPECT_EQ(call("GET", "user/me", {}, "orders").status, 200);
  EXPECT_EQ(call("GET", "order/certificate/12345", {}, "view").status, 200);
  EXPECT_EQ(duplicate(12345, {"shop.example.com"}, "view").code(),
            "access_denied|missing_permission");
}

TEST_F(Gate, ShowsLimitedUsersTheirOwnOrdersAlone) {
  EXPECT_EQ(call("GET", "order/certificate", {}, "limited").body["page"]["total"], 0);
  EXPECT_EQ(call("GET", "order/certificate/12345", {}, "limited").code(), "not_found|order");
}

TEST_F(Gate, AnswersUnknownRoutesAndMethodsWith404) {
  EXPECT_EQ(call("GET", "order/certificate/12345/check").code(), "not_found|route");
  EXPECT_EQ(call("DELETE", "order/certificate/12345").code(), "not_found|route");
}

TEST_F(Gate, RefusesABodyThatIsNoJson) {
  http::ServerRequest request;
  request.method = "POST";
  request.path = "/services/v2/order/certificate/12345/note";
  request.headers.emplace("x-dc-devkey", key("admin"));
  request.body = "<text/>";

  EXPECT_EQ(send(request).code(), "bad_request_format");
}

TEST_F(Gate, RefusesToSendWhatIsNotAccepted) {
  http::ServerRequest request;
  request.method = "GET";
  request.path = "/services/v2/user/me";
  request.headers.emplace("x-dc-devkey", key("admin"));
  request.headers.emplace("accept", "text/csv");

  EXPECT_EQ(send(request).status, 406);
}

TEST_F(Gate, LimitsTheRateOfEachKey) {
  admin("PUT", "/accounts/7", {{"requests_per_5_seconds", 2}});
  call("GET", "user/me");
  call("GET", "user/me");

  const Reply third = call("GET", "user/me");

  EXPECT_EQ(third.status, 429);
  EXPECT_EQ(third.code(), "request_limit_exceeded");
  EXPECT_EQ(call("GET", "user/me", {}, "standard").status, 200) << "another key";
  clock.advance(std::chrono::seconds{5});
  EXPECT_EQ(call("GET", "user/me").status, 200);
}

class Faulty : public ServiceTest {};

TEST_F(Faulty, LosesTheAnswerAfterTheWorkWasDone) {
  start({"lose_answer:duplicate_create=on*1"});

  const Reply lost = duplicate(12345, {"shop.example.com"});

  EXPECT_EQ(lost.drop, Drop::kClose);
  EXPECT_EQ(duplicates_of(12345).body["certificates"].size(), 1U);
  const json entry = admin("GET", "/journal?operation=duplicate_create").body["calls"][0];
  EXPECT_EQ(entry["answered"], false);
  EXPECT_EQ(entry["took_effect"], true);
  EXPECT_EQ(entry["fault"], "lose_answer");
}

TEST_F(Faulty, ResetsBeforeAnyWork) {
  start({"reset_before:duplicate_create=on"});

  const Reply lost = duplicate(12345, {"shop.example.com"});

  EXPECT_EQ(lost.drop, Drop::kReset);
  EXPECT_TRUE(duplicates_of(12345).body["certificates"].empty());
}

TEST_F(Faulty, AnswersWithHtmlBeforeOrAfterTheWork) {
  start({"html_500:duplicate_create=on*1", "html_502_after:duplicate_create=on"});

  const Reply before = duplicate(12345, {"shop.example.com"});
  EXPECT_EQ(before.status, 500);
  EXPECT_TRUE(before.text.starts_with("<html>"));
  EXPECT_TRUE(duplicates_of(12345).body["certificates"].empty());

  const Reply after = duplicate(12345, {"shop.example.com"});
  EXPECT_EQ(after.status, 502);
  EXPECT_EQ(duplicates_of(12345).body["certificates"].size(), 1U);
}

TEST_F(Faulty, SaysTooManyRequestsWithoutReason) {
  start({"too_many_requests=on"});

  EXPECT_EQ(call("GET", "user/me").status, 429);
}

TEST_F(Faulty, LoosensTypes) {
  start({"loose_types=on"});

  const json order = call("GET", "order/certificate/12345").body;

  EXPECT_EQ(order["is_renewed"], 0);
  EXPECT_EQ(order["allow_duplicates"], "1");
  EXPECT_EQ(order["duplicates_count"], "0");
}

TEST_F(Faulty, CanBeSwitchedWhileItRuns) {
  admin("PUT", "/faults", {{"faults", {"html_500=on"}}});
  EXPECT_EQ(call("GET", "user/me").status, 500);
  EXPECT_EQ(admin("PUT", "/faults", {{"faults", {"nonsense"}}}).status, 400);
  admin("PUT", "/faults", {{"faults", {"polite"}}});
  EXPECT_EQ(call("GET", "user/me").status, 200);
}

// The faults that a client meets unless it asks for politeness.
class Nasty : public ServiceTest {
 protected:
  void SetUp() override {
    SimulatorOptions options;
    options.data_dir = dir.path() / "data";
    options.seed_yaml = kAccountSeed;
    // The wait of slow answers is real time.
    options.faults = {"slow_answer=1ms@0.1"};
    service = Service::open(options, clock).value();
    admin("POST", "/orders", {{"renewal_of", 12345}});
  }

  // One round of a client: it may repeat the duplicate, because that is free.
  void round() {
    call("GET", "order/certificate?filters[common_name]=shop.example.com");
    call("GET", "order/certificate?filters[common_name]=nobody.example.com");
    call("GET", "order/certificate/12345");
    duplicate(12345, {"shop.example.com"});
    clock.advance(std::chrono::seconds{5});
    const json rows = duplicates_of(12345).body;
    if (!rows.is_object()) return;
    for (const json& row : rows.value("certificates", json::array())) {
      call("GET", "certificate/" + row["id"].dump() + "/download/format/pem_all");
      if (row["id"].get<int>() % 5 == 0) break;
    }
  }
};

TEST_F(Nasty, ShowsEachFaultSoonerOrLater) {
  for (int i = 0; i < 40; ++i) round();

  std::string faults;
  const json journal = admin("GET", "/journal").body;
  for (const json& entry : journal["calls"]) faults += entry["fault"].get<std::string>() + ",";

  for (const FaultRule& rule : default_rules(Manner::kNasty)) {
    const bool is_style = rule.fault == Fault::kChainInAnswer ||
                          rule.fault == Fault::kStatusInAnswer ||
                          rule.fault == Fault::kOrderChainInAnswer;
    if (rule.probability == 0 || is_style || rule.fault == Fault::kHidePending) continue;
    EXPECT_TRUE(faults.contains(name_of(rule.fault))) << name_of(rule.fault);
  }
  EXPECT_TRUE(admin("GET", "/violations").body["violations"].empty());
}

class Journal : public ServiceTest {};

TEST_F(Journal, HoldsEachCallButNeverTheKey) {
  call("GET", "order/certificate?filters[common_name]=shop.example.com&limit=5");

  const Reply journal = admin("GET", "/journal");
  const json entry = journal.body["calls"][0];

  EXPECT_EQ(entry["method"], "GET");
  EXPECT_EQ(entry["path"], "order/certificate");
  EXPECT_EQ(entry["query"], "filters[common_name]=shop.example.com&limit=5");
  EXPECT_EQ(entry["operation"], "order_list");
  EXPECT_EQ(entry["http_status"], 200);
  EXPECT_EQ(entry["key_hash"], key_hash(key("admin")).substr(0, 8));
  EXPECT_EQ(journal.text.find(key("admin")), std::string::npos);
}

TEST_F(Journal, CanBeFiltered) {
  call("GET", "user/me");
  duplicate(12345, {"shop.example.com"});

  EXPECT_EQ(admin("GET", "/journal?method=POST").body["count"], 1);
  EXPECT_EQ(admin("GET", "/journal?path=user").body["count"], 1);
  EXPECT_EQ(admin("GET", "/journal?after=1").body["count"], 1);
}

TEST_F(Journal, CountsWhatTookEffect) {
  duplicate(12345, {"shop.example.com"});
  duplicate(12345, {"shop.example.com", "bad.example.com"});

  EXPECT_EQ(admin("GET", "/counts").body["effects"]["duplicate_create"], 1);
}

class ForbiddenCalls : public ServiceTest {
 protected:
  std::string violations() {
    std::string all;
    const json body = admin("GET", "/violations").body;
    for (const json& row : body["violations"]) {
      all += row["operation"].get<std::string>() + ";";
    }
    return all;
  }
};

TEST_F(ForbiddenCalls, RevokeACertificateAndAreRecorded) {
  duplicate(12345, {"shop.example.com"});
  const std::string id = duplicates_of(12345).body["certificates"][0]["id"].dump();

  const Reply done = call("PUT", "certificate/" + id + "/revoke", {{"skip_approval", true}});

  EXPECT_EQ(done.status, 204);
  EXPECT_EQ(duplicates_of(12345).body["certificates"][0]["status"], "revoked");
  EXPECT_EQ(violations(), "certificate_revoke;");
}

TEST_F(ForbiddenCalls, AskForApprovalOfARevocationWithoutSkip) {
  const std::string id = call("GET", "order/certificate/12345").body["certificate"]["id"].dump();

  const Reply asked = call("PUT", "certificate/" + id + "/revoke", json::object());

  EXPECT_EQ(asked.status, 201);
  EXPECT_EQ(call("GET", "order/certificate/12345").body["status"], "issued");
  admin("PUT", "/requests/" + asked.body["id"].dump(), {{"status", "approved"}});
  EXPECT_EQ(call("GET", "order/certificate/12345").body["status"], "revoked");
}

TEST_F(ForbiddenCalls, RevokeAnOrderWithAllItsDuplicates) {
  duplicate(12345, {"shop.example.com"});

  call("PUT", "order/certificate/12345/revoke", {{"skip_approval", true}});

  EXPECT_EQ(call("GET", "order/certificate/12345").body["status"], "revoked");
  EXPECT_EQ(duplicates_of(12345).body["certificates"][0]["status"], "revoked");
  EXPECT_EQ(violations(), "order_revoke;");
}

TEST_F(ForbiddenCalls, ReissueAndRevokeWhatItReplacesWhenNamesAreDropped) {
  duplicate(12345, {"shop.example.com"});

  const Reply done =
      call("POST", "order/certificate/12345/reissue", certificate_body({"shop.example.com"}));

  EXPECT_EQ(done.status, 201);
  EXPECT_EQ(duplicates_of(12345).body["certificates"][0]["status"], "approved");
  clock.advance(days{3});
  EXPECT_EQ(duplicates_of(12345).body["certificates"][0]["status"], "revoked");
  EXPECT_EQ(violations(), "order_reissue;");
}

TEST_F(ForbiddenCalls, ApproveOnceAndOnlyByThoseWhoMay) {
  admin("PUT", "/accounts/7", {{"approval_step", true}});
  const std::string path = "request/" +
                           duplicate(12345, {"shop.example.com"}).body["requests"][0]["id"].dump() +
                           "/status";
  const json approve = {{"status", "approved"}};

  EXPECT_EQ(call("PUT", path, approve, "standard").code(), "access_denied|invalid_approver");
  EXPECT_EQ(call("PUT", path, approve).status, 204);
  EXPECT_EQ(call("PUT", path, approve).code(), "request_already_processed");
  EXPECT_EQ(violations(), "request_status;request_status;request_status;");
}

TEST_F(ForbiddenCalls, CancelOnlyWhatIsPending) {
  const json cancel = {{"status", "canceled"}};
  EXPECT_EQ(call("PUT", "order/certificate/12345/status", cancel).code(), "invalid_order_status");
  admin("POST", "/orders", {{"renewal_of", 12345}, {"pending", true}});

  EXPECT_EQ(call("PUT", "order/certificate/67890/status", cancel).status, 204);
  EXPECT_EQ(call("GET", "order/certificate/67890").body["status"], "canceled");
}

TEST_F(ForbiddenCalls, AreRecordedEvenWhenRefused) {
  call("PUT", "certificate/1/revoke", json::object());
  call("PUT", "certificate/1/archive", json::object());
  call("POST", "account/metadata", {{"label", "x"}});

  EXPECT_EQ(violations(), "certificate_revoke;certificate_archive;metadata;");
}

class State : public ServiceTest {};

TEST_F(State, SurvivesARestart) {
  duplicate(12345, {"shop.example.com"});
  admin("POST", "/clock", {{"advance", "2d"}});
  const json before = duplicates_of(12345).body;
  const std::string root = service->issuer().root_pem();

  start({}, "");

  EXPECT_EQ(duplicates_of(12345).body, before);
  EXPECT_EQ(service->issuer().root_pem(), root);
  EXPECT_EQ(service->now(), clock.now() + days{2});
  EXPECT_EQ(admin("GET", "/journal?operation=duplicate_create").body["count"], 1);
}

// In the child: duplicates without end, one byte into the pipe after each answer.
[[noreturn]] void issue_until_killed(const std::function<int()>& issue, int pipe) {
  while (issue() == 201 && ::write(pipe, "x", 1) == 1) {
  }
  ::_exit(1);
}

TEST_F(State, LosesNothingThatWasAnsweredWhenItIsKilled) {
  service.reset();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    start();
    issue_until_killed([this] { return duplicate(12345, {"shop.example.com"}).status; }, ends[1]);
  }
  ::close(ends[1]);
  std::size_t answered = 0;
  char byte = 0;
  while (answered < 20 && ::read(ends[0], &byte, 1) == 1) ++answered;

  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  while (::read(ends[0], &byte, 1) == 1) ++answered;
  ::close(ends[0]);
  start();

  const std::size_t kept = duplicates_of(12345).body["certificates"].size();
  EXPECT_GE(answered, 20U);
  EXPECT_TRUE(kept == answered || kept == answered + 1) << kept << " of " << answered;
  EXPECT_EQ(admin("GET", "/counts").body["effects"]["duplicate_create"], kept)
      << "the journal is committed with the work";
}

TEST_F(State, IsNotSeededTwice) {
  duplicate(12345, {"shop.example.com"});
  const std::string before = key("admin");

  start();

  EXPECT_EQ(duplicates_of(12345).body["certificates"].size(), 1U);
  EXPECT_EQ(key("admin"), before);
}

TEST_F(State, NeedsASeedAtTheFirstStart) {
  SimulatorOptions options;
  options.data_dir = dir.path() / "other";

  const auto opened = Service::open(options, clock);

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, base::Code::kInvalid);
}

TEST_F(State, MovesWithTheAdminsClock) {
  EXPECT_EQ(call("GET", "order/certificate/12345").body["status"], "issued");

  admin("POST", "/clock", {{"advance", "21d"}});

  EXPECT_EQ(call("GET", "order/certificate/12345").body["status"], "expired");
}

TEST_F(State, CanBeDumped) {
  const json dump = admin("GET", "/dump").body;

  EXPECT_EQ(dump["accounts"].size(), 2U);
  EXPECT_EQ(dump["orders"].size(), 6U);
  EXPECT_FALSE(dump.dump().contains("PRIVATE KEY"));
}

}  // namespace
}  // namespace simulator
