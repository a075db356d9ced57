#include "simulator/faults.h"

#include <gtest/gtest.h>

#include "simulator/simulator.h"

namespace simulator {
namespace {

using std::chrono::milliseconds;

TEST(ParseFault, ReadsProbabilityDurationOperationAndTimes) {
  const auto plain = parse_fault("lose_answer=0.3");
  const auto timed = parse_fault("listing_lag=5s@0.25");
  const auto short_time = parse_fault("slow_answer=300ms");
  const auto aimed = parse_fault("lose_answer:order_place=on*1");

  ASSERT_TRUE(plain && timed && short_time && aimed);
  EXPECT_DOUBLE_EQ(plain->probability, 0.3);
  EXPECT_EQ(timed->duration, milliseconds{5000});
  EXPECT_DOUBLE_EQ(timed->probability, 0.25);
  EXPECT_EQ(short_time->duration, milliseconds{300});
  EXPECT_DOUBLE_EQ(short_time->probability, 1);
  EXPECT_EQ(aimed->operation, "order_place");
  EXPECT_EQ(aimed->times, 1);
}

class BadFault : public ::testing::TestWithParam<const char*> {};

TEST_P(BadFault, IsRefusedWithItsText) {
  const auto rule = parse_fault(GetParam());

  ASSERT_FALSE(rule);
  EXPECT_EQ(rule.error().code, base::Code::kInvalid);
  EXPECT_NE(rule.error().message.find(GetParam()), std::string::npos) << rule.error().message;
}

INSTANTIATE_TEST_SUITE_P(Texts, BadFault,
                         ::testing::Values("lose_answer", "no_such=on", "lose_answer=2",
                                           "lose_answer=5s", "listing_lag=5x", "listing_lag=5s@2",
                                           "lose_answer=on*0", "lose_answer=on*x"));

TEST(Faults, OfOneSeedAreTheSameEachTime) {
  Faults a(7, Manner::kNasty);
  Faults b(7, Manner::kNasty);
  Faults other(8, Manner::kNasty);

  int differences = 0;
  for (int i = 0; i < 200; ++i) {
    const bool fired = a.fires(Fault::kPrimaryInList, "duplicate_list");
    EXPECT_EQ(fired, b.fires(Fault::kPrimaryInList, "duplicate_list"));
    differences += fired != other.fires(Fault::kPrimaryInList, "duplicate_list") ? 1 : 0;
  }
  EXPECT_GT(differences, 0);
}

TEST(Faults, FireAboutAsOftenAsTheirProbabilitySays) {
  Faults faults(1, Manner::kPolite);
  ASSERT_TRUE(faults.set(Manner::kPolite, {"lose_answer=0.3"}));

  int fired = 0;
  for (int i = 0; i < 10'000; ++i) fired += faults.fires(Fault::kLoseAnswer, "x") ? 1 : 0;

  EXPECT_NEAR(fired, 3000, 200);
}

TEST(Faults, PoliteOnesNeverFire) {
  Faults faults(1, Manner::kPolite);

  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(faults.fires(Fault::kLoseAnswer, "order_place"));
    EXPECT_EQ(faults.delay(Fault::kListingLag, "order_place"), milliseconds{0});
  }
}

TEST(Faults, AimedAtAnOperationLeaveTheOthersAlone) {
  Faults faults(1, Manner::kPolite);
  ASSERT_TRUE(faults.set(Manner::kPolite, {"lose_answer:order_place=on*2"}));

  EXPECT_FALSE(faults.fires(Fault::kLoseAnswer, "order_list"));
  EXPECT_TRUE(faults.fires(Fault::kLoseAnswer, "order_place"));
  EXPECT_TRUE(faults.fires(Fault::kLoseAnswer, "order_place"));
  EXPECT_FALSE(faults.fires(Fault::kLoseAnswer, "order_place")) << "it was to fire twice";
}

TEST(Faults, KeepTheOldSettingsWhenOneTextIsWrong) {
  Faults faults(1, Manner::kPolite);
  ASSERT_TRUE(faults.set(Manner::kPolite, {"lose_answer=on"}));

  EXPECT_FALSE(faults.set(Manner::kPolite, {"html_500=on", "nonsense"}));

  EXPECT_TRUE(faults.fires(Fault::kLoseAnswer, "x"));
  EXPECT_FALSE(faults.fires(Fault::kHtml500, "x"));
}

TEST(DescribeFaults, NamesEverySwitch) {
  const std::string text = describe_faults();

  for (const FaultRule& rule : default_rules(Manner::kNasty)) {
    EXPECT_NE(text.find(name_of(rule.fault)), std::string::npos) << name_of(rule.fault);
  }
}

}  // namespace
}  // namespace simulator
