#include "http/url.h"

#include <gtest/gtest.h>

namespace {

using http::split_url;

TEST(PercentEncode, LeavesOnlyUnreservedCharacters) {
  EXPECT_EQ(http::percent_encode("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(http::percent_encode("a/b c?d=e&f%#[]+"), "a%2Fb%20c%3Fd%3De%26f%25%23%5B%5D%2B");
  EXPECT_EQ(http::percent_encode("\xC3\xA9"), "%C3%A9");
}

TEST(PercentDecode, ReversesEncodingForEveryByte) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);

  EXPECT_EQ(http::percent_decode(http::percent_encode(all)), all);
}

TEST(PercentDecode, RefusesBrokenEscapes) {
  for (const char* text : {"%", "%4", "a%G0", "%0g", "100%"}) {
    EXPECT_FALSE(http::percent_decode(text)) << text;
  }
}

TEST(QueryString, EncodesNamesAndValuesInOrder) {
  EXPECT_EQ(http::query_string({}), "");
  EXPECT_EQ(http::query_string({{"filters[common_name]", "*.a.b"}, {"limit", "2"}}),
            "?filters%5Bcommon_name%5D=%2A.a.b&limit=2");
}

struct SplitCase {
  const char* name;
  const char* text;
  http::Url url;
};

class SplitUrl : public testing::TestWithParam<SplitCase> {};

TEST_P(SplitUrl, GivesTheParts) {
  const auto url = split_url(GetParam().text);

  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(*url, GetParam().url);
}

INSTANTIATE_TEST_SUITE_P(
    Url, SplitUrl,
    testing::Values(
        SplitCase{"Plain", "https://a.b/c", {"https", "a.b", 443, "/c"}},
        SplitCase{"NoPath", "https://a.b", {"https", "a.b", 443, "/"}},
        SplitCase{"QueryOnly", "http://a?x=1", {"http", "a", 80, "/?x=1"}},
        SplitCase{"Port", "http://A.b:8080/c?d=e:f@g/h", {"http", "a.b", 8080, "/c?d=e:f@g/h"}},
        SplitCase{"V4", "https://10.0.0.1:6443", {"https", "10.0.0.1", 6443, "/"}},
        SplitCase{"V6", "https://[FD00::1]:6443/x", {"https", "fd00::1", 6443, "/x"}},
        SplitCase{"V6NoPort", "https://[::1]", {"https", "::1", 443, "/"}}),
    [](const auto& row) { return row.param.name; });

TEST(SplitUrl, RefusesWhatIsNoPlainWebAddress) {
  for (const char* text : {"",
                           "a.b",
                           "ftp://a",
                           "https://",
                           "https://:1",
                           "https:///x",
                           "https://a:0",
                           "https://a:x",
                           "https://a:65536",
                           "https://a:",
                           "https://u@a",
                           "https://u:p@a/",
                           "https://a/#f",
                           "https://a b/",
                           "https://a/\r\nx",
                           "https://[::1",
                           "https://[a.b]",
                           "https://[::1]x",
                           "https://a,b",
                           "https://::1"}) {
    const auto url = split_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, base::Code::kInvalid);
  }
}

TEST(Origin, OmitsTheSchemesOwnPortAndBracketsV6) {
  EXPECT_EQ(split_url("https://a.b:443/x")->origin(), "https://a.b");
  EXPECT_EQ(split_url("http://a.b:443/x")->origin(), "http://a.b:443");
  EXPECT_EQ(split_url("https://[::1]:6443/x")->origin(), "https://[::1]:6443");
}

TEST(JoinUrl, PutsExactlyOneSlashBetween) {
  EXPECT_EQ(http::join_url("https://a", "b"), "https://a/b");
  EXPECT_EQ(http::join_url("https://a/", "/b"), "https://a/b");
  EXPECT_EQ(http::join_url("https://a/k8s/x", "/api/v1?limit=2"), "https://a/k8s/x/api/v1?limit=2");
}

TEST(IsLoopback, KnowsNamesAndAddresses) {
  for (const char* host : {"localhost", "x.localhost", "127.0.0.1", "127.9.9.9", "::1"}) {
    EXPECT_TRUE(http::is_loopback(host)) << host;
  }
  for (const char* host : {"localhost.example", "128.0.0.1", "127.example", "::2", ""}) {
    EXPECT_FALSE(http::is_loopback(host)) << host;
  }
}

TEST(IsIpAddress, TellsAddressesFromNames) {
  EXPECT_TRUE(http::is_ip_address("10.0.0.1"));
  EXPECT_TRUE(http::is_ip_address("fd00::1"));
  EXPECT_FALSE(http::is_ip_address("10.0.0"));
  EXPECT_FALSE(http::is_ip_address("a.b"));
}

}  // namespace
