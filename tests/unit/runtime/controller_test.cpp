#include "runtime/controller.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace runtime {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

Outcome failed(base::Code code) {
  return Outcome::failed({.code = code, .message = "look at pet: it hides"});
}

TEST(PlanRequeue, ForgetsAKeyThatIsDone) {
  EXPECT_EQ(plan_requeue(Outcome::done()),
            (Requeue{.call = Requeue::Call::kNone, .forget = true, .result = "success"}));
}

TEST(PlanRequeue, ComesBackAfterTheDelay) {
  EXPECT_EQ(
      plan_requeue(Outcome::after(7s)),
      (Requeue{
          .call = Requeue::Call::kAfter, .delay = 7s, .forget = true, .result = "requeue_after"}));
}

TEST(PlanRequeue, LimitsTheRateAfterConflictsAndOutages) {
  for (const auto code : {base::Code::kConflict, base::Code::kUnavailable, base::Code::kInternal}) {
    EXPECT_EQ(plan_requeue(failed(code)),
              (Requeue{.call = Requeue::Call::kRateLimited, .result = "error"}));
  }
}

TEST(PlanRequeue, WaitsAsLongAsTheOtherSideAsked) {
  const auto busy = Outcome::failed({.code = base::Code::kExhausted, .retry_after = 30s});

  EXPECT_EQ(plan_requeue(busy),
            (Requeue{.call = Requeue::Call::kAfter, .delay = 30s, .result = "error"}));
}

TEST(PlanRequeue, DoesNotSpinWhenTheOtherSideAskedForZero) {
  const auto busy = Outcome::failed({.code = base::Code::kExhausted, .retry_after = 0s});

  EXPECT_EQ(plan_requeue(busy).call, Requeue::Call::kRateLimited);
}

TEST(PlanRequeue, IsSlowWhenCredentialsAreRefused) {
  for (const auto code : {base::Code::kUnauthenticated, base::Code::kPermissionDenied}) {
    EXPECT_EQ(plan_requeue(failed(code)),
              (Requeue{.call = Requeue::Call::kSlow, .result = "error"}));
  }
}

TEST(PlanRequeue, WaitsForAChangeWhenTheInputIsWrong) {
  EXPECT_EQ(plan_requeue(failed(base::Code::kInvalid)),
            (Requeue{.call = Requeue::Call::kNone, .forget = true, .result = "error"}));
}

TEST(PlanRequeue, IsSilentWhenWeStop) {
  EXPECT_EQ(plan_requeue(failed(base::Code::kCancelled)),
            (Requeue{.call = Requeue::Call::kNone, .forget = false, .result = ""}));
}

// Does what the test says, and lets it wait for passes.
class ScriptedReconciler final : public Reconciler {
 public:
  using Script = std::function<Outcome(const std::string& key, std::stop_token stop)>;
  explicit ScriptedReconciler(Script script) : script_(std::move(script)) {}

  Outcome reconcile(const std::string& key, std::stop_token stop) override {
    {
      const std::lock_guard lock(mutex_);
      begun_.push_back(key);
    }
    changed_.notify_all();
    return script_(key, stop);
  }

  std::vector<std::string> wait_begun(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 10s, [&] { return begun_.size() >= count; });
    return begun_;
  }

 private:
  const Script script_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> begun_;
};

class ControllerTest : public testing::Test {
 protected:
  // Runs passes until `count` of them have begun, then stops.
  std::vector<std::string> run(ScriptedReconciler& reconciler, std::size_t count) {
    Controller controller({.name = "pets"}, reconciler, clock_, registry_);
    controller.queue().add("home/rex");
    controller.start();
    auto begun = reconciler.wait_begun(count);
    EXPECT_TRUE(controller.stop(10s));
    return begun;
  }

  std::string series(const std::string& name, const std::string& labels = "") {
    return "controller_runtime_" + name + "{controller=\"pets\"" + labels + "} ";
  }

