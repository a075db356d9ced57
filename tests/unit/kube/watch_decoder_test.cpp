#include "kube/watch_decoder.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

using base::Code;
using base::Result;
using kube::WatchDecoder;
using kube::WatchType;
using nlohmann::json;

// As a real API server sends it (v1.36), shortened; the last event has UTF-8 and an escaped break.
const std::string kRecorded =
    R"({"type":"ADDED","object":{"kind":"ConfigMap","metadata":{"name":"a","resourceVersion":"5"}}})"
    "\n"
    R"({"type":"MODIFIED","object":{"kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":"{\"x\":1}"}}})"
    "\n"
    R"({"type":"BOOKMARK","object":{"kind":"ConfigMap","metadata":{"resourceVersion":"9"}}})"
    "\n\n"
    R"({"type":"NOVEL","object":{"kind":"ConfigMap"}})"
    "\n"
    R"({"type":"DELETED","object":{"kind":"ConfigMap","metadata":{"name":")"
    "\xC3\xA9\xE2\x82\xAC"
    R"("},"data":{"k":"one\ntwo"}}})"
    "\n";

struct Collected {
  std::vector<std::string> events{};
  kube::WatchSink sink() {
    return [this](WatchType type, json&& object) -> Result<void> {
      events.push_back(std::to_string(static_cast<int>(type)) + object.dump());
      return {};
    };
  }
};

std::vector<std::string> decode_in_pieces(const std::vector<std::string>& pieces) {
  WatchDecoder decoder;
  Collected collected;
  for (const std::string& piece : pieces) EXPECT_TRUE(decoder.feed(piece, collected.sink()));
  return collected.events;
}

Result<void> decode(const std::string& text) {
  Collected collected;
  return WatchDecoder().feed(text, collected.sink());
}

TEST(WatchDecoder, GivesEachEventOnceAndSkipsUnknownTypes) {
  const auto events = decode_in_pieces({kRecorded});

  ASSERT_EQ(events.size(), 4U);
  EXPECT_TRUE(events[0].starts_with("0{"));
  EXPECT_TRUE(events[1].starts_with("1{"));
  EXPECT_TRUE(events[2].starts_with("3{"));
  EXPECT_TRUE(events[3].starts_with("2{"));
}

TEST(WatchDecoder, GivesTheSameEventsForEveryCutInTwo) {
  const auto expected = decode_in_pieces({kRecorded});

  for (std::size_t cut = 0; cut <= kRecorded.size(); ++cut) {
    EXPECT_EQ(decode_in_pieces({kRecorded.substr(0, cut), kRecorded.substr(cut)}), expected) << cut;
  }
}

TEST(WatchDecoder, GivesTheSameEventsForRandomCuts) {
  const auto expected = decode_in_pieces({kRecorded});
  std::mt19937 random(20260501);  // NOLINT: repeatable on purpose
  for (int round = 0; round < 300; ++round) {
    std::uniform_int_distribution<std::size_t> length(0, 1U << (round % 8));
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < kRecorded.size();) {
      pieces.push_back(kRecorded.substr(at, length(random)));
      at += pieces.back().size();
    }
    EXPECT_EQ(decode_in_pieces(pieces), expected) << "round " << round;
  }
}

TEST(WatchDecoder, KeepsAnIncompleteLine) {
  EXPECT_TRUE(decode_in_pieces({kRecorded.substr(0, kRecorded.find('\n'))}).empty());
}

TEST(WatchDecoder, TurnsAnErrorEventIntoItsError) {
  const auto result =
      decode(R"x({"type":"ERROR","object":{"kind":"Status","status":"Failure","code":410,)x"
             R"x("reason":"Expired","message":"too old resource version: 1 (9)"}})x"
             "\n");

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kExpired);
  EXPECT_EQ(result.error().http_status, 410);
  EXPECT_EQ(result.error().message, "too old resource version: 1 (9)");
}

TEST(WatchDecoder, StopsAtTheSinksError) {
  int count = 0;
  WatchDecoder decoder;

  const auto result = decoder.feed(kRecorded, [&count](WatchType, json&&) -> Result<void> {
    ++count;
    return base::fail(Code::kCancelled, "enough");
  });

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kCancelled);
  EXPECT_EQ(count, 1);
}

TEST(WatchDecoder, DropsManagedFieldsIfTold) {
  const std::string line =
      R"({"type":"ADDED","object":{"metadata":{"managedFields":[{"manager":"a"}],"uid":"u"}}})"
      "\n";
  const auto fields_of = [&](kube::ManagedFields managed_fields) {
    WatchDecoder decoder(managed_fields);
    json seen;
    const auto sink = [&](kube::WatchType, json&& object) -> base::Result<void> {
      seen = object["metadata"]["managedFields"];
      return {};
    };
    EXPECT_TRUE(decoder.feed(line.substr(0, 50), sink));
    EXPECT_TRUE(decoder.feed(line.substr(50), sink));
    return seen.size();
  };

  EXPECT_EQ(fields_of(kube::ManagedFields::kKeep), 1U);
  EXPECT_EQ(fields_of(kube::ManagedFields::kDrop), 0U);
}

TEST(WatchDecoder, RefusesWhatIsNoEvent) {
  for (const std::string& line :
       {std::string("x"), std::string("[]"), std::string("{}"), std::string(R"({"type":"ADDED"})"),
        std::string(R"({"type":1,"object":{}})"), std::string(R"({"type":"ADDED","object":[]})"),
        R"({"type":"ADDED","object":{"a":)" + std::string(200, '[') + std::string(200, ']') +
            "}}"}) {
    const auto result = decode(line + "\n");
    ASSERT_FALSE(result) << line;
    EXPECT_EQ(result.error().code, Code::kCorrupt);
  }
}

TEST(WatchDecoder, RefusesALineWithoutEnd) {
  WatchDecoder decoder;
  Collected collected;
  const std::string piece(WatchDecoder::kLineBytesMax / 2, ' ');

  EXPECT_TRUE(decoder.feed(piece, collected.sink()));
  EXPECT_TRUE(decoder.feed(piece, collected.sink()));
  const auto result = decoder.feed(" ", collected.sink());

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kCorrupt);
}

TEST(WatchDecoder, CountsTheLineLimitPerLine) {
  const std::string blank(WatchDecoder::kLineBytesMax / 2, ' ');

  EXPECT_TRUE(decode(blank + "\n" + blank + "\n" + blank + "\n" + blank));
  EXPECT_FALSE(decode(blank + blank + " \n"));
}

}  // namespace
