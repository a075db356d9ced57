// The flags of cmake/options.cmake, seen in what they make: this program, built as all others are.
#include <string>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/process.h"

namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

class Hardening : public testing::Test {
 protected:
  void SetUp() override {
    if (readelf("-h").exit_code == 127) GTEST_SKIP() << "no readelf: apt-get install binutils";
  }
  static support::CommandResult readelf(const char* what) {
    static const std::string self = "/proc/" + std::to_string(getpid()) + "/exe";
    return support::run({.argv = {"readelf", "-W", what, self}});
  }
};

TEST_F(Hardening, IsPositionIndependent) {
  EXPECT_THAT(readelf("-h").out, HasSubstr("DYN ("));
}

TEST_F(Hardening, ResolvesItsSymbolsAtTheStartAndLocksTheTable) {
  EXPECT_THAT(readelf("-l").out, HasSubstr("GNU_RELRO"));
  EXPECT_THAT(readelf("-d").out, AnyOf(HasSubstr("BIND_NOW"), HasSubstr("NOW")));
}

TEST_F(Hardening, HasNoExecutableStack) {
  const std::string headers = readelf("-l").out;
  const auto at = headers.find("GNU_STACK");
  ASSERT_NE(at, std::string::npos);
  EXPECT_THAT(headers.substr(at, headers.find('\n', at) - at), Not(HasSubstr("RWE")));
}

TEST_F(Hardening, ProtectsItsStack) {
  EXPECT_THAT(readelf("--dyn-syms").out, HasSubstr("__stack_chk_fail"));
}

#if defined(_FORTIFY_SOURCE)
TEST_F(Hardening, ChecksTheBoundsOfLibraryCalls) {
  EXPECT_THAT(readelf("--dyn-syms").out, HasSubstr("_chk@"));
}
#endif

}  // namespace
