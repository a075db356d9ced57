#include "metrics/registry.h"

#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace metrics {
namespace {

using testing::HasSubstr;
using testing::Not;

const Family kRequests{"test_requests_total", "Requests seen."};

TEST(Registry, ExposesADeclaredCounterAtZero) {
  Registry registry;

  registry.counter(kRequests, {{"code", "200"}});

  EXPECT_EQ(registry.expose(),
            "# HELP test_requests_total Requests seen.\n"
            "# TYPE test_requests_total counter\n"
            "test_requests_total{code=\"200\"} 0\n");
}

TEST(Registry, GivesTheSameSeriesForTheSameLabels) {
  Registry registry;

  registry.counter(kRequests, {{"code", "200"}}).add();
  registry.counter(kRequests, {{"code", "200"}}).add(2);

  EXPECT_THAT(registry.expose(), HasSubstr("test_requests_total{code=\"200\"} 3\n"));
}

TEST(Registry, SortsFamiliesAndSeries) {
  Registry registry;
  registry.gauge({"b_gauge", "B."}, {{"x", "2"}}).set(1.5);
  registry.gauge({"b_gauge", "B."}, {{"x", "1"}}).set(-1);
  registry.counter({"a_total", "A."});

  EXPECT_EQ(registry.expose(),
            "# HELP a_total A.\n# TYPE a_total counter\na_total 0\n"
            "# HELP b_gauge B.\n# TYPE b_gauge gauge\n"
            "b_gauge{x=\"1\"} -1\nb_gauge{x=\"2\"} 1.5\n");
}

TEST(Registry, EscapesLabelValues) {
  Registry registry;

  registry.counter(kRequests, {{"path", "a\"b\\c\nd"}});

  EXPECT_THAT(registry.expose(), HasSubstr(R"({path="a\"b\\c\nd"} 0)"));
}

TEST(Registry, CountsIntoCumulativeBuckets) {
  Registry registry;
  const Histogram seconds = registry.histogram({"test_seconds", "Time."}, {0.1, 1});

  seconds.observe(0.05);
  seconds.observe(0.5);
  seconds.observe(5);

  const std::string text = registry.expose();
  EXPECT_THAT(text, HasSubstr("test_seconds_bucket{le=\"0.1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("test_seconds_bucket{le=\"1\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("test_seconds_bucket{le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("test_seconds_count 3\n"));
}

TEST(Registry, RemovesOneSeriesAndKeepsTheOthers) {
  Registry registry;
  registry.counter(kRequests, {{"code", "200"}});
  registry.counter(kRequests, {{"code", "404"}});

  EXPECT_TRUE(registry.remove("test_requests_total", {{"code", "404"}}));

  EXPECT_THAT(registry.expose(), Not(HasSubstr("404")));
  EXPECT_THAT(registry.expose(), HasSubstr("200"));
  EXPECT_FALSE(registry.remove("test_requests_total", {{"code", "404"}}));
  EXPECT_FALSE(registry.remove("unknown", {}));
}

TEST(Registry, HandlesOutliveTheirSeriesAndTheRegistry) {
  Counter counter;
  {
    Registry registry;
    counter = registry.counter(kRequests);
    registry.remove("test_requests_total", {});
    counter.add();
    EXPECT_EQ(registry.expose(), "");
  }
  counter.add();

  EXPECT_EQ(counter.value(), 2);
}

TEST(Registry, ADefaultHandleIgnoresCalls) {
  Counter().add();
  Gauge().set(1);
  Histogram().observe(1);

  EXPECT_EQ(Counter().value(), 0);
}

TEST(Registry, ACounterNeverGoesDown) {
  Registry registry;
  const Counter counter = registry.counter(kRequests);

  counter.add(2);
  counter.add(-1);

  EXPECT_EQ(counter.value(), 2);
}

TEST(Registry, RunsSamplersUntilTheyEnd) {
  Registry registry;
  const Gauge gauge = registry.gauge({"test_sampled", "Sampled."});
  double value = 1;
  Registry::Sampler sampler = registry.add_sampler([&] { gauge.set(value); });

  EXPECT_THAT(registry.expose(), HasSubstr("test_sampled 1\n"));
  sampler.reset();
  value = 2;

  EXPECT_THAT(registry.expose(), HasSubstr("test_sampled 1\n"));
}

TEST(Registry, TellsSeriesThatItDoesNotKeepBetweenTheOthers) {
  Registry registry;
  registry.counter({"a_total", "A."});
  registry.counter({"c_total", "C."});
  double value = 1.5;
  const auto b = registry.add_told({"b_gauge", "B."}, [&](const Registry::Tell& tell) {
    tell({{"x", "1"}, {"y", "a\"b\\c\nd"}}, value);
    tell({{"x", "2"}}, 1777593600);
  });
  const auto d =
      registry.add_told({"d_gauge", "D."}, [](const Registry::Tell& tell) { tell({}, 0.1); });
  const auto none = registry.add_told({"e_gauge", "E."}, [](const Registry::Tell&) {});

  EXPECT_EQ(registry.expose(),
            "# HELP a_total A.\n# TYPE a_total counter\na_total 0\n"
            "# HELP b_gauge B.\n# TYPE b_gauge gauge\n"
            "b_gauge{x=\"1\",y=\"a\\\"b\\\\c\\nd\"} 1.5\nb_gauge{x=\"2\"} 1777593600\n"
            "# HELP c_total C.\n# TYPE c_total counter\nc_total 0\n"
            "# HELP d_gauge D.\n# TYPE d_gauge gauge\nd_gauge 0.1\n");
  value = 2;
  EXPECT_THAT(registry.expose(), HasSubstr(" 2\n"));
}

TEST(Registry, TellsNothingOnceTheTokenIsGone) {
  Registry registry;
  auto told = registry.add_told({"b_gauge", "B."}, [](const Registry::Tell& tell) { tell({}, 1); });
  told.reset();

  EXPECT_EQ(registry.expose(), "");
}

TEST(Registry, CountsFromManyThreads) {
  Registry registry;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&registry] {
        for (int j = 0; j < 1000; ++j) registry.counter(kRequests, {{"code", "200"}}).add();
      });
    }
    for (int j = 0; j < 20; ++j) registry.expose();
  }

  EXPECT_EQ(registry.counter(kRequests, {{"code", "200"}}).value(), 4000);
}

TEST(RegistryDeathTest, RefusesNamesThatPrometheusCannotRead) {
  Registry registry;
  registry.counter(kRequests);

  EXPECT_DEATH(registry.counter({"with space", ""}), "broken invariant");
  EXPECT_DEATH(registry.counter({"fine", ""}, {{"with-dash", ""}}), "broken invariant");
  EXPECT_DEATH(registry.gauge(kRequests), "broken invariant");
}

TEST(ExponentialBuckets, MultiplyFromTheFirst) {
  EXPECT_THAT(exponential_buckets(1, 10, 3), testing::ElementsAre(1, 10, 100));
  EXPECT_THAT(exponential_buckets(1, 10, 0), testing::IsEmpty());
}

}  // namespace
}  // namespace metrics
