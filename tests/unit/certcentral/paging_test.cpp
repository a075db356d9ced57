#include "certcentral/paging.h"

#include <algorithm>
#include <random>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace certcentral {
namespace {

struct Row {
  std::int64_t id = 0;
};
using Result = base::Result<Page<Row>>;

// A list at the CA that gives at most `cap` rows a page, whatever is asked for.
struct List {
  std::size_t size = 0;
  std::size_t cap = 0;
  bool tells_total = true;

  Result page(std::size_t offset) const {
    Page<Row> page;
    if (tells_total) page.total = static_cast<std::int64_t>(size);
    for (std::size_t i = offset; i < std::min(size, offset + cap); ++i) {
      page.rows.push_back({static_cast<std::int64_t>(i) + 1});
    }
    return page;
  }
};

TEST(ReadPages, ReadsEveryRowForAllSizes) {
  for (std::size_t size = 0; size <= 12; ++size) {
    for (std::size_t cap = 1; cap <= 5; ++cap) {
      for (const bool tells_total : {true, false}) {
        const List list{size, cap, tells_total};
        const auto rows = read_pages<Row>(cap, 100, [&](std::size_t at) { return list.page(at); });
        ASSERT_TRUE(rows);
        ASSERT_EQ(rows->size(), size) << cap << tells_total;
      }
    }
  }
}

TEST(ReadPages, FollowsTheTotalWhenPagesAreSmallerThanAskedFor) {
  const List list{.size = 7, .cap = 2};

  const auto rows = read_pages<Row>(1000, 100, [&](std::size_t at) { return list.page(at); });

  EXPECT_EQ(rows->size(), 7U);
}

TEST(ReadPages, AnIgnoredOffsetIsNoticed) {
  const List list{.size = 4, .cap = 2};
  int calls = 0;

  const auto rows = read_pages<Row>(2, 100, [&](std::size_t) {
    EXPECT_LT(++calls, 10);
    Result page = list.page(0);
    page->total = 100;
    return page;
  });

  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, base::Code::kCorrupt);
}

TEST(ReadPages, AnIgnoredOffsetWithoutATotalEnds) {
  const List list{.size = 2, .cap = 2, .tells_total = false};

  const auto rows = read_pages<Row>(2, 100, [&](std::size_t) { return list.page(0); });

  EXPECT_EQ(rows->size(), 2U);
}

TEST(ReadPages, StopsAtItsLimit) {
  const List list{.size = 1000, .cap = 10};
  int calls = 0;

  const auto rows = read_pages<Row>(10, 25, [&](std::size_t at) {
    ++calls;
    return list.page(at);
  });

  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, base::Code::kExhausted);
  EXPECT_EQ(calls, 3);
}

TEST(ReadPages, PassesTheFirstErrorOn) {
  const auto rows = read_pages<Row>(
      10, 25, [](std::size_t) -> Result { return base::fail(base::Code::kUnavailable, "down"); });

  EXPECT_EQ(rows.error().code, base::Code::kUnavailable);
}

// Orders arrive at the front while pages are read: no older row is missed.
TEST(ReadPages, MissesNoRowWhileTheListGrowsAtItsFront) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::int64_t> list(random() % 20);
    std::ranges::generate(list, [next = std::int64_t{1000}]() mutable { return next--; });
    const auto before = list;
    std::int64_t newest = 1000;
    const auto rows = read_pages<Row>(3, 1000, [&](std::size_t offset) -> Result {
      if (random() % 2 == 0 && newest < 1010) list.insert(list.begin(), ++newest);
      Page<Row> page{.total = static_cast<std::int64_t>(list.size())};
      for (std::size_t i = offset; i < std::min(list.size(), offset + 3); ++i) {
        page.rows.push_back({list[i]});
      }
      return page;
    });
    ASSERT_TRUE(rows) << rows.error().message;
    for (const std::int64_t id : before) {
      ASSERT_EQ(std::ranges::count(*rows, id, &Row::id), 1) << "round " << round;
    }
  }
}

}  // namespace
}  // namespace certcentral
