// Rounds of random tests: each has a seed that is printed if it fails, and TEST_SEED=<seed> repeats
// that round alone.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace property {

// A small generator with the few questions that the tests ask.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  // In [0, below); `below` is positive.
  int number(int below) { return std::uniform_int_distribution<int>(0, below - 1)(engine_); }
  // True in `percent` of the calls.
  bool chance(int percent) { return number(100) < percent; }
  // In [from, to).
  double between(double from, double to) {
    return std::uniform_real_distribution<double>(from, to)(engine_);
  }

 private:
  std::mt19937_64 engine_;
};

// Calls `round(dice)` `count` times with seeds that differ from run to run; ends at the first that
// fails. With TEST_SEED set: once, with that seed.
template <class Round>
void repeat(int count, Round round) {
  const char* given = std::getenv("TEST_SEED");
  const std::uint64_t first = given != nullptr ? std::stoull(given) : std::random_device{}();
  const int rounds = given != nullptr ? 1 : count;
  for (int i = 0; i < rounds && !testing::Test::HasFailure(); ++i) {
    const std::uint64_t seed = first + static_cast<std::uint64_t>(i);
    SCOPED_TRACE("TEST_SEED=" + std::to_string(seed) + " repeats this round");
    Dice dice(seed);
    round(dice);
  }
}

}  // namespace property
