#include "reconcile/revocation_looks.h"

#include <gtest/gtest.h>

namespace reconcile {
namespace {

using namespace std::chrono_literals;

constexpr base::Steady kFirst{1h};
constexpr auto kInterval = 6h;

class RevocationLooksTest : public testing::Test {
 protected:
  RevocationLooks looks_{kFirst, kInterval};
};

TEST_F(RevocationLooksTest, ProveNothingByOneLook) {
  looks_.note(ListedAs::kRevoked, kFirst);

  EXPECT_FALSE(looks_.is_revoked());
  EXPECT_EQ(looks_.next_look(), kFirst + 10min) << "the second look comes soon";
}

TEST_F(RevocationLooksTest, ProveItByTwoLooksThatAreTenMinutesApart) {
  looks_.note(ListedAs::kRevoked, kFirst);
  looks_.note(ListedAs::kRevoked, kFirst + 10min - 1s);
  EXPECT_FALSE(looks_.is_revoked());

  looks_.note(ListedAs::kRevoked, kFirst + 10min);

  EXPECT_TRUE(looks_.is_revoked());
  EXPECT_EQ(looks_.next_look(), kFirst + 10min + kInterval);
}

TEST_F(RevocationLooksTest, BeginAnewAfterALookThatShowsItAsGood) {
  looks_.note(ListedAs::kRevoked, kFirst);
  looks_.note(ListedAs::kGood, kFirst + 5min);
  looks_.note(ListedAs::kRevoked, kFirst + 10min);

  EXPECT_FALSE(looks_.is_revoked());
}

TEST_F(RevocationLooksTest, CountNoAbsence) {
  looks_.note(ListedAs::kRevoked, kFirst);
  looks_.note(ListedAs::kNotAtAll, kFirst + 10min);
  EXPECT_FALSE(looks_.is_revoked()) << "an absence proves it";
  EXPECT_EQ(looks_.next_look(), kFirst + 20min);

  looks_.note(ListedAs::kRevoked, kFirst + 20min);

  EXPECT_TRUE(looks_.is_revoked()) << "an absence refutes it";
}

TEST_F(RevocationLooksTest, AreTakenBackByTheCa) {
  looks_.note(ListedAs::kRevoked, kFirst);
  looks_.note(ListedAs::kRevoked, kFirst + 10min);

  looks_.note(ListedAs::kGood, kFirst + 20min);

  EXPECT_FALSE(looks_.is_revoked());
}

TEST_F(RevocationLooksTest, ComeAgainAfterAFailure) {
  looks_.note_failure(kFirst);

  EXPECT_EQ(looks_.next_look(), kFirst + 30min);
  EXPECT_FALSE(looks_.is_revoked());
}

TEST(RevocationLooks, AreNoFurtherApartThanTheInterval) {
  RevocationLooks looks{kFirst, 2s};
  looks.note(ListedAs::kRevoked, kFirst);
  EXPECT_EQ(looks.next_look(), kFirst + 2s);

  looks.note(ListedAs::kRevoked, kFirst + 2s);

  EXPECT_TRUE(looks.is_revoked());
  looks.note_failure(kFirst + 2s);
  EXPECT_EQ(looks.next_look(), kFirst + 4s);
}

}  // namespace
}  // namespace reconcile
