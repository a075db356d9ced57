// What the client's code cannot say, a bug cannot do.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
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

// The string literals of one line, with their quotes, escapes left as they are.
std::vector<std::string> literals_of(const std::string& line) {
  std::vector<std::string> found;
  std::size_t begin = std::string::npos;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '\\') {
      ++at;
    } else if (line[at] == '"' && begin == std::string::npos) {
      begin = at;
    } else if (line[at] == '"') {
      found.push_back(line.substr(begin, at - begin + 1));
      begin = std::string::npos;
    }
  }
  return found;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// String literals are what paths, methods and bodies are made of: those that hold one of `words`,
// in any case, behind the name of their file.
std::vector<std::string> literals_with(const std::vector<std::string>& words) {
  std::vector<std::string> found;
  for (const Source& source : sources()) {
    std::istringstream lines(source.text);
    for (std::string line; std::getline(lines, line);) {
      for (const std::string& literal : literals_of(line)) {
        const bool holds = std::ranges::any_of(words, [&](const std::string& word) {
          return lower(literal).find(word) != std::string::npos;
        });
        if (holds) found.push_back(source.name + " " + literal);
      }
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
  auto found = literals_with({"revok", "revoc", "cancel", "reissue", "approv", "archiv"});
  std::erase_if(
      found, [&](const std::string& literal) { return std::ranges::count(harmless, literal) > 0; });

  EXPECT_THAT(found, IsEmpty());
}

TEST(Sources, UseNoMethodButGetAndPost) {
  EXPECT_THAT(literals_with({"\"put\"", "\"patch\"", "\"delete\""}), IsEmpty());
}

TEST(Sources, SetOnlyTwoPosts) {
  // One place sets a body, and only the two submissions give it one.
  const auto all = sources();
  const auto client = std::ranges::find(all, "client.cpp", &Source::name);
  ASSERT_NE(client, all.end());
  int bodies = 0;
  constexpr std::string_view kBody = ".body = encode(request)";
  for (auto at = client->text.find(kBody); at != std::string::npos;
       at = client->text.find(kBody, at + 1)) {
    ++bodies;
  }

  EXPECT_EQ(bodies, 2);
  EXPECT_THAT(literals_with({"\"post\""}), testing::ElementsAre("client.cpp \"POST\""));
}

TEST(Sources, ExposeTheKeyOnlyInTheClient) {
  for (const Source& source : sources()) {
    if (source.name == "client.cpp") continue;
    EXPECT_EQ(source.text.find("expose("), std::string::npos) << source.name;
  }
}

}  // namespace
}  // namespace certcentral
