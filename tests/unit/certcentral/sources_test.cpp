// What the client's code cannot say, a bug cannot do.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace certcentral {
namespace {

using testing::IsEmpty;

struct Source {
  std::string name{};
  std::string text{};
};

std::vector<Source> sources() {
  std::vector<Source> all;
  const std::string folder = std::string(DUPLICERT_SOURCE_DIR) + "/pkg/certcentral";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path());
    all.push_back({entry.path().filename().string(), {std::istreambuf_iterator<char>(file), {}}});
  }
  EXPECT_GT(all.size(), 10U);
  return all;
}

// String literals are what paths, methods and bodies are made of.
std::vector<std::string> literals_with(const std::string& pattern) {
  const std::regex literal("\"(\\\\.|[^\"\\\\\n])*\"");
  const std::regex word(pattern, std::regex::icase);
  std::vector<std::string> found;
  for (const Source& source : sources()) {
    auto at = std::sregex_iterator(source.text.begin(), source.text.end(), literal);
    for (; at != std::sregex_iterator(); ++at) {
      if (std::regex_search(at->str(), word)) found.push_back(source.name + " " + at->str());
    }
  }
  return found;
}

TEST(Sources, HaveNoCallThatWithdrawsOrGrants) {
  // Words that only describe what the CA tells us, or switch the CA's own reissuing on.
  const std::vector<std::string> harmless{"types.cpp \"revoked\"",
                                          "types.h \"revoked\"",
                                          "types.h \"revoke\"",
                                          "types.h \"reissue\"",
                                          "types.cpp \"canceled\"",
                                          "types.cpp \"reissue_pending\"",
                                          "types.cpp \"reissue_processing\"",
                                          "types.cpp \"needs_approval\"",
                                          "types.h \"needs_approval\"",
                                          "types.cpp \"approved\"",
                                          "codec_requests.cpp \"skip_approval\"",
                                          "codec_requests.cpp \"auto_reissue\"",
                                          "codec_orders.cpp \"auto_reissue\"",
                                          "codec_orders.cpp \"reissues_count\""};
  auto found = literals_with("revo[ck]|cancel|reissue|approv|archiv");
  std::erase_if(
      found, [&](const std::string& literal) { return std::ranges::count(harmless, literal) > 0; });

  EXPECT_THAT(found, IsEmpty());
}

TEST(Sources, UseNoMethodButGetAndPost) {
  EXPECT_THAT(literals_with("^\"(PUT|PATCH|DELETE)\"$"), IsEmpty());
}

TEST(Sources, SetOnlyTwoPosts) {
  // One place sets a body, and only the two submissions give it one.
  const auto all = sources();
  const auto client = std::ranges::find(all, "client.cpp", &Source::name);
  ASSERT_NE(client, all.end());
  const std::regex body("\\.body = encode\\(request\\)");
  const auto begin = std::sregex_iterator(client->text.begin(), client->text.end(), body);

  EXPECT_EQ(std::distance(begin, std::sregex_iterator()), 2);
  EXPECT_THAT(literals_with("^\"POST\"$"), testing::ElementsAre("client.cpp \"POST\""));
}

TEST(Sources, ExposeTheKeyOnlyInTheClient) {
  for (const Source& source : sources()) {
    if (source.name == "client.cpp") continue;
    EXPECT_EQ(source.text.find("expose("), std::string::npos) << source.name;
  }
}

}  // namespace
}  // namespace certcentral