  base::SystemClock clock_;
  metrics::Registry registry_;
};

TEST_F(ControllerTest, PublishesItsSeriesAtZeroFromTheStart) {
  ScriptedReconciler reconciler([](auto&&...) { return Outcome::done(); });
  const Controller controller({.name = "pets", .workers = 3}, reconciler, clock_, registry_);

  const std::string text = registry_.expose();

  for (const char* result : {"success", "requeue_after", "error"}) {
    EXPECT_THAT(
        text,
        HasSubstr(series("reconcile_total", std::string(",result=\"") + result + "\"") + "0\n"));
  }
  for (const char* name :
       {"reconcile_errors_total", "terminal_reconcile_errors_total", "reconcile_panics_total",
        "active_workers", "reconcile_time_seconds_count"}) {
    EXPECT_THAT(text, HasSubstr(series(name) + "0\n"));
  }
  EXPECT_THAT(text, HasSubstr(series("max_concurrent_reconciles") + "3\n"));
}

TEST_F(ControllerTest, PassesAKeyThatIsDoneOnce) {
  ScriptedReconciler reconciler([](auto&&...) { return Outcome::done(); });

  EXPECT_THAT(run(reconciler, 1), ElementsAre("home/rex"));
  EXPECT_THAT(registry_.expose(),
              HasSubstr(series("reconcile_total", ",result=\"success\"") + "1"));
}

TEST_F(ControllerTest, PassesAKeyAgainAfterItsDelay) {
  int passes = 0;
  ScriptedReconciler reconciler(
      [&](auto&&...) { return ++passes < 3 ? Outcome::after(1ms) : Outcome::done(); });

  EXPECT_EQ(run(reconciler, 3).size(), 3U);
}

TEST_F(ControllerTest, TriesAgainAfterAnError) {
  int passes = 0;
  ScriptedReconciler reconciler(
      [&](auto&&...) { return ++passes < 3 ? failed(base::Code::kUnavailable) : Outcome::done(); });

  EXPECT_EQ(run(reconciler, 3).size(), 3U);
  EXPECT_THAT(registry_.expose(), HasSubstr(series("reconcile_errors_total") + "2"));
}

// An API server that has just started refuses everybody for a moment.
TEST_F(ControllerTest, TriesAgainSlowlyAfterARefusal) {
  std::vector<std::chrono::steady_clock::time_point> begun;
  ScriptedReconciler reconciler([&](auto&&...) {
    begun.push_back(std::chrono::steady_clock::now());
    return begun.size() < 4 ? failed(base::Code::kPermissionDenied) : Outcome::done();
  });
  Controller controller({.name = "pets", .slow = {.first = 20ms, .factor = 3.0, .most = 60ms}},
                        reconciler, clock_, registry_);
  controller.queue().add("home/rex");
  controller.start();

  EXPECT_EQ(reconciler.wait_begun(4).size(), 4U);
  EXPECT_TRUE(controller.stop(10s));
  EXPECT_GE(begun[1] - begun[0], 20ms);
  EXPECT_GE(begun[2] - begun[1], 60ms);
  EXPECT_GE(begun[3] - begun[2], 60ms);
}

TEST_F(ControllerTest, TurnsAnExceptionIntoAnErrorOfThatKeyAlone) {
  ScriptedReconciler reconciler([](const std::string& key, auto&&) -> Outcome {
    if (key == "home/bad") throw std::runtime_error("bite");
    return Outcome::done();
  });
  Controller controller({.name = "pets"}, reconciler, clock_, registry_);
  controller.queue().add("home/bad", {.priority = kPriorityUrgent});
  controller.queue().add("home/rex");

  controller.start();

  EXPECT_THAT(reconciler.wait_begun(2), testing::Contains("home/rex"));
  controller.stop(10s);
  EXPECT_THAT(registry_.expose(),
              testing::ContainsRegex("reconcile_panics_total.controller=\"pets\". [1-9]"));
}

