#include "base/text.h"

#include <gtest/gtest.h>

namespace {

TEST(Text, ChangesTheCaseOfAsciiLettersOnly) {
  EXPECT_EQ(base::lower_case("Shop-É.EXAMPLE.com@[Z`"), "shop-É.example.com@[z`");
  EXPECT_EQ(base::upper_case("0a:ff é@[z{"), "0A:FF é@[Z{");
  EXPECT_EQ(base::lower_case(""), "");
}

TEST(Text, TrimsBothEnds) {
  EXPECT_EQ(base::trimmed(" \t a b\r\n"), "a b");
  EXPECT_EQ(base::trimmed("a"), "a");
  EXPECT_EQ(base::trimmed(" \n"), "");
  EXPECT_EQ(base::trimmed(""), "");
}

}  // namespace
