#include "base/bytes.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/hash.h"
#include "base/random.h"

namespace base {
namespace {

TEST(Base64, FollowsTheExamplesOfRfc4648) {
  const std::pair<const char*, const char*> examples[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : examples) {
    EXPECT_EQ(to_base64(plain), encoded);
    EXPECT_EQ(from_base64(encoded), plain);
  }
}

TEST(Base64, TakesLineBreaksAndNothingElseOutsideItsAlphabet) {
  EXPECT_EQ(from_base64("Zm9v\r\nYmFy\n"), "foobar");
  EXPECT_FALSE(from_base64("Zm9v YmFy"));
  EXPECT_FALSE(from_base64("Zm9vY"));
  for (const std::string digits : {"Zm9v", "Zm9vYg==", "Zm9vYmE="}) {
    const std::size_t size = std::min(digits.find('='), digits.size());
    for (std::size_t at = 0; at < size; ++at) {
      for (const char c : {'-', '_', ' ', '\0', '\x80', '\xff'}) {
        std::string damaged = digits;
        damaged[at] = c;
        EXPECT_FALSE(from_base64(damaged)) << digits << " at " << at;
      }
    }
  }
}

TEST(Base64, GivesBackEveryByteInEveryPlace) {
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
  for (std::size_t from = 0; from < 256; ++from) {
    EXPECT_EQ(from_base64(to_base64(bytes.substr(from))), bytes.substr(from)) << from;
  }
}

TEST(SecretString, ComparesByValueAndIsEmptyAfterAMove) {
  SecretString first(std::string("hunter2"));
  SecretString second = std::move(first);

  EXPECT_EQ(second, SecretString(std::string("hunter2")));
  EXPECT_FALSE(second == SecretString(std::string("hunter3")));
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): that is what is tested
}

TEST(SecretString, WipesWhatItHeld) {
  std::string text = "a secret that is too long for the small buffer of a string";
  const char* const bytes = text.data();

  wipe(text);

  EXPECT_TRUE(text.empty());
  EXPECT_EQ(bytes[0], '\0');
  EXPECT_EQ(bytes[20], '\0');
}

TEST(Random, GivesHexOfTheLengthAskedForAndNumbersBelowOne) {
  EXPECT_EQ(random_hex(7).size(), 7U);
  EXPECT_NE(random_hex(32), random_hex(32));
  for (int i = 0; i < 100; ++i) EXPECT_LT(random_unit(), 1.0);
}

TEST(StableHash, NeverChanges) {
  // FNV-1a of the empty text and of "a": renewal times depend on it across versions.
  EXPECT_EQ(stable_hash(""), 0xcbf29ce484222325ULL);
  EXPECT_EQ(stable_hash("a"), 0xaf63dc4c8601ec8cULL);
}

TEST(Hex, IsLowerCase) {
  EXPECT_EQ(to_hex(std::string_view("\x00\xfe\x0a", 3)), "00fe0a");
}

}  // namespace
}  // namespace base
