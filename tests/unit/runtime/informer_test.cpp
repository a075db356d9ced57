#include "runtime/informer.h"

#include <deque>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "unit/runtime/fake_api.h"

namespace runtime {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using runtime_test::Answer;
using runtime_test::FakeApi;
using testing::ElementsAre;
using testing::HasSubstr;

struct Meta {
  std::string namespace_{};
  std::string name{};
  std::string uid{};
  std::string resource_version{};
};
struct Pet {
  Meta meta{};
  std::string sound{};
};

base::Result<Pet> decode_pet(const json& object) {
  const json& meta = object.at("metadata");
  if (!object.contains("sound")) return base::fail(base::Code::kInvalid, "sound: missing");
  return Pet{{meta.at("namespace"), meta.at("name"), meta.at("uid"), meta.at("resourceVersion")},
             object.at("sound")};
}

json pet(const std::string& name, const std::string& version, const std::string& sound = "woof",
         const std::string& uid = "uid-1") {
  return {{"metadata",
           {{"namespace", "home"}, {"name", name}, {"uid", uid}, {"resourceVersion", version}}},
          {"sound", sound}};
}

Answer list(const std::string& version, const std::vector<json>& items,
            const std::string& more = "") {
  return Answer::json({{"kind", "PetList"},
                       {"metadata", {{"resourceVersion", version}, {"continue", more}}},
                       {"items", items}});
}

std::string event(const std::string& type, const json& object) {
  return json{{"type", type}, {"object", object}}.dump() + "\n";
}

std::string gone() {
  return event("ERROR", {{"kind", "Status"}, {"code", 410}, {"reason", "Expired"}});
}

Answer stream(const std::string& lines, Answer::End end = Answer::End::kClean) {
  return {.status = 200, .body = lines, .end = end};
}

const kube::Resource kPets{
    .group = "example.test", .version = "v1", .plural = "pets", .kind = "Pet"};

// Answers from a script; an open, silent stream at its end.
class InformerTest : public testing::Test {
 protected:
  void say(Answer answer) { script_.push_back(std::move(answer)); }

  // Runs until the script is used up and its last change was handed on.
  std::vector<std::string> run(InformerOptions options = {}) {
    options.resource = kPets;
    options.limits.backoff = {.first = 1ms, .factor = 1, .most = 1ms};
    options.limits.shortest_stream = 0ms;
    informer_ = std::make_unique<Informer<Pet>>(*client_, options, decode_pet, clock_);
    informer_->on_change(
        [this](const Change<Pet>& change) { changes_.push_back(in_words(change)); });
    informer_->start();
    std::unique_lock lock(mutex_);
    used_up_.wait_for(lock, 10s, [this] { return is_used_up_; });
    lock.unlock();
    informer_->stop();
    return changes_;
  }

  std::vector<std::string> urls_with(const std::string& part) const {
    std::vector<std::string> found;
    for (const auto& request : api_.requests()) {
      if (request.url.find(part) != std::string::npos) found.push_back(request.url);
    }
    return found;
  }

  static std::string in_words(const Change<Pet>& change) {
    const auto version = [](const auto& object) {
      return object ? object->meta.resource_version : std::string("-");
    };
    return change.key + " " + version(change.before) + ">" + version(change.after) +
           (change.recreated() ? " recreated" : "") + (change.initial ? " initial" : "");
  }

  Answer respond() {
    if (!script_.empty()) {
      Answer answer = script_.front();
      script_.pop_front();
      return answer;
    }
    const std::lock_guard lock(mutex_);
    is_used_up_ = true;
    used_up_.notify_all();
    return stream("", Answer::End::kOpen);
  }