TEST_F(ControllerTest, CountsErrorsThatOnlyAChangeEnds) {
  ScriptedReconciler reconciler([](auto&&...) { return failed(base::Code::kInvalid); });

  EXPECT_EQ(run(reconciler, 1).size(), 1U);
  EXPECT_THAT(registry_.expose(), HasSubstr(series("terminal_reconcile_errors_total") + "1"));
}

TEST_F(ControllerTest, StopWaitsForARunningPassToEnd) {
  std::atomic<bool> ended = false;
  std::atomic<bool> go_on = false;
  ScriptedReconciler reconciler([&](auto&&...) {
    while (!go_on) std::this_thread::yield();
    ended = true;
    return Outcome::done();
  });
  Controller controller({.name = "pets"}, reconciler, clock_, registry_);
  controller.queue().add("home/rex");
  controller.start();
  reconciler.wait_begun(1);
  const std::jthread releaser([&] { go_on = true; });

  EXPECT_TRUE(controller.stop(10s));
  EXPECT_TRUE(ended);
}

// A signal comes while another thread begins to lead. What is wrong with it only tsan tells.
TEST_F(ControllerTest, MayBeStoppedWhileItStarts) {
  ScriptedReconciler reconciler([](auto&&...) { return Outcome::done(); });
  for (int i = 0; i < 20; ++i) {
    metrics::Registry registry;
    Controller controller({.name = "pets", .workers = 4}, reconciler, clock_, registry);
    std::jthread leading([&] { controller.start(); });
    controller.stop(0ms);
  }
}

TEST_F(ControllerTest, DoesNothingWhenItStartsAfterItsStop) {
  ScriptedReconciler reconciler([](auto&&...) { return Outcome::done(); });
  Controller controller({.name = "pets"}, reconciler, clock_, registry_);
  controller.queue().add("home/rex");
  controller.stop(0ms);

  controller.start();
  controller.stop(0ms);

  EXPECT_THAT(reconciler.wait_begun(0), ElementsAre());
}

TEST_F(ControllerTest, StopCancelsAPassThatOutlastsTheDrain) {
  ScriptedReconciler reconciler([](const std::string&, std::stop_token stop) {
    while (!stop.stop_requested()) std::this_thread::yield();
    return failed(base::Code::kCancelled);
  });
  Controller controller({.name = "pets"}, reconciler, clock_, registry_);
  controller.queue().add("home/rex");
  controller.start();
  reconciler.wait_begun(1);

  EXPECT_FALSE(controller.stop(0ms));
  EXPECT_THAT(registry_.expose(), HasSubstr(series("reconcile_total", ",result=\"error\"") + "0"));
}

// The first pass of rex adds tom, and asks for another pass at once.
class ControllerUrgencyTest : public ControllerTest {
 protected:
  std::vector<std::string> order(const Urgency& added, std::optional<Urgency> asked) {
    WorkQueue* queue = nullptr;
    int passes = 0;
    ScriptedReconciler reconciler([&](auto&&...) {
      if (++passes > 1) return Outcome::done();
      queue->add("tom");
      return Outcome::after(0ms, asked);
    });
    Controller controller({.name = "pets"}, reconciler, clock_, registry_);
    queue = &controller.queue();
    queue->add("rex", added);
    controller.start();
    return reconciler.wait_begun(3);
  }
};

TEST_F(ControllerUrgencyTest, ARequeueIsAsUrgentAsThePassWas) {
  EXPECT_THAT(order({.priority = kPriorityUrgent}, {}), ElementsAre("rex", "rex", "tom"));
}

TEST_F(ControllerUrgencyTest, APassMayChangeHowUrgentTheNextOneIs) {
  EXPECT_THAT(order({.priority = kPriorityUrgent}, Urgency{.priority = kPriorityBackground}),
              ElementsAre("rex", "tom", "rex"));
}

}  // namespace
}  // namespace runtime
