#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "certcentral/client.h"

namespace certcentral {
namespace {

struct HostCase {
  const char* name;
  const char* url;
  bool is_allowed;
};
class AllowedHost : public testing::TestWithParam<HostCase> {};

TEST_P(AllowedHost, IsTheOnlyPlaceForAKey) {
  const std::vector<std::string> allowed{"www.digicert.com", "certcentral.digicert.eu",
                                         "127.0.0.1:8443"};

  EXPECT_EQ(check_allowed_host(GetParam().url, allowed).has_value(), GetParam().is_allowed);
}

INSTANTIATE_TEST_SUITE_P(
    CheckAllowedHost, AllowedHost,
    testing::Values(HostCase{"Us", "https://www.digicert.com/services/v2", true},
                    HostCase{"Eu", "https://certcentral.digicert.eu/services/v2/", true},
                    HostCase{"AnyCase", "https://WWW.DigiCert.com/services/v2", true},
                    HostCase{"OwnPort", "https://www.digicert.com:443/services/v2", true},
                    HostCase{"OtherPort", "https://www.digicert.com:8443/", false},
                    HostCase{"ListedPort", "https://127.0.0.1:8443/services/v2", true},
                    HostCase{"UnlistedPort", "https://127.0.0.1/services/v2", false},
                    HostCase{"Http", "http://www.digicert.com/services/v2", false},
                    HostCase{"OtherHost", "https://www.digicert.com.evil.test/", false},
                    HostCase{"UserInfo", "https://www.digicert.com@evil.test/", false},
                    HostCase{"UserOfAllowed", "https://me@www.digicert.com/", false},
                    HostCase{"Fragment", "https://evil.test#www.digicert.com", false},
                    HostCase{"Query", "https://www.digicert.com/?a=b", false},
                    HostCase{"Backslash", "https://evil.test\\@www.digicert.com/", false},
                    HostCase{"FinalDot", "https://www.digicert.com./", false},
                    HostCase{"Nothing", "", false}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(CheckAllowedHost, NamesTheHost) {
  const auto result = check_allowed_host("https://evil.test/services/v2", {});

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, base::Code::kInvalid);
  EXPECT_NE(result.error().message.find("evil.test"), std::string::npos);
}

TEST(HostOf, LeavesOutWhatDoesNotDistinguishAccounts) {
  EXPECT_EQ(*host_of("https://WWW.digicert.com:443/services/v2"), "www.digicert.com");
  EXPECT_EQ(*host_of("https://127.0.0.1:8443"), "127.0.0.1:8443");
}

}  // namespace
}  // namespace certcentral