  base::SystemClock clock_;
  std::deque<Answer> script_;
  std::mutex mutex_;
  std::condition_variable used_up_;
  bool is_used_up_ = false;
  FakeApi api_{[this](const http::Request&) { return respond(); }};
  std::unique_ptr<kube::Client> client_ = api_.client(clock_);
  std::vector<std::string> changes_;
  std::unique_ptr<Informer<Pet>> informer_;
};

TEST_F(InformerTest, FillsItsStoreFromAllPagesOfTheListing) {
  say(list("10", {pet("ada", "1"), pet("rex", "2")}, "more"));
  say(list("10", {pet("tom", "3")}));

  EXPECT_THAT(run(),
              ElementsAre("home/ada ->1 initial", "home/rex ->2 initial", "home/tom ->3 initial"));
  EXPECT_TRUE(informer_->has_synced());
  EXPECT_EQ(informer_->store().get("home/tom")->sound, "woof");
}

// Neither side ever holds the whole list as JSON, not even after a page token that expired.
TEST_F(InformerTest, NeverAsksForMoreThanAPageAtOnce) {
  say(list("10", {pet("ada", "1")}, "more"));
  say(Answer::json({{"kind", "Status"}, {"code", 410}, {"reason", "Expired"}}, 410));
  say(list("11", {pet("ada", "1")}, "more"));
  say(list("11", {pet("rex", "2")}));

  EXPECT_THAT(run(), ElementsAre("home/ada ->1 initial", "home/rex ->2 initial"));

  const auto lists = urls_with("/pets?");
  ASSERT_GE(lists.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_THAT(lists[i], HasSubstr("limit=500")) << lists[i];
}

TEST_F(InformerTest, AFirstListingThatBeginsAnewForgetsWhatIsGoneSince) {
  say(list("10", {pet("ada", "1"), pet("rex", "2")}, "more"));
  say(Answer::json({{"kind", "Status"}, {"code", 410}, {"reason", "Expired"}}, 410));
  say(list("11", {pet("rex", "3")}));

  EXPECT_THAT(run(), ElementsAre("home/ada ->1 initial", "home/rex ->2 initial",
                                 "home/ada 1>- initial", "home/rex 2>3 initial"));
  EXPECT_EQ(informer_->store().size(), 1U);
}

TEST_F(InformerTest, FollowsTheEventsOfTheWatch) {
  say(list("10", {pet("rex", "2")}));
  say(stream(event("ADDED", pet("ada", "11")) + event("MODIFIED", pet("rex", "12", "wuff")) +
             event("DELETED", pet("ada", "13"))));

  EXPECT_THAT(run(), ElementsAre("home/rex ->2 initial", "home/ada ->11", "home/rex 2>12",
                                 "home/ada 11>-"));
  EXPECT_EQ(informer_->store().get("home/rex")->sound, "wuff");
}

TEST_F(InformerTest, ResumesFromTheLastVersionAfterABrokenStream) {
  say(list("10", {}));
  say(stream(event("ADDED", pet("ada", "11")), Answer::End::kBroken));
  say({.status = 503, .body = "try later"});
  say(stream(event("ADDED", pet("rex", "12"))));

  run();

  EXPECT_EQ(urls_with("watch=1").size(), 4U);
  EXPECT_EQ(urls_with("resourceVersion=11").size(), 2U);
  EXPECT_EQ(urls_with("resourceVersion=12").size(), 1U);
  EXPECT_EQ(urls_with("limit=500").size(), 1U) << "no second listing";
}

TEST_F(InformerTest, ABookmarkMovesTheVersionFromWhichItResumes) {
  say(list("10", {}));
  say(stream(event("BOOKMARK", {{"metadata", {{"resourceVersion", "99"}}}})));

  EXPECT_THAT(run(), ElementsAre());
  EXPECT_EQ(urls_with("resourceVersion=99").size(), 1U);
  EXPECT_TRUE(informer_->has_seen("home", "99"));
  EXPECT_FALSE(informer_->has_seen("home", "100"));
}

TEST_F(InformerTest, ListsAgainOn410AndTellsWhatItMissed) {
  say(list("10", {pet("ada", "1"), pet("rex", "2")}));
  say(stream(gone()));
  say(list("20", {pet("rex", "2"), pet("tom", "15")}));

  EXPECT_THAT(run(), ElementsAre("home/ada ->1 initial", "home/rex ->2 initial",
                                 "home/ada 1>- initial", "home/tom ->15 initial"));
  EXPECT_EQ(urls_with("resourceVersion=20").size(), 1U);
}

TEST_F(InformerTest, SeesDeleteAndRecreateByTheUid) {
  say(list("10", {pet("rex", "2", "woof", "uid-1")}));
  say(stream(gone()));
  say(list("20", {pet("rex", "15", "woof", "uid-2")}));

  EXPECT_THAT(run(), ElementsAre("home/rex ->2 initial", "home/rex 2>15 recreated initial"));
}

TEST_F(InformerTest, AnObjectThatDoesNotDecodeCountsAsAbsent) {
  json mute = pet("rex", "12");
  mute.erase("sound");
  say(list("10", {pet("rex", "2"), pet("ada", "3")}));
  say(stream(event("MODIFIED", mute) + event("MODIFIED", pet("ada", "13"))));

  EXPECT_THAT(run(), ElementsAre("home/rex ->2 initial", "home/ada ->3 initial", "home/rex 2>-",
                                 "home/ada 3>13"));
}

TEST_F(InformerTest, AnExceptionOfTheDecoderCountsAsAbsentToo) {
  json odd = pet("odd", "4");
  odd["sound"] = 7;  // decode_pet() lets the JSON library throw
  say(list("10", {odd, pet("rex", "2")}));

  EXPECT_THAT(run(), ElementsAre("home/rex ->2 initial"));
}

TEST_F(InformerTest, ARelistingKeepsThePointersOfWhatDidNotChange) {
  say(list("10", {pet("rex", "2")}));
  say(stream(event("ADDED", pet("ada", "11")) + gone()));
  say(list("20", {pet("rex", "2"), pet("ada", "11")}));

  EXPECT_THAT(run(), ElementsAre("home/rex ->2 initial", "home/ada ->11"));
}

TEST_F(InformerTest, AListingWithoutAVersionIsTriedAgain) {
  say(Answer::json({{"items", json::array()}}));
  say(list("10", {pet("rex", "2")}));

  EXPECT_THAT(run(), ElementsAre("home/rex ->2 initial"));
}

TEST_F(InformerTest, AnEmptyListMayBeNull) {
  say(Answer::json({{"metadata", {{"resourceVersion", "10"}}}, {"items", nullptr}}));

  EXPECT_THAT(run(), ElementsAre());
  EXPECT_TRUE(informer_->has_synced());
}

TEST_F(InformerTest, PassesItsSelectionOn) {
  say(list("10", {}));

  run({.namespaces = {"home"}, .label_selector = "a=b", .field_selector = "metadata.name=rex"});

  for (const std::string& url : urls_with("/")) {
    EXPECT_THAT(url, HasSubstr("/apis/example.test/v1/namespaces/home/pets?"));
    EXPECT_THAT(url, HasSubstr("labelSelector=a%3Db"));
    EXPECT_THAT(url, HasSubstr("fieldSelector=metadata.name%3Drex"));
  }
}

TEST_F(InformerTest, AsksForMetadataAloneIfTold) {
  say(list("10", {}));

  run({.view = kube::View::kMetadata});

  for (const auto& request : api_.requests()) {
    std::string accept;
    for (const auto& header : request.headers) {
      if (header.name == "Accept") accept = header.value;
    }
    EXPECT_THAT(accept, HasSubstr("PartialObjectMetadata"));
  }
}

TEST_F(InformerTest, IsNotSyncedBeforeItsFirstListing) {
  Informer<Pet> informer(*client_, {.resource = kPets}, decode_pet, clock_);

  EXPECT_FALSE(informer.has_synced());
  EXPECT_FALSE(informer.wait_synced(0ms, {}));
  EXPECT_FALSE(informer.has_seen("home", "1"));
}

TEST(Progress, IsSyncedWhenEveryNamespaceIs) {
  Progress progress({"a", "b"});

  progress.seen("a", "5");
  EXPECT_FALSE(progress.has_synced());
  progress.seen("b", "9");
  EXPECT_TRUE(progress.has_synced());
  EXPECT_TRUE(progress.wait_synced(0ms, {}));
}

TEST(Progress, KnowsWhyAFirstListingIsNotThere) {
  Progress progress({"a", "b"});
  EXPECT_FALSE(progress.problem());

  progress.failed("b", {.code = base::Code::kPermissionDenied, .message = "no"});
  progress.seen("a", "5");
  ASSERT_TRUE(progress.problem());
  EXPECT_EQ(progress.problem()->message, "no");

  progress.seen("b", "5");
  EXPECT_FALSE(progress.problem());
  progress.failed("b", {.code = base::Code::kUnavailable});
  EXPECT_FALSE(progress.problem()) << "a stream that broke later is no matter of the start";
}

TEST(Progress, TellsWhetherAWriteHasComeBack) {
  Progress progress({"a"});
  progress.seen("a", "10");

  EXPECT_TRUE(progress.has_seen("a", "9"));
  EXPECT_TRUE(progress.has_seen("a", "10"));
  EXPECT_FALSE(progress.has_seen("a", "11"));
  EXPECT_TRUE(progress.has_seen("a", "odd")) << "what cannot be compared must not block";
  EXPECT_TRUE(progress.has_seen("unwatched", "11"));
}

}  // namespace
}  // namespace runtime
