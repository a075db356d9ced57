#include "x509/key_pool.h"

#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace x509 {
namespace {

constexpr KeyParams kRsa{.algorithm = KeyAlgorithm::kRsa, .size = 2048};
constexpr KeyParams kEcdsa{.algorithm = KeyAlgorithm::kEcdsa, .size = 256};

// As many keys as the pool lacks, at most `most`.
std::set<std::string> fill(KeyPool& pool, int most) {
  std::set<std::string> made;
  for (; most > 0 && pool.lacking(); --most) {
    auto key = PrivateKey::generate(*pool.lacking());
    made.insert(key->public_key_sha256());
    pool.put(*std::move(key));
  }
  return made;
}

TEST(KeyPool, LacksNothingBeforeSomebodyWantsRsa) {
  KeyPool pool;

  EXPECT_FALSE(pool.lacking());
  pool.want(kEcdsa);
  EXPECT_FALSE(pool.lacking());
  EXPECT_TRUE(pool.key(kEcdsa));
  EXPECT_FALSE(pool.lacking());
  pool.want(kRsa);
  EXPECT_EQ(pool.lacking(), kRsa);
}

TEST(KeyPool, HandsOutEachKeyOnceAndThenMakesThem) {
  KeyPool pool(3);
  pool.want(kRsa);
  const std::set<std::string> made = fill(pool, 10);
  EXPECT_EQ(made.size(), 3U);
  EXPECT_FALSE(pool.lacking()) << "its size is bounded";

  std::set<std::string> taken;
  for (int i = 0; i < 3; ++i) taken.insert(pool.key(kRsa)->public_key_sha256());

  EXPECT_EQ(taken, made);
  EXPECT_EQ(pool.size(kRsa), 0U);
  const auto fresh = pool.key(kRsa);
  ASSERT_TRUE(fresh);
  EXPECT_FALSE(made.contains(fresh->public_key_sha256()));
  EXPECT_EQ(fresh->params(), kRsa);
}

TEST(KeyPool, NeverGivesOneKeyToTwoThreads) {
  KeyPool pool(8);
  pool.want(kRsa);
  fill(pool, 8);
  base::Mutex mutex;
  std::vector<std::string> taken;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        const auto key = pool.key(kRsa);
        const base::MutexLock lock(mutex);
        taken.push_back(key->public_key_sha256());
      });
    }
  }

  EXPECT_EQ(std::set<std::string>(taken.begin(), taken.end()).size(), 8U);
}

TEST(KeyPool, DropsWhatItDoesNotLack) {
  KeyPool pool(1);

  pool.put(*PrivateKey::generate(kEcdsa));
  pool.put(*PrivateKey::generate(kRsa));
  EXPECT_EQ(pool.size(kEcdsa), 0U);
  EXPECT_EQ(pool.size(kRsa), 0U);

  pool.want(kRsa);
  pool.put(*PrivateKey::generate(kRsa));
  pool.put(*PrivateKey::generate(kRsa));
  EXPECT_EQ(pool.size(kRsa), 1U);
}

TEST(KeyPool, LetsAThreadWaitForALack) {
  KeyPool pool(1);
  std::optional<KeyParams> seen;
  {
    std::jthread waiting([&](const std::stop_token& stop) { seen = pool.wait_lacking(stop); });
    pool.want(kRsa);
    waiting.join();
  }
  EXPECT_EQ(seen, kRsa);

  std::optional<KeyParams> stopped = kRsa;
  {
    KeyPool idle;
    std::jthread waiting([&](const std::stop_token& stop) { stopped = idle.wait_lacking(stop); });
    waiting.request_stop();
    waiting.join();
  }
  EXPECT_FALSE(stopped);
}

}  // namespace
}  // namespace x509
