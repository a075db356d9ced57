#include "rules/cron.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rules {
namespace {

using std::chrono::local_days;
using std::chrono::month;
using std::chrono::year;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

template <std::size_t N>
std::vector<int> numbers(const std::bitset<N>& set) {
  std::vector<int> found;
  for (std::size_t at = 0; at < N; ++at) {
    if (set[at]) found.push_back(static_cast<int>(at));
  }
  return found;
}

Cron cron(const std::string& line) {
  const auto parsed = parse_cron(line);
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
  return parsed.value_or(Cron{});
}

std::string problem(const std::string& line) {
  const auto parsed = parse_cron(line);
  EXPECT_FALSE(parsed) << line;
  return parsed ? "" : parsed.error().message;
}

// The days of May 2026, a month that begins on a Friday.
std::vector<int> days_of_may(const std::string& line) {
  const Cron parsed = cron(line);
  std::vector<int> found;
  for (unsigned day = 1; day <= 31; ++day) {
    if (falls_on(parsed, local_days{year{2026} / 5 / day})) found.push_back(static_cast<int>(day));
  }
  return found;
}

TEST(Cron, ReadsNumbersRangesListsAndSteps) {
  EXPECT_THAT(numbers(cron("5 * * * *").minutes), ElementsAre(5));
  EXPECT_THAT(numbers(cron("0,30 * * * *").minutes), ElementsAre(0, 30));
  EXPECT_THAT(numbers(cron("*/20 * * * *").minutes), ElementsAre(0, 20, 40));
  EXPECT_THAT(numbers(cron("50/4 * * * *").minutes), ElementsAre(50, 54, 58));
  EXPECT_THAT(numbers(cron("0 8-18/5 * * *").hours), ElementsAre(8, 13, 18));
  EXPECT_THAT(numbers(cron("0 1-2,22-23 * * *").hours), ElementsAre(1, 2, 22, 23));
  EXPECT_THAT(numbers(cron("\t0  0 1 1 * ").days), ElementsAre(1));
  EXPECT_THAT(numbers(cron("*/2147483647 * * * *").minutes), ElementsAre(0));
}

TEST(Cron, KnowsMonthsAndDaysByName) {
  EXPECT_THAT(numbers(cron("0 0 1 JAN,jul *").months), ElementsAre(1, 7));
  EXPECT_THAT(numbers(cron("0 0 1 oct-Dec *").months), ElementsAre(10, 11, 12));
  EXPECT_THAT(numbers(cron("0 0 * * mon-FRI").weekdays), ElementsAre(1, 2, 3, 4, 5));
}

TEST(Cron, CallsSundayZeroOrSeven) {
  EXPECT_THAT(numbers(cron("0 0 * * 0").weekdays), ElementsAre(0));
  EXPECT_THAT(numbers(cron("0 0 * * 7").weekdays), ElementsAre(0));
  EXPECT_THAT(numbers(cron("0 0 * * sat-sun").weekdays), ElementsAre(0, 6));
  EXPECT_THAT(numbers(cron("0 0 * * 5-7").weekdays), ElementsAre(0, 5, 6));
  EXPECT_THAT(numbers(cron("0 0 * * 1/2").weekdays), ElementsAre(1, 3, 5));
  EXPECT_THAT(numbers(cron("0 0 * * *").weekdays), ElementsAre(0, 1, 2, 3, 4, 5, 6));
}

TEST(Cron, TakesEitherDayWhenBothAreRestricted) {
  EXPECT_THAT(days_of_may("0 0 15 * *"), ElementsAre(15));
  EXPECT_THAT(days_of_may("0 0 * * 5"), ElementsAre(1, 8, 15, 22, 29));
  EXPECT_THAT(days_of_may("0 0 13 * 5"), ElementsAre(1, 8, 13, 15, 22, 29));
  EXPECT_THAT(days_of_may("0 0 */14 * 5"), ElementsAre(1, 15, 29)) << "'*' with a step: both";
  EXPECT_THAT(days_of_may("0 0 1 6 5"), ElementsAre()) << "the month counts in any case";
}

TEST(Cron, FindsTheNextDayOverYears) {
  const auto leap = cron("0 0 29 2 *");

  EXPECT_EQ(next_day(leap, local_days{year{2026} / 5 / 1}), local_days{year{2028} / 2 / 29});
  EXPECT_EQ(next_day(leap, local_days{year{2028} / 2 / 29}), local_days{year{2028} / 2 / 29});
  EXPECT_EQ(next_day(leap, local_days{year{2096} / 3 / 1}), local_days{year{2104} / 2 / 29});
}

TEST(Cron, RefusesADayThatNeverComes) {
  EXPECT_THAT(problem("0 0 31 2 *"), AllOf(HasSubstr("never comes"), HasSubstr("31")));
  EXPECT_THAT(problem("0 0 31 4,6,9,11 *"), HasSubstr("never comes"));
  EXPECT_TRUE(parse_cron("0 0 31 2 1")) << "Mondays in February come";
}

TEST(Cron, NamesTheFieldAndWhatToGive) {
  EXPECT_THAT(problem("60 * * * *"),
              AllOf(HasSubstr("'60 * * * *'"), HasSubstr("minute '60'"), HasSubstr("0 to 59")));
  EXPECT_THAT(problem("0 24 * * *"), HasSubstr("hour '24' is not understood: give 0 to 23"));
  EXPECT_THAT(problem("0 0 0 * *"), HasSubstr("day of month '0'"));
  EXPECT_THAT(problem("0 0 1 13 *"), HasSubstr("1 to 12, or jan to dec"));
  EXPECT_THAT(problem("0 0 * * 8"), HasSubstr("0 to 7, or sun to sat"));
  EXPECT_THAT(problem("0 0 * * fritz"), HasSubstr("day of week 'fritz'"));
  EXPECT_THAT(problem("0 18-8 * * *"), HasSubstr("'18-8' runs backwards"));
  EXPECT_THAT(problem("*/0 * * * *"), HasSubstr("step of the minute '*/0'"));
  EXPECT_THAT(problem("* * * *"), HasSubstr("has 4 fields: give five"));
}

TEST(Cron, RefusesWhatOtherCronsAdd) {
  for (const char* line :
       {"@daily", "0 0 ? * 1", "0 0 L * *", "0 0 1W * *", "0 0 * * 5#2", "0 0 0 * * *", "",
        "-1 * * * *", "1- * * * *", "1-2-3 * * * *", ", * * * *", "1,,2 * * * *", "1/2/3 * * * *",
        "*-5 * * * *", "+1 * * * *", "0x1 * * * *", "99999999999999999999 * * * *", "/5 * * * *"}) {
    EXPECT_FALSE(parse_cron(line)) << line;
  }
}

}  // namespace
}  // namespace rules
