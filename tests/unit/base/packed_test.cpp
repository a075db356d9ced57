#include "base/packed.h"

#include <limits>
#include <vector>

#include <gtest/gtest.h>

namespace base {
namespace {

constexpr std::string_view kWords[] = {"duplicert.io/order-id", "example.com"};

std::size_t size_of(std::string_view text) {
  PackWriter writer(kWords);
  writer.text(text);
  return writer.packed().bytes().size();
}

TEST(Packed, GivesBackNumbersOfEverySize) {
  using Limits = std::numeric_limits<std::int64_t>;
  const std::vector<std::int64_t> numbers{
      0, 1, -1, 63, 64, -64, -65, 1777593600000, Limits::max(), Limits::min()};
  PackWriter writer;
  for (const std::int64_t number : numbers) writer.number(number);
  const Packed packed = writer.packed();

  PackReader reader(packed);
  for (const std::int64_t number : numbers) EXPECT_EQ(reader.number(), number);
  EXPECT_TRUE(reader.at_end());
}

TEST(Packed, GivesBackTextsOfEveryKind) {
  const std::vector<std::string> texts{
      "",
      "shop",
      "example.com",
      "duplicert.io/order-id",
      "duplicert.io/order-i",
      "00ff",
      "0ff",
      "00FF",
      "0f6bd2a4-8d0e-4e0e-9a37-6f6a3c5f0e11",
      "0F6BD2A4-8d0e-4e0e-9a37-6f6a3c5f0e11",
      "0f6bd2a4-8d0e-4e0e-9a37-6f6a3c5f0e1g",
      "0f6bd2a408d0e-4e0e-9a37-6f6a3c5f0e11",
      std::string("a\0b", 3),
      std::string(300, 'x'),
      std::string(300, 'a'),
  };
  PackWriter writer(kWords);
  for (const std::string& text : texts) writer.text(text);
  const Packed packed = writer.packed();

  PackReader reader(packed, kWords);
  for (const std::string& text : texts) EXPECT_EQ(reader.text(), text);
  EXPECT_TRUE(reader.at_end());
}

TEST(Packed, IsShortForWordsDigestsAndUids) {
  EXPECT_EQ(size_of("duplicert.io/order-id"), 1U);
  EXPECT_EQ(size_of("0f6bd2a4-8d0e-4e0e-9a37-6f6a3c5f0e11"), 17U);
  EXPECT_EQ(size_of(std::string(64, 'a')), 34U);
  EXPECT_EQ(size_of("shop"), 5U);
}

TEST(Packed, SharesItsBytesWithItsCopies) {
  const Packed packed("bytes");
  const Packed copy = packed;

  EXPECT_EQ(copy.bytes().data(), packed.bytes().data());
  EXPECT_TRUE(copy);
  EXPECT_FALSE(Packed());
}

TEST(PackedDeathTest, RefusesWordsOutOfOrderAndBytesThatEndTooSoon) {
  constexpr std::string_view kUnsorted[] = {"b", "a"};
  EXPECT_DEATH(PackWriter{kUnsorted}, "broken invariant");

  const Packed cut(std::string("\x14hi", 3));  // a text of five bytes
  PackReader reader(cut);
  EXPECT_DEATH(reader.text(), "broken invariant");
}

}  // namespace
}  // namespace base
