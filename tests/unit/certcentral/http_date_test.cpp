#include "certcentral/http_date.h"

#include <string>

#include <gtest/gtest.h>

namespace certcentral {
namespace {

TEST(ParseHttpDate, ReadsTheFormOfToday) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"),
            *base::parse_time("1994-11-06T08:49:37Z"));
}

class NoDate : public testing::TestWithParam<std::string> {};

TEST_P(NoDate, IsNullopt) {
  EXPECT_EQ(parse_http_date(GetParam()), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(
    ParseHttpDate, NoDate,
    testing::Values("", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
                    "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 31 Feb 2026 08:49:37 GMT",
                    "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
                    "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, -6 Nov 1994 08:49:37 GMT",
                    "Sun, 06 Nov 1994 08:49:37 GMT "));

}  // namespace
}  // namespace certcentral
