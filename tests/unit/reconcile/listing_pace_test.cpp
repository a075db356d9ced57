#include "reconcile/listing_pace.h"

#include <gtest/gtest.h>

namespace reconcile {
namespace {

using namespace std::chrono_literals;

class ListingPaceTest : public testing::Test {
 protected:
  void request(std::chrono::milliseconds lasts = 100ms) {
    pace_.begin_request(now_);
    now_ += lasts;
    pace_.end_request(now_);
  }
  // Sends `count` in a row, each followed by whoever sent it asking for the list; returns the
  // looks.
  int looks_for(int count, std::chrono::milliseconds each) {
    int looks = 0;
    for (int i = 0; i < count; ++i) {
      request(each);
      if (!pace_.may_look(now_)) continue;
      pace_.note_look();
      ++looks;
    }
    return looks;
  }

  base::Steady now_{};
  ListingPace pace_;
};

TEST_F(ListingPaceTest, ALookIsAllowedWhenNothingIsSent) {
  EXPECT_TRUE(pace_.may_look(now_));
}

TEST_F(ListingPaceTest, ARequestThatIsSentAloneIsLookedForAtOnce) {
  request();

  EXPECT_TRUE(pace_.may_look(now_));
}

TEST_F(ListingPaceTest, RequestsInARowWaitForAPause) {
  request();
  request();
  EXPECT_FALSE(pace_.may_look(now_));

  now_ += kPauseInRow;

  EXPECT_TRUE(pace_.may_look(now_));
}

TEST_F(ListingPaceTest, NobodyLooksWhileAnotherRequestIsUnderWay) {
  pace_.begin_request(now_);
  request(5s);

  EXPECT_FALSE(pace_.may_look(now_));
}

TEST_F(ListingPaceTest, RequestsThatAreFarApartAreEachLookedForAtOnce) {
  request();
  now_ += kPauseInRow;
  request();

  EXPECT_TRUE(pace_.may_look(now_));
}

TEST_F(ListingPaceTest, NobodyWaitsLongerThanTheLongestGathering) {
  request();
  request();
  pace_.begin_request(now_);
  now_ += kGatherMax;

  EXPECT_TRUE(pace_.may_look(now_));
}

TEST_F(ListingPaceTest, ARequestThatEndsAfterALookWaitsForTheNext) {
  request();
  pace_.begin_request(now_);
  pace_.note_look();
  pace_.end_request(now_ + 1s);
  pace_.begin_request(now_ + 1s);

  EXPECT_FALSE(pace_.may_look(now_ + 1s));
}

// The promise about calls: at most one look for each ten requests, fast or slow.
TEST_F(ListingPaceTest, ALookServesManyRequests) {
  EXPECT_LE(looks_for(1000, 10ms), 55);
  EXPECT_LE(looks_for(1000, 1s), 100);
  EXPECT_LE(looks_for(1000, 1900ms), 100);
}

}  // namespace
}  // namespace reconcile
