#include "reconcile/sponsors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reconcile {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class SponsorsTest : public testing::Test {
 protected:
  std::vector<std::string> changed_{};
  Sponsors sponsors_{[this](const std::string& entry) { changed_.push_back(entry); }};
  const Sponsorship buyer_{.entry = "order-1", .profile = "web/corp", .may_buy = true};
  const Sponsorship waiter_{.entry = "order-1", .profile = "web/corp"};
};

TEST_F(SponsorsTest, AreThoseThatMayBuy) {
  sponsors_.set("web/a", buyer_);
  sponsors_.set("web/b", waiter_);

  EXPECT_THAT(sponsors_.of("order-1"), ElementsAre(Pair("web/a", buyer_)));
  EXPECT_THAT(sponsors_.waiting_for("order-1"), ElementsAre("web/a", "web/b"));
  EXPECT_THAT(sponsors_.of("order-2"), IsEmpty());
}

TEST_F(SponsorsTest, TellTheEntryOnlyWhenSomethingHasChanged) {
  sponsors_.set("web/a", buyer_);
  sponsors_.set("web/a", buyer_);
  EXPECT_THAT(changed_, ElementsAre("order-1"));

  sponsors_.set("web/a", waiter_);
  EXPECT_THAT(changed_, ElementsAre("order-1", "order-1"));
  EXPECT_THAT(sponsors_.of("order-1"), IsEmpty());
}

TEST_F(SponsorsTest, MoveFromOneEntryToTheNext) {
  sponsors_.set("web/a", buyer_);
  changed_.clear();

  sponsors_.set("web/a", {.entry = "order-2", .may_buy = true});

  EXPECT_THAT(changed_, ElementsAre("order-1", "order-2"));
  EXPECT_THAT(sponsors_.of("order-1"), IsEmpty());
  EXPECT_EQ(sponsors_.of("order-2").size(), 1U);
}

TEST_F(SponsorsTest, EndWithTheirRequest) {
  sponsors_.set("web/a", buyer_);
  changed_.clear();

  sponsors_.remove("web/a");
  sponsors_.remove("web/unknown");

  EXPECT_THAT(changed_, ElementsAre("order-1"));
  EXPECT_THAT(sponsors_.waiting_for("order-1"), IsEmpty());
}

// The callback asks who sponsors now: no lock may be held while it runs.
TEST(Sponsors, MayBeAskedByTheirCallback) {
  std::size_t seen = 0;
  Sponsors* self = nullptr;
  Sponsors sponsors([&](const std::string& entry) { seen = self->of(entry).size(); });
  self = &sponsors;

  sponsors.set("web/a", {.entry = "order-1", .may_buy = true});

  EXPECT_EQ(seen, 1U);
}

}  // namespace
}  // namespace reconcile
